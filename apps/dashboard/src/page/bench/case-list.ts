/**
 * All that was measured, suite by suite, ours beside what one would use instead.
 *
 * @module
 */
import type { BenchResults, CaseRecord, Unit } from "@isthmus/bench/results";
import { element } from "../dom.ts";
import {
  byteRate,
  countOf,
  duration,
  NOTHING,
  perSecond,
  type Quantity,
  rate,
  size,
  text,
} from "../format.ts";
import type { Reasons } from "./reasons.ts";

const ROLES = { isthmus: "Isthmus", peer: "peer", reference: "reference" } as const;

const FORMATS: Readonly<Record<Unit, (value: number) => Quantity>> = {
  bytes_per_second: byteRate,
  records_per_second: (value) => perSecond(rate(value)),
  ns: duration,
  bytes: size,
};

/** A section for each suite, folded: who wants to know how a claim came about opens it. */
export function caseSections({ cases }: BenchResults, reasons: Reasons): HTMLElement[] {
  const suites = new Map<string, CaseRecord[]>();
  for (const each of cases) suites.set(each.suite, [...(suites.get(each.suite) ?? []), each]);
  return Array.from(suites, ([suite, members]) => {
    const directions = new Set(members.map(({ better }) => `${better} is better`));
    const one = directions.size === 1 ? [...directions] : [];
    return element(
      "section",
      { class: "card cases" },
      element(
        "details",
        {},
        element(
          "summary",
          {},
          element("h2", {}, `Measured: ${spaced(suite)}`),
          " ",
          element("span", { class: "unit" }, [countOf(members.length, "case"), ...one].join(", ")),
        ),
        element(
          "ul",
          {},
          ...members.map((each) => caseItem(each, greatestLike(each, members), reasons)),
        ),
      ),
    );
  });
}

/** Only what is counted in the same unit has bars to compare. */
function greatestLike({ unit }: CaseRecord, members: readonly CaseRecord[]): number {
  const alike = members.filter((each) => each.unit === unit).map(({ median }) => median ?? 0);
  return Math.max(...alike, Number.MIN_VALUE);
}

/** `roundTrip` as a person writes it. */
export function spaced(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function caseItem(
  { title, role, unit, labels, median, min, max, ...rest }: CaseRecord,
  most: number,
  reasons: Reasons,
): HTMLElement {
  const format = FORMATS[unit];
  const value = median === null ? NOTHING : text(format(median));
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"));
  bar.style.setProperty("--part", String((median ?? 0) / most));
  const spread =
    min === null || max === null || min === max
      ? ""
      : `${text(format(min))} to ${text(format(max))}`;
  const why = rest.skipped ?? rest.failed;
  const what = rest.skipped === undefined ? "failed" : "skipped";
  const notes = [why ? `${what}, ${reasons.signOf(why)}` : spread, ...labels].filter(Boolean);
  return element(
    "li",
    { "data-role": role },
    element(
      "span",
      { class: "title" },
      title,
      " ",
      element("span", { class: "role" }, ROLES[role]),
    ),
    element("strong", { class: "value" }, value),
    bar,
    element("span", { class: "note" }, notes.join(" · ")),
  );
}

/**
 * All that was measured, suite by suite, ours beside what one would use instead.
 *
 * @module
 */
import type { BenchResults, CaseRecord, Unit } from "@isthmus/bench/results";
import { element } from "../dom.ts";
import { byteRate, duration, NOTHING, type Quantity, rate, size, text } from "../format.ts";

const ROLES = { isthmus: "Isthmus", peer: "peer", reference: "reference" } as const;

const FORMATS: Readonly<Record<Unit, (value: number) => Quantity>> = {
  bytes_per_second: byteRate,
  records_per_second: (value) => {
    const { value: digits, unit } = rate(value);
    return { value: digits, unit: `${unit}/s` };
  },
  ns: duration,
  bytes: size,
};

/** A section for each suite. */
export function caseSections({ cases }: BenchResults): HTMLElement[] {
  const suites = new Map<string, CaseRecord[]>();
  for (const each of cases) suites.set(each.suite, [...(suites.get(each.suite) ?? []), each]);
  return Array.from(suites, ([suite, members]) => {
    const most = Math.max(...members.map(({ median }) => median ?? 0), Number.MIN_VALUE);
    return element(
      "section",
      { class: "card cases" },
      element("h2", {}, suite),
      element("ul", {}, ...members.map((each) => caseItem(each, most))),
    );
  });
}

function caseItem(
  { title, role, unit, better, labels, median, min, max, ...rest }: CaseRecord,
  most: number,
) {
  const format = FORMATS[unit];
  const value = median === null ? NOTHING : text(format(median));
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"));
  bar.style.setProperty("--part", String((median ?? 0) / most));
  const spread =
    min === null || max === null
      ? ""
      : `${text(format(min))} to ${text(format(max))}, ${better} is better`;
  const notes = [rest.skipped ?? rest.failed ?? spread, ...labels].filter(Boolean);
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

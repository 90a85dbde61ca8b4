/**
 * Claims as bars on one logarithmic scale: the target, the measured factor, and how sure it is.
 *
 * @module
 */
import type { BenchResults, ClaimRecord, Verdict } from "@isthmus/bench/results";
import { element } from "../dom.ts";
import { type IconName, icon } from "../icon.ts";
import { spaced } from "./case-list.ts";
import type { Reasons } from "./reasons.ts";

const LOOKS: Readonly<Record<Verdict, readonly [icon: IconName, mood: string]>> = {
  holds: ["check", "good"],
  uncertain: ["warning", "warning"],
  fails: ["cross", "bad"],
  measured: ["circle", ""],
  skipped: ["minus", ""],
};

/** Factors between which the scale lies at least. */
const SCALE_LEAST = 0.5;
const SCALE_MOST = 4;

/** How to read a bar. */
const KEY =
  "dot: measured, black bar: where it surely lies, shaded: what is claimed, line: equal (1×)";

/** A section for each group of claims. */
export function claimSections({ claims }: BenchResults, reasons: Reasons): HTMLElement[] {
  const scale = scaleOf(claims);
  const groups = new Map<string, ClaimRecord[]>();
  for (const claim of claims) groups.set(claim.group, [...(groups.get(claim.group) ?? []), claim]);
  return Array.from(groups, ([group, members], index) =>
    element(
      "section",
      { class: "card claims" },
      element(
        "div",
        { class: "head" },
        element("h2", { tabindex: "-1" }, `Claims: ${spaced(group)}`),
        element("span", { class: "unit" }, index === 0 ? KEY : ""),
      ),
      element("ul", {}, ...members.map((claim) => claimItem(claim, scale, reasons))),
    ),
  );
}

interface Scale {
  readonly least: number;
  readonly most: number;
}

function scaleOf(claims: readonly ClaimRecord[]): Scale {
  const values = claims.flatMap(({ ratio, target }) => [
    ...(ratio ? [ratio.low, ratio.high] : []),
    ...(target ? [target.at_least, target.up_to ?? target.at_least] : []),
  ]);
  const positive = values.filter((value) => value > 0);
  return {
    least: Math.min(SCALE_LEAST, ...positive),
    most: Math.max(SCALE_MOST, ...positive) * 1.1,
  };
}

function claimItem(
  { title, ratio, target, verdict, reason, id }: ClaimRecord,
  scale: Scale,
  reasons: Reasons,
): HTMLElement {
  const [name, mood] = LOOKS[verdict];
  const value = ratio === null ? "–" : `${factor(ratio.value)}×`;
  const isWide = ratio !== null && ratio.low < ratio.high;
  const figures = [
    ...(!isWide ? [] : [`${factor(ratio.low)} to ${factor(ratio.high)}`]),
    ...(target === undefined ? [] : [targetText(target)]),
  ];
  return element(
    "li",
    { "data-verdict": verdict, "data-claim": id },
    element("span", { class: "mark", "data-mood": mood }, icon(name), element("span", {}, verdict)),
    element("span", { class: "title" }, title),
    element("strong", { class: "value" }, value),
    bar(ratio, target, scale),
    element(
      "span",
      { class: "note" },
      [...figures, reasons.signOf(reason)].filter(Boolean).join(" · "),
    ),
  );
}

/** Where 1, the target and the measured interval lie. The text beside it says the same. */
function bar(
  ratio: ClaimRecord["ratio"],
  target: ClaimRecord["target"],
  scale: Scale,
): HTMLElement {
  const parts: HTMLElement[] = [span("one", 1, 1, scale)];
  if (target !== undefined) {
    parts.push(span("target", target.at_least, target.up_to ?? target.at_least, scale));
  }
  if (ratio !== null) {
    parts.push(span("interval", ratio.low, ratio.high, scale));
    parts.push(span("dot", ratio.value, ratio.value, scale));
  }
  return element("span", { class: "ratio", "aria-hidden": "true" }, ...parts);
}

function span(kind: string, from: number, to: number, { least, most }: Scale): HTMLElement {
  const at = (value: number): number =>
    (100 * Math.log(Math.max(least, value) / least)) / Math.log(most / least);
  const part = element("i", { class: kind });
  part.style.setProperty("--from", `${at(from).toFixed(2)}%`);
  part.style.setProperty("--width", `${(at(to) - at(from)).toFixed(2)}%`);
  return part;
}

function targetText({ at_least, up_to }: NonNullable<ClaimRecord["target"]>): string {
  return up_to === undefined ? `claimed: ${at_least}×` : `claimed: ${at_least} to ${up_to}×`;
}

function factor(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

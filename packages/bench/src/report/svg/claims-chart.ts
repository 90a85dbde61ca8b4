/**
 * The claims as bars against their targets.
 *
 * @module
 */
import type { ClaimRecord } from "../../results/bench-results.ts";
import { formatFactor } from "../format-figure.ts";
import { line, logScale, picture, powersBetween, round, text, WIDTH } from "./canvas.ts";

const LEFT = 300;
const RIGHT = 80;
const TOP = 48;
const ROW = 24;
const BAR = 12;
const FOOT = 52;

/** Colour of a bar, by what became of the claim. */
const COLORS = { holds: 2, fails: 1, uncertain: 4, measured: 0 } as const;

/**
 * Draws the claims that have a target: a bar from 1 to the ratio, a whisker for its interval, a mark at the target.
 *
 * @param claims All claims.
 * @returns An SVG document; `undefined` when there is nothing to draw.
 */
export function claimsChart(claims: readonly ClaimRecord[]): string | undefined {
  const drawn = claims.flatMap(({ ratio, target, title, verdict }) =>
    ratio === null || target === undefined || verdict === "skipped"
      ? []
      : [{ ratio, target, title, verdict }],
  );
  if (drawn.length === 0) return undefined;
  const values = drawn.flatMap(({ ratio, target }) => [ratio.low, ratio.high, target.at_least]);
  const low = 10 ** Math.floor(Math.log10(Math.min(0.5, ...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(2, ...values) * 1.0001));
  const toX = logScale(low, high, LEFT, WIDTH - RIGHT);
  const bottom = TOP + drawn.length * ROW;
  const shapes = [
    ...powersBetween(low, high, 10).flatMap((value) => [
      line(toX(value), TOP - 8, toX(value), bottom),
      text(toX(value), bottom + 16, `${value}x`, "middle", "soft"),
    ]),
    ...drawn.flatMap(({ ratio, target, title, verdict }, index) => {
      const middle = TOP + index * ROW + ROW / 2 - 4;
      const [from, to] = [toX(1), toX(ratio.value)].sort((one, two) => one - two) as [
        number,
        number,
      ];
      return [
        text(LEFT - 12, middle + 4, title, "end"),
        `<rect class="f${COLORS[verdict]}" x="${round(from)}" y="${middle - BAR / 2}" width="${round(Math.max(1, to - from))}" height="${BAR}"/>`,
        line(toX(ratio.low), middle, toX(ratio.high), middle, "mark"),
        line(toX(target.at_least), middle - 10, toX(target.at_least), middle + 10, "mark"),
        text(WIDTH - RIGHT + 8, middle + 4, formatFactor(ratio.value), "start", "soft"),
      ];
    }),
    line(toX(1), TOP - 8, toX(1), bottom, "mark"),
    text(
      16,
      bottom + 38,
      "Bar: how many times better. Tall mark: the target. Thin line: 95 % interval.",
      "start",
      "soft",
    ),
  ];
  return picture("Claims against their targets", bottom + FOOT, shapes);
}

import { describe, expect, test } from "bun:test";
import { sparklinePaths } from "../../src/page/sparkline.ts";

const RANGE = { from: 100, to: 130 };

function xsOf(times: readonly number[], values: readonly (number | null)[]): number[] {
  const { line } = sparklinePaths(times, values, RANGE);
  return Array.from(line.matchAll(/[ML]([\d.-]+) /g), ([, x]) => Number(x));
}

describe("a sparkline", () => {
  test("has the time axis of the charts: what is young lies at its right", () => {
    expect(xsOf([115, 122.5, 130], [1, 2, 3])).toEqual([60, 90, 120]);
  });

  test("leaves out what is older than the window, also of the scale", () => {
    expect(xsOf([90, 110, 120], [9, 1, 2])).toEqual([40, 80]);
    expect(sparklinePaths([90, 110], [9, 1], RANGE).line).toBe("M40.0 2.0");
  });

  test("has a gap where there is no figure", () => {
    const { line, area } = sparklinePaths([100, 110, 120], [1, null, 1], RANGE);
    expect(line).toBe("M0.0 2.0M80.0 2.0");
    expect(area).toBe("M0.0 2.0L0.0 28L0.0 28zM80.0 2.0L80.0 28L80.0 28z");
  });
});

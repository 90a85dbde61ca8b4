import { describe, expect, test } from "bun:test";
import { nextToDraw } from "../../src/page/charts/drawing-order.ts";

describe("nextToDraw()", () => {
  test("gives every chart its turn, however slow drawing is", () => {
    const charts = ["a", "b", "c"].map((name) => ({ name, drawnAtMs: -Infinity }));
    const turns: string[] = [];
    // Each is due again as soon as it has been drawn.
    for (let nowMs = 0; nowMs < 6; nowMs++) {
      const chart = nextToDraw(charts);
      if (chart === undefined) break;
      chart.drawnAtMs = nowMs;
      turns.push(chart.name);
    }
    expect(turns.join("")).toBe("abcabc");
    expect(nextToDraw([])).toBeUndefined();
  });
});

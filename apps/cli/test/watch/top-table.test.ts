import { describe, expect, test } from "bun:test";
import type { SegmentSample } from "@isthmus/ipc";
import { createStyle } from "../../src/output/style.ts";
import { formatTopTable } from "../../src/watch/top-table.ts";

const NOW = 1_000_000;
const PLAIN = createStyle({ isTTY: false, env: {}, isColorRefused: true });

const LOCK: SegmentSample = {
  name: "a-lock-of-somebody",
  path: "/nowhere/a-lock-of-somebody",
  kind: "mutex",
  totalBytes: 4096,
  isPersistent: false,
  isHeld: true,
  fingerprint: "0",
  epoch: "1",
  creatorPid: 1,
  createdAtMs: 0,
  sections: [],
  participants: [],
  mutex: {
    owner: { pid: 4711, name: "a-program-with-a-name.ts", sinceMs: NOW - 5000, isAlive: true },
    acquisitions: 3,
    contentions: 2,
    recoveries: 0,
  },
  cells: [],
  channel: undefined,
  error: undefined,
  takenAtNs: 0,
};

function tableOf(width?: number): string[] {
  return formatTopTable([{ sample: LOCK, rates: undefined }], NOW, PLAIN, width);
}

describe("formatTopTable()", () => {
  test("shows everything where there is no limit", () => {
    const [head, line] = tableOf();
    expect(head).toMatch(
      /^NAME +KIND +RECORDS\/S +BYTES\/S +FILL +LAG +P99 +DROPS +WAITS +WHO +STATE$/,
    );
    expect(line).toMatch(/ 2 +– +a-program-with-a-name\.ts \(4711\) 5\.00 s$/);
  });

  test("says it in fewer words before it leaves anything out", () => {
    const widest = Bun.stringWidth(tableOf()[1] as string);
    const [head, line] = tableOf(widest - 1);
    expect(head).toContain("P99");
    expect(line).toEndWith(" 4711 5.00 s");
  });

  test("leaves out as few columns as it must, those that matter least first", () => {
    const order = ["P99", "WAITS", "BYTES/S", "FILL", "DROPS"];
    let gone = 0;
    for (let width = 100; width >= 30; width--) {
      const table = tableOf(width);
      // The rest of a line that has no room stands below it.
      const head = table.slice(0, table.length / 2).join("");
      const missing = order.filter((heading) => !head.includes(heading));
      expect(missing).toEqual(order.slice(0, missing.length));
      expect(missing.length).toBeGreaterThanOrEqual(gone);
      gone = missing.length;
      expect(table.filter((line) => Bun.stringWidth(line) > width)).toEqual([]);
      expect(head).toMatch(/^NAME +KIND +RECORDS\/S .*LAG .*WHO +STATE$/);
    }
    expect(gone).toBe(order.length);
  });
});

/** A table as its users see it, and between processes. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { f64, struct, u8 } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { SharedTable } from "../../src/index.ts";
import { Sample } from "../cache/support/sample.ts";

const Price = struct({ bid: f64, ask: f64 });

describe("SharedTable", () => {
  test("gives what another handle has changed, row by row", () => {
    using _home = new Home();
    using one = SharedTable.createOrOpen("prices", Price, { length: 1000 });
    using two = SharedTable.openExisting("prices", Price);
    expect([one.createdNew, two.createdNew, two.length, one.name]).toEqual([
      true,
      false,
      1000,
      "prices",
    ]);
    for (const i of [0, 7, 999]) {
      expect(one.read(i)).toEqual({ bid: 0, ask: 0 });
      expect(two.update(i, (price) => Object.assign(price, { bid: i + 0.5 }))).toBe(1);
      expect(one.update(i, (price) => Object.assign(price, { ask: price.bid + 1 }))).toBe(2);
      expect(two.read(i)).toEqual({ bid: i + 0.5, ask: i + 1.5 });
      expect(two.read(i, ({ ask }) => ask)).toBe(i + 1.5);
      expect([one.version(i), one.version(i + 1 === 1000 ? 1 : i + 1)]).toEqual([2, 0]);
    }
    expect([...one].filter(({ bid }) => bid > 0).length).toBe(3);
  });

  test("publishes nothing when the change throws, or is none", () => {
    using _home = new Home();
    using table = SharedTable.createNew("throws", Price, { length: 3 });
    const fail = () =>
      table.update(1, (price) => {
        price.bid = 5;
        throw new Error("mine");
      });
    expect(fail).toThrow("mine");
    expectCode(
      () => table.update(1, (async () => {}) as never),
      "TypeError",
      "ERR_INVALID_ARG_TYPE",
    );
    expectCode(() => table.update(1, 1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect([table.read(1), table.version(1)]).toEqual([{ bid: 0, ask: 0 }, 0]);
    const nested = () => table.update(1, () => void table.read(2));
    expectCode(nested, "NotSupportedError", "ERR_NOT_SUPPORTED");
    expect(() => table.read(1, (price) => Object.assign(price, { bid: 1 }))).toThrow();
    const later = async ({ bid }: { bid: number }) => {
      await Promise.resolve();
      throw new Error(`nobody hears of ${bid}`);
    };
    expectCode(() => void table.read(1, later), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(table.update(1, () => {})).toBe(1);
  });

  test("refuses what is no row, no length, no table of this kind", () => {
    using home = new Home();
    for (const length of [0, -1, 1.5, 2 ** 32, undefined]) {
      expect(() => SharedTable.createNew("wrong", Price, { length: length as number })).toThrow();
    }
    expect(home.names()).toEqual([]);
    const table = SharedTable.createNew("right", Price, { length: 3 });
    for (const index of [-1, 3, 2 ** 32]) {
      expectCode(() => table.read(index), "RangeError", "ERR_OUT_OF_RANGE");
      expectCode(() => table.update(index, () => {}), "RangeError", "ERR_OUT_OF_RANGE");
    }
    expect(() => table.read(0.5)).toThrow();
    expectCode(() => table.read("0" as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    const other = () => SharedTable.openExisting("right", struct({ bid: u8 }));
    expectCode(other, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expectCode(() => SharedTable.openExisting("none", Price), "SystemError", "ENOENT");
    table.dispose();
    table.dispose();
    expectCode(() => table.read(0), "DisposedError", "ERR_DISPOSED");
  });

  test("has whole rows, and goes on, when writers are killed at any moment", async () => {
    using _home = new Home();
    using table = SharedTable.createNew("killed", Sample, { length: 100 });
    const program = join(import.meta.dir, "..", "cache", "fixtures", "participant.ts");
    const versions = new Uint32Array(table.length);
    for (let round = 0; round < 2; round++) {
      await using one = new Peer([process.execPath, program]);
      await using two = new Peer([process.execPath, program]);
      await Promise.all([one.call("rows", "killed"), two.call("rows", "killed")]);
      for (let looks = 0; looks < 20; looks++) {
        for (let i = 0; i < table.length; i++) {
          const { count, half, double } = table.read(i);
          expect([half, double]).toEqual([count / 2, count * 2]);
          expect(count).toBeGreaterThanOrEqual(versions[i] as number);
          versions[i] = count;
        }
        await Bun.sleep(1);
      }
      await Promise.all([one.kill(), two.kill()]);
      for (let i = 0; i < table.length; i++) {
        const { count } = table.read(i);
        table.update(i, (row) => {
          row.count = count + 1;
          row.half = row.count / 2;
          row.double = row.count * 2;
        });
        // One version for each update: none is lost, and none is half.
        expect(table.version(i)).toBe(count + 1);
      }
    }
    expect(versions.some((count) => count > 0)).toBe(true);
  });
});

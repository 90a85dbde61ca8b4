/** The algorithm of shared structs alone, against a counter that lies. `test/model` has it among honest ones. */
import { expect, test } from "bun:test";
import { CorruptSegmentError } from "@isthmus/core";
import { VersionedCells } from "../../src/shared-struct/versioned-cells.ts";
import type { Words } from "../../src/words.ts";

test("VersionedCells.read() gives up on a counter that never stands still", () => {
  let counter = 0;
  const words = { glance: () => (counter += 3), acquire: () => {} } as unknown as Words;
  const cells = new VersionedCells(words, 0, { copyOut: () => {}, copyIn: () => {} });
  expect(() => cells.read()).toThrow(CorruptSegmentError);
});

test("VersionedCells.look() takes nothing of a record that is overwritten meanwhile, and says nothing of it", () => {
  let counter = 0;
  const words = { glance: () => counter, acquire: () => {} } as unknown as Words;
  const cells = new VersionedCells(words, 0, { copyOut: () => {}, copyIn: () => {} });
  let looks = 0;
  const take = (cell: number): number => {
    // Twice its writer comes back to the cell while it is looked at, with something that cannot be decoded first.
    if (++looks <= 2) counter += 3;
    if (looks === 1) throw new Error("torn");
    return 10 * looks + cell;
  };
  expect(cells.look(take)).toBe(32);
  expect(looks).toBe(3);
});

test("VersionedCells.look() throws what a look at a whole record throws", () => {
  const words = { glance: () => 1, acquire: () => {} } as unknown as Words;
  const cells = new VersionedCells(words, 0, { copyOut: () => {}, copyIn: () => {} });
  const damaged = new CorruptSegmentError("damaged");
  let looks = 0;
  const take = (): never => {
    looks++;
    throw damaged;
  };
  expect(() => cells.look(take)).toThrow(damaged);
  expect(looks).toBe(1);
});

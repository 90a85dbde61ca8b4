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

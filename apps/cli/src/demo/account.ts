/**
 * What the processes of the shared-memory steps share: a counter, and a record of two accounts.
 *
 * @module
 */
import type { ViewAccessor } from "@isthmus/core";
import { type StructSchema, struct, u32, utf8 } from "@isthmus/ipc";

/** What the two accounts hold together, always. */
export const TOTAL = 1_000_000;

type AccountFields = {
  readonly left: typeof u32;
  readonly right: typeof u32;
  readonly transfers: typeof u32;
  readonly last: ReturnType<typeof utf8>;
};

/** Two accounts between which amounts are moved, how often, and by whom last. */
export const Account: StructSchema<AccountFields> = struct({
  left: u32,
  right: u32,
  transfers: u32,
  last: utf8(32),
});

/** Adds 1 to the number at the start of a view, many times, atomically. */
export function addMany(view: ViewAccessor, count: number): void {
  const words = wordsOf(view);
  for (let index = 0; index < count; index += 1) Atomics.add(words, 0, 1);
}

/** The number at the start of a view. */
export function counterOf(view: ViewAccessor): number {
  return Atomics.load(wordsOf(view), 0);
}

function wordsOf(view: ViewAccessor): Int32Array {
  const { buffer, byteOffset } = view.bytes(0, 4);
  return new Int32Array(buffer, byteOffset, 1);
}

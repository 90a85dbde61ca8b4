/**
 * Jobs that can be told from each other, and from half of one.
 *
 * @module
 */
import { i32, type StructSchema, struct } from "../../../src/index.ts";

/** `check` is the complement of `number`. */
export const Numbered: StructSchema<{ number: typeof i32; check: typeof i32 }> = struct({
  number: i32,
  check: i32,
});

/** Named memory with two counts for every job: how often it was begun, and how often it was finished. */
export const LEDGER = "ledger";

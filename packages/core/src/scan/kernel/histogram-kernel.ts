/**
 * Counting all byte values, eight bytes at a time.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { get, i32, i64, set, TYPE, whileLoop } = wasm;

/** Neighbouring bytes count in tables of their own: in a run of equal bytes, each would wait for the last addition. */
export const HISTOGRAM_TABLES = 4;
/** Of one table: 256 counters of 32 bits. */
export const HISTOGRAM_TABLE_BYTES = 1024;

const STEP_BYTES = 8;
const LENGTH = 0;
const TABLES = 1;
const AT = 2;
const EIGHT = 3;
const PLACE = 4;

/**
 * `histogram(length, tables)`: adds to the tables at that address how often each byte occurs in the first bytes of the
 * memory; the length must be a multiple of eight.
 */
export const HISTOGRAM_KERNEL: wasm.WasmFunction = {
  name: "histogram",
  parameters: [TYPE.i32, TYPE.i32],
  results: [],
  locals: [TYPE.i32, TYPE.i64, TYPE.i32],
  body: whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
    set(EIGHT, i64.load(0, get(AT))),
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(countOne),
    set(AT, i32.add(get(AT), i32.of(STEP_BYTES))),
  ]),
};

function countOne(index: number): wasm.Code {
  const table = (index % HISTOGRAM_TABLES) * HISTOGRAM_TABLE_BYTES;
  // The byte times four, without a shift of its own: it is moved to two bits above the lowest.
  const moved =
    index === 0
      ? i32.shl(i32.fromI64(get(EIGHT)), i32.of(2))
      : i32.fromI64(i64.shr(get(EIGHT), i64.of(8 * index - 2)));
  return [
    ...set(PLACE, i32.add(i32.and(moved, i32.of(0x3fc)), get(TABLES))),
    ...i32.store(table, get(PLACE), i32.add(i32.load(table, get(PLACE)), i32.of(1))),
  ];
}

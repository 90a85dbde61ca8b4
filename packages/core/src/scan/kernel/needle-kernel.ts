/**
 * Where one of several needles may begin, 64 bytes at a time.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { get, i32, i64, set, TYPE, v128, whileLoop } = wasm;

/** What one turn of the loop looks at; the length must be a multiple of it. */
export const NEEDLE_STEP_BYTES = 64;

/** For how many needles there is a kernel. */
export const NEEDLE_COUNTS: readonly number[] = [1, 2, 4, 8];

/** What a needle takes in the table: two bytes of it. */
const NEEDLE_ENTRY_BYTES = 2;

const LENGTH = 0;
const PLACE = 1;
const TABLE = 2;
const FIRST_OFFSET = 3;
const SECOND_OFFSET = 4;
const FOLD = 5;
const AT = 6;
const FIRST_AT = 7;
const SECOND_AT = 8;
const BITS = 9;
const FOLDS = 10;
const FIRST = 11;
const SECOND = 12;
const WANTED = 13;

/**
 * `needles1(length, into, table, first, second, fold)` and so on: writes each place of the memory's first bytes where a needle
 * has its two bytes, one `first` and one `second` bytes behind the place, to the address `into`, in 32 bits each, in order; returns
 * the address behind the last one. The bits of `fold` are set in every byte before it is compared. Two bytes that are rare
 * together are nearly as good as all, and cost two loads.
 *
 * @param count How many needles are looked for.
 */
export function needleKernel(count: number): wasm.WasmFunction {
  const entries = Array.from({ length: NEEDLE_ENTRY_BYTES * count }, (_, index) => index);
  return {
    name: `needles${count}`,
    parameters: Array<wasm.ValueType>(FOLD + 1).fill(TYPE.i32),
    results: [TYPE.i32],
    locals: [
      ...[TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i64, TYPE.v128, TYPE.v128, TYPE.v128],
      ...Array<wasm.ValueType>(entries.length).fill(TYPE.v128),
    ],
    body: () => [
      ...set(FOLDS, v128.splatByte(get(FOLD))),
      ...entries.flatMap((index) =>
        set(WANTED + index, v128.or(v128.splatByte(i32.loadByte(index, get(TABLE))), get(FOLDS))),
      ),
      ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
        set(FIRST_AT, i32.add(get(AT), get(FIRST_OFFSET))),
        set(SECOND_AT, i32.add(get(AT), get(SECOND_OFFSET))),
        set(BITS, i64.of(0)),
        ...[0, 1, 2, 3].flatMap((quarter) => addQuarter(quarter, count)),
        whileLoop(i64.isNotZero(get(BITS)), [
          i32.store(0, get(PLACE), i32.add(get(AT), i32.fromI64(i64.trailingZeros(get(BITS))))),
          set(PLACE, i32.add(get(PLACE), i32.of(4))),
          // Takes away the lowest bit.
          set(BITS, i64.and(get(BITS), i64.subtract(get(BITS), i64.of(1)))),
        ]),
        set(AT, i32.add(get(AT), i32.of(NEEDLE_STEP_BYTES))),
      ]),
      ...get(PLACE),
    ],
  };
}

function addQuarter(quarter: number, count: number): wasm.Code[] {
  const begins = Array.from({ length: count }, (_, needle) => {
    const wanted = WANTED + NEEDLE_ENTRY_BYTES * needle;
    return v128.and(
      v128.equalBytes(get(FIRST), get(wanted)),
      v128.equalBytes(get(SECOND), get(wanted + 1)),
    );
  });
  const some = begins.reduce((one, more) => v128.or(one, more));
  const bits = i64.shl(i64.fromI32(v128.bitsOfBytes(some)), i64.of(16 * quarter));
  return [
    set(FIRST, v128.or(v128.load(16 * quarter, get(FIRST_AT)), get(FOLDS))),
    set(SECOND, v128.or(v128.load(16 * quarter, get(SECOND_AT)), get(FOLDS))),
    set(BITS, i64.or(get(BITS), bits)),
  ];
}

/**
 * Where lines end, 64 bytes at a time.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { get, i32, i64, set, TYPE, v128, whileLoop } = wasm;

/** What one turn of the loop looks at; the length must be a multiple of it. */
export const LINE_STEP_BYTES = 64;

const LENGTH = 0;
const BYTE = 1;
const PLACE = 2;
const AT = 3;
const WANTED = 4;
const ENDS = 5;

/**
 * `find(length, byte, into)`: writes the offset of each such byte in the first bytes of the memory to the address
 * `into`, in 32 bits each, in order; returns the address behind the last one.
 */
export const LINE_KERNEL: wasm.WasmFunction = {
  name: "find",
  parameters: [TYPE.i32, TYPE.i32, TYPE.i32],
  results: [TYPE.i32],
  locals: [TYPE.i32, TYPE.v128, TYPE.i64],
  body: [
    ...set(WANTED, v128.splatByte(get(BYTE))),
    ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
      set(
        ENDS,
        [0, 1, 2, 3].map(bitsOfQuarter).reduce((bits, more) => i64.or(bits, more)),
      ),
      whileLoop(i64.isNotZero(get(ENDS)), [
        i32.store(0, get(PLACE), i32.add(get(AT), i32.fromI64(i64.trailingZeros(get(ENDS))))),
        set(PLACE, i32.add(get(PLACE), i32.of(4))),
        // Takes away the lowest bit.
        set(ENDS, i64.and(get(ENDS), i64.subtract(get(ENDS), i64.of(1)))),
      ]),
      set(AT, i32.add(get(AT), i32.of(LINE_STEP_BYTES))),
    ]),
    ...get(PLACE),
  ],
};

function bitsOfQuarter(quarter: number): wasm.Code {
  const equal = v128.equalBytes(v128.load(16 * quarter, get(AT)), get(WANTED));
  return i64.shl(i64.fromI32(v128.bitsOfBytes(equal)), i64.of(16 * quarter));
}

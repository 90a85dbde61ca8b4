/**
 * Where some bytes are, 64 bytes at a time.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { get, i32, i64, set, TYPE, v128, whileLoop } = wasm;

/** What one turn of the loop looks at; the length must be a multiple of it. */
export const FIND_STEP_BYTES = 64;

/** How many bytes are looked for at once. */
export const WANTED_MAX = 3;

const LENGTH = 0;
const PLACE = 1;
const BYTE = 2;
const AT = BYTE + WANTED_MAX;
const BITS = AT + 1;
const WANTED = BITS + 1;

/**
 * `find1(length, into, byte, 0, 0)`, `find3(length, into, byte, byte, byte)`: writes the offset of each byte that is one of
 * these in the first bytes of the memory to the address `into`, in 32 bits each, in order; returns the address behind the
 * last one.
 *
 * @param count How many bytes are looked for.
 */
export function findKernel(count: number): wasm.WasmFunction {
  const wanted = Array.from({ length: count }, (_, index) => index);
  return {
    name: `find${count}`,
    parameters: [TYPE.i32, TYPE.i32, ...Array<wasm.ValueType>(WANTED_MAX).fill(TYPE.i32)],
    results: [TYPE.i32],
    locals: [TYPE.i32, TYPE.i64, ...Array<wasm.ValueType>(count).fill(TYPE.v128)],
    body: () => [
      ...wanted.flatMap((index) => set(WANTED + index, v128.splatByte(get(BYTE + index)))),
      ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
        set(
          BITS,
          [0, 1, 2, 3]
            .map((quarter) => bitsOfQuarter(quarter, wanted))
            .reduce((bits, more) => i64.or(bits, more)),
        ),
        whileLoop(i64.isNotZero(get(BITS)), [
          i32.store(0, get(PLACE), i32.add(get(AT), i32.fromI64(i64.trailingZeros(get(BITS))))),
          set(PLACE, i32.add(get(PLACE), i32.of(4))),
          // Takes away the lowest bit.
          set(BITS, i64.and(get(BITS), i64.subtract(get(BITS), i64.of(1)))),
        ]),
        set(AT, i32.add(get(AT), i32.of(FIND_STEP_BYTES))),
      ]),
      ...get(PLACE),
    ],
  };
}

function bitsOfQuarter(quarter: number, wanted: readonly number[]): wasm.Code {
  const bytes = v128.load(16 * quarter, get(AT));
  const equal = wanted
    .map((index) => v128.equalBytes(bytes, get(WANTED + index)))
    .reduce((some, more) => v128.or(some, more));
  return i64.shl(i64.fromI32(v128.bitsOfBytes(equal)), i64.of(16 * quarter));
}

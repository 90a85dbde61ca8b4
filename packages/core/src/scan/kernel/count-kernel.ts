/**
 * Counting a byte, 64 bytes at a time.
 *
 * @module
 */
import {
  type Code,
  doWhile,
  get,
  i32,
  select,
  set,
  TYPE,
  v128,
  type WasmFunction,
  whileLoop,
} from "./wasm.ts";

/** What one turn of the loop looks at; the length must be a multiple of it. */
export const COUNT_STEP_BYTES = 64;

const LENGTH = 0;
const BYTE = 1;
const AT = 2;
const STOP = 3;
const WANTED = 4;
const TOTAL = 5;
const FOUND = [6, 7, 8, 9] as const;

/** A byte of a counter overflows with the turn after this one. */
const TURNS_MAX = 255;

/**
 * `countByte(length, byte)`: how often the byte occurs in the first bytes of the memory.
 *
 * An equal byte compares to all ones, which is -1: subtracting the comparison counts it. 64 counters of 8 bits are added
 * up before any can overflow.
 */
export const COUNT_KERNEL: WasmFunction = {
  name: "countByte",
  parameters: [TYPE.i32, TYPE.i32],
  results: [TYPE.i32],
  locals: [TYPE.i32, TYPE.i32, TYPE.v128, TYPE.v128, TYPE.v128, TYPE.v128, TYPE.v128, TYPE.v128],
  body: () => [
    ...set(WANTED, v128.splatByte(get(BYTE))),
    ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
      ...setStop(),
      ...FOUND.map((found) => set(found, v128.zero())),
      doWhile(
        [
          ...FOUND.map((found, index) => {
            const equal = v128.equalBytes(v128.load(16 * index, get(AT)), get(WANTED));
            return set(found, v128.subtractBytes(get(found), equal));
          }),
          set(AT, i32.add(get(AT), i32.of(COUNT_STEP_BYTES))),
        ],
        i32.lessThan(get(AT), get(STOP)),
      ),
      ...addUp(),
    ]),
    ...[0, 1, 2, 3]
      .map((lane) => v128.int(lane, get(TOTAL)))
      .reduce((sum, lane) => i32.add(sum, lane)),
  ],
};

/** Where the 8-bit counters must be emptied, or the end. */
function setStop(): readonly Code[] {
  const full = i32.add(get(AT), i32.of(TURNS_MAX * COUNT_STEP_BYTES));
  return [set(STOP, select(full, get(LENGTH), i32.lessThan(full, get(LENGTH))))];
}

function addUp(): readonly Code[] {
  const [a, b, c, d] = FOUND.map((found) => v128.pairsOfBytes(get(found)));
  const shorts = v128.addShorts(v128.addShorts(a ?? [], b ?? []), v128.addShorts(c ?? [], d ?? []));
  return [set(TOTAL, v128.addInts(get(TOTAL), v128.pairsOfShorts(shorts)))];
}

/**
 * Words and the widths of lines, 64 bytes at a time: one bit for each byte.
 *
 * What the bytes mean stands in `byte-classes.ts`. A byte that makes a word begins one unless the byte before it makes
 * one, too: one shift shows that for 64 bytes at once.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { doWhile, get, i32, i64, ifElse, set, TYPE, v128, whileLoop } = wasm;

/** What one turn of the loop looks at; the length must be a multiple of it. */
export const TEXT_STEP_BYTES = 64;

/** Where the kernel keeps what it knows, from the address that it is given: integers of 64 bits. */
export const TEXT_STATE = { words: 0, inWord: 8, column: 16, longest: 24 } as const;

const LENGTH = 0;
const STATE = 1;
const AT = 2;
const BYTE_AT = 3;
/** Of 64 bits each. */
const WORDS = 4;
const IN_WORD = 5;
const COLUMN = 6;
const LONGEST = 7;
const MAKERS = 8;
const WIDE = 9;
const JUMPS = 10;
/** Of 16 bytes each: what was read, and per class whether it belongs to it. */
const BYTES = 11;
const CONTROLS = 12;

const TAB = 9;
const VERTICAL_TAB = 11;
const SPACE = 32;
const DELETE = 127;
const TAB_WIDTH = 8;

/** `text(length, state)`: goes on from the state over the first bytes of the memory. */
export const TEXT_KERNEL: wasm.WasmFunction = {
  name: "text",
  parameters: [TYPE.i32, TYPE.i32],
  results: [],
  locals: [
    ...[TYPE.i32, TYPE.i32],
    ...Array.from({ length: 7 }, () => TYPE.i64),
    ...[TYPE.v128, TYPE.v128],
  ],
  body: [
    ...set(WORDS, i64.load(TEXT_STATE.words, get(STATE))),
    ...set(IN_WORD, i64.load(TEXT_STATE.inWord, get(STATE))),
    ...set(COLUMN, i64.load(TEXT_STATE.column, get(STATE))),
    ...set(LONGEST, i64.load(TEXT_STATE.longest, get(STATE))),
    ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
      ...classify(),
      ...countWords(),
      ifElse(i64.isNotZero(get(JUMPS)), [moveOverJumps()], []),
      set(COLUMN, i64.add(get(COLUMN), i64.countOnes(get(WIDE)))),
      set(AT, i32.add(get(AT), i32.of(TEXT_STEP_BYTES))),
    ]),
    ...i64.store(TEXT_STATE.words, get(STATE), get(WORDS)),
    ...i64.store(TEXT_STATE.inWord, get(STATE), get(IN_WORD)),
    ...i64.store(TEXT_STATE.column, get(STATE), get(COLUMN)),
    ...i64.store(TEXT_STATE.longest, get(STATE), get(LONGEST)),
  ],
};

/** Fills the three sets of bits of the next 64 bytes. */
function classify(): readonly wasm.Code[] {
  const quarters = [0, 1, 2, 3].flatMap((quarter) => {
    const put = (mask: number, lanes: wasm.Code): wasm.Code => {
      const bits = i64.fromI32(v128.bitsOfBytes(lanes));
      const moved = i64.shl(bits, i64.of(16 * quarter));
      return set(mask, quarter === 0 ? bits : i64.or(get(mask), moved));
    };
    return [
      set(BYTES, v128.load(16 * quarter, get(AT))),
      // "\t" to "\r": all separators, and all but one of them jump.
      set(CONTROLS, isWithin(TAB, 5)),
      // The separators, until all 64 are there.
      put(MAKERS, v128.or(get(CONTROLS), equals(SPACE))),
      put(WIDE, v128.lessBytes(equals(DELETE), isWithin(SPACE, 256 - SPACE))),
      put(JUMPS, v128.lessBytes(equals(VERTICAL_TAB), get(CONTROLS))),
    ];
  });
  return [...quarters, set(MAKERS, i64.xor(get(MAKERS), i64.of(-1)))];
}

/** Whether each byte is one of `count` from `first` on. */
function isWithin(first: number, count: number): wasm.Code {
  const shifted = v128.subtractBytes(get(BYTES), v128.splatByte(i32.of(first)));
  return v128.lessBytes(shifted, v128.splatByte(i32.of(count)));
}

function equals(byte: number): wasm.Code {
  return v128.equalBytes(get(BYTES), v128.splatByte(i32.of(byte)));
}

function countWords(): readonly wasm.Code[] {
  const before = i64.or(i64.shl(get(MAKERS), i64.of(1)), get(IN_WORD));
  const begins = i64.and(get(MAKERS), i64.xor(before, i64.of(-1)));
  return [
    set(WORDS, i64.add(get(WORDS), i64.countOnes(begins))),
    set(IN_WORD, i64.shr(get(MAKERS), i64.of(63))),
  ];
}

/** Goes from tab to line end to tab; what is wide behind the last of them stays in `WIDE`. */
function moveOverJumps(): wasm.Code {
  const lowest = i64.trailingZeros(get(JUMPS));
  const below = i64.subtract(i64.shl(i64.of(1), lowest), i64.of(1));
  const above = i64.xor(i64.subtract(i64.xor(get(JUMPS), nextJumps()), i64.of(1)), i64.of(-1));
  const toStop = i64.subtract(i64.of(TAB_WIDTH), i64.and(get(COLUMN), i64.of(TAB_WIDTH - 1)));
  const isTab = i32.equal(i32.loadByte(0, i32.add(get(AT), get(BYTE_AT))), i32.of(TAB));
  return doWhile(
    [
      set(BYTE_AT, i32.fromI64(lowest)),
      set(COLUMN, i64.add(get(COLUMN), i64.countOnes(i64.and(get(WIDE), below)))),
      // Neither a tab nor the end of a line is wide itself: what is not below the jump is above it.
      set(WIDE, i64.and(get(WIDE), above)),
      ifElse(
        isTab,
        [set(COLUMN, i64.add(get(COLUMN), toStop))],
        [
          ifElse(i64.greaterThan(get(COLUMN), get(LONGEST)), [set(LONGEST, get(COLUMN))], []),
          set(COLUMN, i64.of(0)),
        ],
      ),
      set(JUMPS, nextJumps()),
    ],
    i64.isNotZero(get(JUMPS)),
  );
}

/** All jumps but the lowest. */
function nextJumps(): wasm.Code {
  return i64.and(get(JUMPS), i64.subtract(get(JUMPS), i64.of(1)));
}

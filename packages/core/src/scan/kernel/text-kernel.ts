/**
 * Words and the widths of lines, 64 bytes at a time: one bit for each byte.
 *
 * What the bytes mean stands in `byte-classes.ts`. A byte that makes a word begins one unless the byte before it makes
 * one, too: one shift shows that for 64 bytes at once. So it is with widths: only the line that ends first among 64 bytes can be
 * wider than any before, once one of 64 columns has been seen, and only the last one goes on. Each branch that cannot be foreseen
 * costs as much as the rest of a turn.
 *
 * @module
 */
import * as wasm from "./wasm.ts";

const { doWhile, get, i32, i64, ifElse, select, set, TYPE, v128, whileLoop } = wasm;

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
/** Which of a quarter's bytes are tabs, in any quarter. */
const TABS = 13;
/** What bytes are compared with, 16 times each. */
const CONSTANTS = 14;
/** Of 64 bits. */
const FIRST_WIDTH: number = CONSTANTS + 2 * 6;

const TAB = 9;
const TAB_WIDTH = 8;

/** A range of byte values: the first one, and how many. */
type ByteRange = readonly [first: number, count: number];

/** "\t" to "\r": all separators, and all but one of them jump. */
const CONTROL_BYTES: ByteRange = [TAB, 5];
const TAB_BYTE: ByteRange = [TAB, 1];
const VERTICAL_TAB: ByteRange = [11, 1];
const SPACE: ByteRange = [32, 1];
/** All of these are wide but one. */
const SPACE_AND_ABOVE: ByteRange = [32, 224];
const DELETE: ByteRange = [127, 1];
const RANGES = [CONTROL_BYTES, TAB_BYTE, VERTICAL_TAB, SPACE, SPACE_AND_ABOVE, DELETE] as const;

/** `text(length, state)`: goes on from the state over the first bytes of the memory. */
export const TEXT_KERNEL: wasm.WasmFunction = {
  name: "text",
  parameters: [TYPE.i32, TYPE.i32],
  results: [],
  locals: [
    ...[TYPE.i32, TYPE.i32],
    ...Array.from({ length: 7 }, () => TYPE.i64),
    ...[TYPE.v128, TYPE.v128, TYPE.v128],
    ...RANGES.flatMap(() => [TYPE.v128, TYPE.v128]),
    TYPE.i64,
  ],
  body: () => [
    ...RANGES.flatMap(setConstants),
    ...set(WORDS, i64.load(TEXT_STATE.words, get(STATE))),
    ...set(IN_WORD, i64.load(TEXT_STATE.inWord, get(STATE))),
    ...set(COLUMN, i64.load(TEXT_STATE.column, get(STATE))),
    ...set(LONGEST, i64.load(TEXT_STATE.longest, get(STATE))),
    ...whileLoop(i32.lessThan(get(AT), get(LENGTH)), [
      ...classify(),
      ...countWords(),
      ifElse(mustLookAtJumps(), moveOverJumps(), passJumps()),
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
      set(CONTROLS, isWithin(CONTROL_BYTES)),
      set(TABS, quarter === 0 ? isWithin(TAB_BYTE) : v128.or(get(TABS), isWithin(TAB_BYTE))),
      // The separators, until all 64 are there.
      put(MAKERS, v128.or(get(CONTROLS), isWithin(SPACE))),
      put(WIDE, v128.andNot(isWithin(SPACE_AND_ABOVE), isWithin(DELETE))),
      put(JUMPS, v128.andNot(get(CONTROLS), isWithin(VERTICAL_TAB))),
    ];
  });
  return [...quarters, set(MAKERS, i64.xor(get(MAKERS), i64.of(-1)))];
}

/**
 * Sets the constants of a range, outside of the loop: what is subtracted from a byte, and what that must be below. CPUs compare
 * signed bytes at once, and unsigned ones by several instructions, so the first of the range becomes -128.
 */
function setConstants([first, count]: ByteRange, index: number): wasm.Code {
  const [less, below] = count === 1 ? [first, 0] : [first + 128, count + 128];
  const place = CONSTANTS + 2 * index;
  return [
    ...set(place, v128.splatByte(i32.of(less & 255))),
    ...set(place + 1, v128.splatByte(i32.of(below & 255))),
  ];
}

/** Whether each byte is in one of the {@link RANGES}. */
function isWithin(range: ByteRange): wasm.Code {
  const place = CONSTANTS + 2 * RANGES.indexOf(range);
  if (range[1] === 1) return v128.equalBytes(get(BYTES), get(place));
  return v128.lessSignedBytes(v128.subtractBytes(get(BYTES), get(place)), get(place + 1));
}

function countWords(): readonly wasm.Code[] {
  const before = i64.or(i64.shl(get(MAKERS), i64.of(1)), get(IN_WORD));
  const begins = i64.and(get(MAKERS), i64.xor(before, i64.of(-1)));
  return [
    set(WORDS, i64.add(get(WORDS), i64.countOnes(begins))),
    set(IN_WORD, i64.shr(get(MAKERS), i64.of(63))),
  ];
}

/** A tab depends on the column, and before a line as wide as a turn has bytes, each line may be the widest. */
function mustLookAtJumps(): wasm.Code {
  const isNarrow = i64.greaterThan(i64.of(TEXT_STEP_BYTES), get(LONGEST));
  return i32.and(i64.isNotZero(get(JUMPS)), i32.or(v128.anyTrue(get(TABS)), isNarrow));
}

/** Ends the first line that ends here, if one does, and goes on with the last one; those between are narrow. */
function passJumps(): readonly wasm.Code[] {
  const [jumps, ones] = [get(JUMPS), i64.of(-1)];
  // And all other jumps, none of which is wide.
  const below = i64.subtract(jumps, i64.of(1));
  const above = i64.xor(i64.shr(ones, i64.leadingZeros(jumps)), ones);
  const lastWidth = i64.countOnes(i64.and(get(WIDE), above));
  const isWidest = i64.greaterThan(get(FIRST_WIDTH), get(LONGEST));
  return [
    set(FIRST_WIDTH, i64.add(get(COLUMN), i64.countOnes(i64.and(get(WIDE), below)))),
    // Of a line that goes on, too: it will be no narrower.
    set(LONGEST, select(get(FIRST_WIDTH), get(LONGEST), isWidest)),
    set(COLUMN, select(lastWidth, get(FIRST_WIDTH), i64.isNotZero(jumps))),
  ];
}

/** Goes from tab to line end to tab, and on to the end. */
function moveOverJumps(): readonly wasm.Code[] {
  const lowest = i64.trailingZeros(get(JUMPS));
  const below = i64.subtract(i64.shl(i64.of(1), lowest), i64.of(1));
  const above = i64.xor(i64.subtract(i64.xor(get(JUMPS), nextJumps()), i64.of(1)), i64.of(-1));
  const toStop = i64.subtract(i64.of(TAB_WIDTH), i64.and(get(COLUMN), i64.of(TAB_WIDTH - 1)));
  const isTab = i32.equal(i32.loadByte(0, i32.add(get(AT), get(BYTE_AT))), i32.of(TAB));
  const toEnd = set(COLUMN, i64.add(get(COLUMN), i64.countOnes(get(WIDE))));
  const overOne = doWhile(
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
  return [overOne, toEnd];
}

/** All jumps but the lowest. */
function nextJumps(): wasm.Code {
  return i64.and(get(JUMPS), i64.subtract(get(JUMPS), i64.of(1)));
}

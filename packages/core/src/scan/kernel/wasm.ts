/**
 * A small assembler for WebAssembly: instructions as expressions, and a module of one memory and some functions.
 *
 * Kernels are written in TypeScript with it and assembled when they are first used, so that there is no build
 * step and no binary whose source is elsewhere. Every helper writes its operands first and its own opcode last, which
 * is the order in which a stack machine wants them: `i32.add(get(a), get(b))` reads as it runs.
 *
 * @module
 */

/** A piece of a function's body. */
export type Code = readonly number[];

/** The type of a parameter, a result or a local variable. */
export const TYPE = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

/** One of the values of {@link TYPE}. */
export type ValueType = (typeof TYPE)[keyof typeof TYPE];

/** A function of a module. */
export interface WasmFunction {
  /** The name under which it is exported. */
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Local variables; their indexes follow those of the parameters. All are 0 at first. */
  readonly locals: readonly ValueType[];
  /** Asked for when the module is assembled: what nobody uses costs no start anything. */
  readonly body: () => Code;
}

const PAGE_BYTES = 1 << 16;
const FUNCTION_TYPE = 0x60;
const SIMD = 0xfd;
const SECTION = { types: 1, functions: 3, memories: 5, exports: 7, code: 10 } as const;
const EXPORT = { function: 0, memory: 2 } as const;
/** A block that leaves nothing on the stack. */
const NO_RESULT = 0x40;
const END = 0x0b;

/**
 * Assembles a module that exports its functions and its memory, as `memory`.
 *
 * @param memoryBytes How much memory it has, for good; rounded up to 64 KiB.
 * @param functions In the order of their definition.
 * @returns What `WebAssembly.Module` takes.
 */
export function assemble(
  memoryBytes: number,
  functions: readonly WasmFunction[],
): Uint8Array<ArrayBuffer> {
  const pages = unsigned(Math.ceil(memoryBytes / PAGE_BYTES));
  const exported = functions.map(({ name }, index) => [
    ...text(name),
    EXPORT.function,
    ...unsigned(index),
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(SECTION.types, functions.map(signature)),
    ...section(
      SECTION.functions,
      functions.map((_, index) => unsigned(index)),
    ),
    // With a limit: memory that cannot grow never moves, and its typed arrays stay alive.
    ...section(SECTION.memories, [[0x01, ...pages, ...pages]]),
    ...section(SECTION.exports, [...exported, [...text("memory"), EXPORT.memory, 0]]),
    ...section(SECTION.code, functions.map(definition)),
  ]);
}

function signature({ parameters, results }: WasmFunction): Code {
  return [FUNCTION_TYPE, ...vector(parameters), ...vector(results)];
}

function definition({ locals, body }: WasmFunction): Code {
  const groups = locals.map((type) => [1, type]);
  const code = [...unsigned(groups.length), ...groups.flat(), ...body(), END];
  return [...unsigned(code.length), ...code];
}

function section(id: number, items: readonly Code[]): Code {
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function vector(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): Code {
  return vector([...new TextEncoder().encode(value)]);
}

/** LEB128, 7 bits a byte, the lowest first. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a signed number: ends when the rest repeats the sign. */
function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = rest === (low & 0x40 ? -1 : 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

/** An instruction, given the code of its operands. */
export type Operation = (...operands: readonly Code[]) => Code;

/** A load, given a number of bytes that are added to an address, and the code of the address. */
export type Access = (offset: number, ...operands: readonly Code[]) => Code;

const plain =
  (opcode: number): Operation =>
  (...operands) => [...operands.flat(), opcode];

const simd =
  (opcode: number): Operation =>
  (...operands) => [...operands.flat(), SIMD, ...unsigned(opcode)];

/** No alignment is promised. */
const access =
  (...opcode: Code): Access =>
  (offset, ...operands) => [...operands.flat(), ...opcode, 0, ...unsigned(offset)];

/** Reads a local variable. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
/** Writes a local variable. */
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** The first value where the condition is not 0, else the second. */
export const select = (yes: Code, no: Code, condition: Code): Code => [
  ...yes,
  ...no,
  ...condition,
  0x1b,
];
/** Runs the body again and again for as long as the condition, looked at after it, is not 0. */
export const doWhile = (body: readonly Code[], condition: Code): Code => [
  ...[0x03, NO_RESULT, ...body.flat()],
  ...[...condition, 0x0d, 0, END],
];
/** Runs the first body where the condition is not 0, else the second. */
export const ifElse = (condition: Code, yes: readonly Code[], no: readonly Code[]): Code => [
  ...[...condition, 0x04, NO_RESULT, ...yes.flat()],
  ...[0x05, ...no.flat(), END],
];
/** Runs the body again and again for as long as the condition, looked at before it, is not 0. */
export const whileLoop = (condition: Code, body: readonly Code[]): Code => [
  ...[...condition, 0x04, NO_RESULT],
  ...doWhile(body, condition),
  END,
];

/** Instructions on 32-bit integers; comparisons are unsigned. */
export const i32: {
  readonly of: (value: number) => Code;
  readonly add: Operation;
  readonly and: Operation;
  readonly or: Operation;
  readonly shl: Operation;
  readonly equal: Operation;
  readonly lessThan: Operation;
  readonly load: Access;
  readonly loadByte: Access;
  /** Of 16 bits, unsigned. */
  readonly loadShort: Access;
  readonly store: Access;
  readonly fromI64: Operation;
} = {
  of: (value) => [0x41, ...signed(value)],
  add: plain(0x6a),
  and: plain(0x71),
  or: plain(0x72),
  shl: plain(0x74),
  equal: plain(0x46),
  lessThan: plain(0x49),
  load: access(0x28),
  loadByte: access(0x2d),
  loadShort: access(0x2f),
  store: access(0x36),
  fromI64: plain(0xa7),
};

/** Instructions on 64-bit integers; shifts and the widening of 32 bits are unsigned. */
export const i64: {
  /** A constant of 32 bits, signed. */
  readonly of: (value: number) => Code;
  readonly add: Operation;
  readonly subtract: Operation;
  readonly and: Operation;
  readonly or: Operation;
  readonly xor: Operation;
  readonly shl: Operation;
  readonly shr: Operation;
  /** 1 where it is not 0, as a 32-bit integer. */
  readonly isNotZero: (value: Code) => Code;
  readonly greaterThan: Operation;
  readonly leadingZeros: Operation;
  readonly trailingZeros: Operation;
  readonly countOnes: Operation;
  readonly load: Access;
  readonly store: Access;
  readonly fromI32: Operation;
} = {
  of: (value) => [0x42, ...signed(value)],
  add: plain(0x7c),
  subtract: plain(0x7d),
  and: plain(0x83),
  or: plain(0x84),
  xor: plain(0x85),
  shl: plain(0x86),
  shr: plain(0x88),
  isNotZero: (value) => [...value, 0x42, 0, 0x52],
  greaterThan: plain(0x56),
  leadingZeros: plain(0x79),
  trailingZeros: plain(0x7a),
  countOnes: plain(0x7b),
  load: access(0x29),
  store: access(0x37),
  fromI32: plain(0xad),
};

/** Instructions on 16 bytes at once, also seen as eight or four integers. */
export const v128: {
  readonly load: Access;
  readonly zero: () => Code;
  readonly splatByte: Operation;
  /** All ones in each byte that is equal, else 0. */
  readonly equalBytes: Operation;
  readonly subtractBytes: Operation;
  /** All ones in each byte that is smaller, signed, else 0. */
  readonly lessSignedBytes: Operation;
  readonly and: Operation;
  /** The bits of the first that the second does not have. */
  readonly andNot: Operation;
  readonly or: Operation;
  /** The highest bits of the 16 bytes, as a 32-bit integer. */
  readonly bitsOfBytes: Operation;
  /** 1 where any of the bits is set, as a 32-bit integer. */
  readonly anyTrue: Operation;
  /** The sums of neighbouring bytes, unsigned, as eight 16-bit integers. */
  readonly pairsOfBytes: Operation;
  readonly addShorts: Operation;
  /** The sums of neighbouring 16-bit integers, unsigned, as four 32-bit integers. */
  readonly pairsOfShorts: Operation;
  readonly addInts: Operation;
  readonly int: (lane: number, value: Code) => Code;
} = {
  load: access(SIMD, 0x00),
  zero: () => [SIMD, 0x0c, ...Array.from({ length: 16 }, () => 0)],
  splatByte: simd(0x0f),
  equalBytes: simd(0x23),
  subtractBytes: simd(0x71),
  lessSignedBytes: simd(0x25),
  and: simd(0x4e),
  andNot: simd(0x4f),
  or: simd(0x50),
  bitsOfBytes: simd(0x64),
  anyTrue: simd(0x53),
  pairsOfBytes: simd(0x7d),
  addShorts: simd(0x8e),
  pairsOfShorts: simd(0x7f),
  addInts: simd(0xae),
  int: (lane, value) => [...value, SIMD, 0x1b, lane],
};

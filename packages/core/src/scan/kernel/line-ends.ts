/**
 * Finding the ends of many lines at once: by the kernel where WebAssembly has SIMD, else one search for each.
 *
 * @module
 */
import { LINE_KERNEL, LINE_STEP_BYTES } from "./line-kernel.ts";
import { assemble } from "./wasm.ts";

const LINE_FEED = 0x0a;
/** What is looked at in one go. Its ends, were it all line feeds, take four times as much. */
const BLOCK_BYTES: number = 1 << 15;
const ENDS_OFFSET: number = BLOCK_BYTES;
/** Below this, one search for each line is done before the kernel is compiled. */
const KERNEL_FROM_BYTES = 1 << 18;

/** Is told of a line; `LineVisitor`. */
export type EachLine<Bytes> = (bytes: Bytes, start: number, end: number, offset: number) => void;

/** Finds the line feeds of a block. */
export interface LineFinder {
  /** Where the line feeds are, in bytes from the block's first; as many as the last search found. */
  readonly ends: Uint32Array;
  /** Looks at up to `BLOCK_BYTES` bytes, and returns how many line feeds there are. */
  find(bytes: Uint8Array, start: number): number;
}

let compiled: WebAssembly.Module | null | undefined;
/** Finders that nobody uses: whoever is told of a line may look at lines, too. */
const idle: LineFinder[] = [];

/**
 * Calls for every line of some bytes; what is behind the last line feed is a line, unless it is empty.
 *
 * @param bytes The lines.
 * @param each Told of each.
 * @param offset The offset of the first byte, as `each` is told it.
 */
export function eachLine<Bytes extends Uint8Array>(
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  const finder = bytes.length < KERNEL_FROM_BYTES ? undefined : (idle.pop() ?? newLineFinder());
  if (finder === undefined) {
    eachLinePlainly(bytes, each, offset);
    return;
  }
  try {
    eachLineFound(finder, bytes, each, offset);
  } finally {
    idle.push(finder);
  }
}

/** The same without the kernel. */
export function eachLinePlainly<Bytes extends Uint8Array>(
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    each(bytes, start, end, offset + start);
    start = end + 1;
  }
}

function eachLineFound<Bytes extends Uint8Array>(
  finder: LineFinder,
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  const { ends } = finder;
  let start = 0;
  for (let block = 0; block < bytes.length; block += BLOCK_BYTES) {
    const count = finder.find(bytes, block);
    for (let i = 0; i < count; i++) {
      const end = block + (ends[i] as number);
      each(bytes, start, end, offset + start);
      start = end + 1;
    }
  }
  if (start < bytes.length) each(bytes, start, bytes.length, offset + start);
}

/** A finder with memory of its own; `undefined` where the engine or the CPU has no SIMD. */
export function newLineFinder(): LineFinder | undefined {
  compiled ??= compile();
  if (compiled === null) return undefined;
  const { memory, find } = new WebAssembly.Instance(compiled).exports as unknown as {
    memory: WebAssembly.Memory;
    find: (length: number, byte: number, into: number) => number;
  };
  const block = new Uint8Array(memory.buffer, 0, BLOCK_BYTES);
  return {
    ends: new Uint32Array(memory.buffer, ENDS_OFFSET),
    find(bytes, start) {
      const piece = bytes.subarray(start, start + BLOCK_BYTES);
      block.set(piece);
      const length = Math.ceil(piece.length / LINE_STEP_BYTES) * LINE_STEP_BYTES;
      block.fill(0, piece.length, length);
      return (find(length, LINE_FEED, ENDS_OFFSET) - ENDS_OFFSET) / 4;
    },
  };
}

function compile(): WebAssembly.Module | null {
  const code = assemble(ENDS_OFFSET + 4 * BLOCK_BYTES, [LINE_KERNEL]);
  return WebAssembly.validate(code) ? new WebAssembly.Module(code) : null;
}

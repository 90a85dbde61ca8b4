/**
 * Counting bytes in pieces: by kernels, and by loops where there is no SIMD. Both are sent to Workers as text; see
 * `piece-work.ts` for what they may use.
 *
 * @module
 */
import type { CopyBytes } from "../kernel/copy-bytes.ts";
import type { PieceWork, WorkPlan, Works } from "./piece-work.ts";

/** Bytes, and what copies them. */
interface Part {
  readonly bytes: Uint8Array;
  readonly copy: CopyBytes;
}

/** Counts a byte, all bytes, or text, by kernels. */
export function kernelWork(
  { task, kernels, classes, flags }: WorkPlan,
  { copier, start }: Works,
): PieceWork {
  if (kernels === undefined) throw new TypeError("no kernels");
  const exports = start("kernel", kernels.module) as {
    memory: WebAssembly.Memory;
    countByte(length: number, byte: number): number;
    text(length: number, state: number): void;
    histogram(length: number): void;
  };
  const { countByte, text, histogram } = exports;
  const { buffer } = exports.memory;
  const memory = new Uint8Array(buffer);
  const pairs = new Uint32Array(buffer, kernels.tableOffset, 1 << 16);
  const state = new DataView(buffer, kernels.stateOffset, 64);
  const totals = new Float64Array(256);
  let unfoldedBytes = 0;

  /** Runs `step` on block after block in the kernels' memory; what fills up the last one, by its last byte, is not counted. */
  const inBlocks = (
    { bytes, copy }: Part,
    fillerOf: (last: number) => number,
    step: (length: number) => void,
  ): void => {
    for (let at = 0; at < bytes.length; at += kernels.blockBytes) {
      const block = memory.subarray(0, Math.min(kernels.blockBytes, bytes.length - at));
      copy(at, block);
      const length = Math.ceil(block.length / kernels.stepBytes) * kernels.stepBytes;
      const filler = fillerOf(block[block.length - 1] as number);
      memory.fill(filler, block.length, length);
      totals[filler]! -= length - block.length;
      step(length);
    }
  };
  /** Leaves the table empty, for whoever is given the kernels next. */
  const fold = (): void => {
    if (unfoldedBytes === 0) return;
    for (let pair = 0; pair < pairs.length; pair++) {
      totals[pair & 255]! += pairs[pair] as number;
      totals[pair >> 8]! += pairs[pair] as number;
    }
    pairs.fill(0);
    unfoldedBytes = 0;
  };

  const countAll = (length: number): void => {
    histogram(length);
    unfoldedBytes += length;
    // Long before a counter of 32 bits can overflow.
    if (unfoldedBytes > 2 ** 30) fold();
  };
  let lines = 0;
  const countText = (length: number): void => {
    text(length, kernels.stateOffset);
    if (task.kind === "text" && task.histogram) countAll(length);
    // What fills up ends no line.
    else lines += countByte(length, 10);
  };
  const number = (at: number): number => Number(state.getBigUint64(at, true));

  const countOne = (piece: Part, byte: number): number => {
    let total = 0;
    const count = (length: number): void => {
      total += countByte(length, byte);
    };
    inBlocks(piece, () => byte ^ 0xff, count);
    return total;
  };
  const addText = (piece: Part): unknown => {
    lines = 0;
    // A piece begins with a line: outside of words, in the first column.
    for (let at = 0; at < state.byteLength; at += 8) state.setBigUint64(at, 0n, true);
    // What fills up goes on as the bytes end, within a word or between two, and has no width.
    const fillerOf = (byte: number): number => ((classes[byte] as number) & flags.space ? 11 : 0);
    inBlocks(piece, fillerOf, countText);
    const { words, longest, column } = kernels.state;
    const longestLineBytes = Math.max(number(longest), number(column));
    return { lines, words: number(words), longestLineBytes };
  };
  return {
    run(bytes, length, _offset, copy = copier(bytes)) {
      const piece = { bytes: bytes.subarray(0, length), copy };
      if (task.kind === "count") return countOne(piece, task.needle[0] as number);
      return task.kind === "text" ? addText(piece) : inBlocks(piece, () => 0, countAll);
    },
    finish() {
      fold();
      return totals;
    },
  };
}

/** The same by loops. */
export function plainWork({ task, classes, flags }: WorkPlan): PieceWork {
  const countByte = (bytes: Uint8Array, length: number, wanted: number): number => {
    let total = 0;
    for (let i = 0; i < length; i++) if (bytes[i] === wanted) total++;
    return total;
  };
  const totals = new Float64Array(256);
  const addAll = (bytes: Uint8Array, length: number): void => {
    for (let i = 0; i < length; i++) totals[bytes[i] as number]!++;
  };
  const textOf = (bytes: Uint8Array, length: number): unknown => {
    let words = 0;
    let before = 0;
    let column = 0;
    let longestLineBytes = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      const kind = classes[byte] as number;
      if (kind & flags.word && !(before & flags.word)) words++;
      before = kind;
      if (kind & flags.jump) column = byte === 9 ? column + 8 - (column % 8) : 0;
      else if (kind & flags.wide) column++;
      if (column > longestLineBytes) longestLineBytes = column;
    }
    return { lines: countByte(bytes, length, 10), words, longestLineBytes };
  };
  return {
    run(bytes, length) {
      if (task.kind === "count") return countByte(bytes, length, task.needle[0] as number);
      if (task.kind !== "text" || task.histogram) addAll(bytes, length);
      return task.kind === "text" ? textOf(bytes, length) : undefined;
    },
    finish: () => totals,
  };
}

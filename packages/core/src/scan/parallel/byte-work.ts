/**
 * Counting bytes in pieces: by kernels, and by loops where there is no SIMD. Both are sent to Workers as text; see
 * `piece-work.ts` for what they may use.
 *
 * @module
 */
import type { PieceWork, WorkPlan } from "./piece-work.ts";

/** Counts a byte, all bytes, or text, by kernels. */
export function kernelWork({ task, kernels, classes, flags }: WorkPlan): PieceWork {
  if (kernels === undefined) throw new TypeError("no kernels");
  const exports = new WebAssembly.Instance(kernels.module).exports as unknown as {
    memory: WebAssembly.Memory;
    countByte(length: number, byte: number): number;
    text(length: number, state: number): void;
    histogram(length: number, tables: number): void;
  };
  const { countByte, text, histogram } = exports;
  const { buffer } = exports.memory;
  const memory = new Uint8Array(buffer);
  const tables = new Uint32Array(buffer, kernels.tablesOffset, kernels.tableCount * 256);
  const state = new DataView(buffer, kernels.stateOffset, 64);

  /** Runs `step` on block after block in the kernels' memory, and returns how often the filler was added. */
  const inBlocks = (bytes: Uint8Array, filler: number, step: (length: number) => void): number => {
    let filled = 0;
    for (let at = 0; at < bytes.length; at += kernels.blockBytes) {
      const block = bytes.subarray(at, at + kernels.blockBytes);
      memory.set(block);
      const length = Math.ceil(block.length / kernels.stepBytes) * kernels.stepBytes;
      memory.fill(filler, block.length, length);
      filled += length - block.length;
      step(length);
    }
    return filled;
  };
  const histogramOf = (bytes: Uint8Array, filler: number, step: (length: number) => void) => {
    const filled = inBlocks(bytes, filler, step);
    const totals = new Float64Array(256);
    for (let i = 0; i < tables.length; i++) totals[i & 255]! += tables[i] as number;
    tables.fill(0);
    totals[filler]! -= filled;
    return totals;
  };

  const countAll = (length: number): void => histogram(length, kernels.tablesOffset);
  const countText = (length: number): void => {
    text(length, kernels.stateOffset);
    countAll(length);
  };
  const number = (at: number): number => Number(state.getBigUint64(at, true));

  const run = (bytes: Uint8Array, length: number): unknown => {
    const piece = bytes.subarray(0, length);
    if (task.kind === "histogram") return histogramOf(piece, 0, countAll);
    if (task.kind === "count") {
      const byte = task.needle[0] as number;
      let total = 0;
      inBlocks(piece, byte ^ 0xff, (filled) => {
        total += countByte(filled, byte);
      });
      return total;
    }
    // A piece begins with a line: outside of words, in the first column.
    for (let at = 0; at < state.byteLength; at += 8) state.setBigUint64(at, 0n, true);
    // What fills up goes on as the bytes end, within a word or between two, and has no width.
    const filler = (classes[piece[length - 1] ?? 0] as number) & flags.space ? 11 : 0;
    const counts = histogramOf(piece, filler, countText);
    const { words, longest, column } = kernels.state;
    const longestLineBytes = Math.max(number(longest), number(column));
    return { words: number(words), longestLineBytes, histogram: counts };
  };
  return { run, finish: () => undefined };
}

/** The same by loops. */
export function plainWork({ task, classes, flags }: WorkPlan): PieceWork {
  const countByte = (bytes: Uint8Array, length: number, wanted: number): number => {
    let total = 0;
    for (let i = 0; i < length; i++) if (bytes[i] === wanted) total++;
    return total;
  };
  const histogramOf = (bytes: Uint8Array, length: number): Float64Array => {
    const totals = new Float64Array(256);
    for (let i = 0; i < length; i++) totals[bytes[i] as number]!++;
    return totals;
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
    return { words, longestLineBytes, histogram: histogramOf(bytes, length) };
  };
  return {
    run(bytes, length) {
      if (task.kind === "count") return countByte(bytes, length, task.needle[0] as number);
      return task.kind === "histogram" ? histogramOf(bytes, length) : textOf(bytes, length);
    },
    finish: () => undefined,
  };
}

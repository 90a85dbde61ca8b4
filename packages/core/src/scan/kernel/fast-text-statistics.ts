/**
 * Text statistics by kernels, where WebAssembly has SIMD.
 *
 * @module
 */

import { BYTE_CLASS, SPACE } from "./byte-classes.ts";
import { HISTOGRAM_KERNEL, PAIR_TABLE_BYTES, PAIR_TABLE_OFFSET } from "./histogram-kernel.ts";
import { TEXT_KERNEL, TEXT_STATE, TEXT_STEP_BYTES } from "./text-kernel.ts";
import { foldPairs, isZeros, TextStatistics, type TextSummary } from "./text-statistics.ts";
import * as wasm from "./wasm.ts";

/** What is copied into the kernels' memory at a time, where their tables and their state follow. */
const BLOCK_BYTES: number = PAIR_TABLE_OFFSET;
const STATE_OFFSET: number = PAIR_TABLE_OFFSET + PAIR_TABLE_BYTES;
const MEMORY_BYTES: number = STATE_OFFSET + 64;
const BYTE_VALUES = 256;
/** The table's counters have 32 bits; they are emptied long before one can overflow. */
const FOLD_AFTER_BYTES: number = 2 ** 30;
const NEWLINE = 0x0a;
const VERTICAL_TAB = 0x0b;

/** Both kinds of statistics. */
export type AnyTextStatistics = Pick<TextStatistics, "add" | "finish">;

interface Kernels {
  readonly block: Uint8Array;
  readonly table: Uint32Array;
  readonly state: DataView;
  readonly text: (length: number, state: number) => void;
  readonly histogram: (length: number) => void;
}

let compiled: WebAssembly.Module | null | undefined;
/** Kernels that nobody uses: making them takes longer than counting some hundred KiB. */
let spare: Kernels | undefined;

/** Statistics of the fastest kind that there is here. */
export function newTextStatistics(): AnyTextStatistics {
  compiled ??= compile();
  return compiled === null ? new TextStatistics() : new FastTextStatistics(compiled);
}

/** `null` where the engine or the CPU has no SIMD. */
function compile(): WebAssembly.Module | null {
  const code = wasm.assemble(MEMORY_BYTES, [TEXT_KERNEL, HISTOGRAM_KERNEL]);
  if (!WebAssembly.validate(code)) return null;
  const module = new WebAssembly.Module(code);
  // The first call translates a kernel for the CPU, which is no part of the time that a scan takes.
  new FastTextStatistics(module).add(new Uint8Array(1));
  return module;
}

function kernelsOf(module: WebAssembly.Module): Kernels {
  const { memory, text, histogram } = new WebAssembly.Instance(module).exports as unknown as Pick<
    Kernels,
    "text" | "histogram"
  > & {
    readonly memory: WebAssembly.Memory;
  };
  return {
    block: new Uint8Array(memory.buffer, 0, BLOCK_BYTES),
    table: new Uint32Array(memory.buffer, PAIR_TABLE_OFFSET, PAIR_TABLE_BYTES / 4),
    state: new DataView(memory.buffer, STATE_OFFSET),
    text,
    histogram,
  };
}

/** Counts what {@link TextStatistics} counts, with memory of its own until it is finished. */
class FastTextStatistics implements AnyTextStatistics {
  readonly #kernels: Kernels;
  #isFinished = false;
  readonly #histogram = new Float64Array(BYTE_VALUES);
  #bytes = 0;
  #unfoldedBytes = 0;

  constructor(module: WebAssembly.Module) {
    this.#kernels = spare ?? kernelsOf(module);
    spare = undefined;
  }

  /** Counts one chunk; see {@link TextStatistics.add}. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (isZeros(chunk)) {
      // A hole of a sparse file, which ends as it begins: its NULs are, or go on with, one word, and have no width.
      this.#addBlock(chunk.subarray(0, TEXT_STEP_BYTES));
      this.#note(0, chunk.length - TEXT_STEP_BYTES);
      return;
    }
    for (let offset = 0; offset < chunk.length; offset += BLOCK_BYTES) {
      this.#addBlock(chunk.subarray(offset, offset + BLOCK_BYTES));
    }
  }

  /** Ends the input; see {@link TextStatistics.finish}. Called once. */
  finish(): TextSummary {
    if (this.#isFinished) throw new Error("The statistics are finished");
    this.#isFinished = true;
    this.#fold();
    const column = this.#number(TEXT_STATE.column);
    const summary = {
      bytes: this.#bytes,
      lines: this.#histogram[NEWLINE] ?? 0,
      words: this.#number(TEXT_STATE.words),
      longestLineBytes: Math.max(this.#number(TEXT_STATE.longest), column),
      histogram: this.#histogram.slice(),
    };
    new Uint8Array(this.#kernels.state.buffer, STATE_OFFSET).fill(0);
    spare = this.#kernels;
    return summary;
  }

  #addBlock(bytes: Uint8Array): void {
    if (this.#isFinished) throw new Error("The statistics are finished");
    const { block, text, histogram } = this.#kernels;
    block.set(bytes);
    const length = Math.ceil(bytes.length / TEXT_STEP_BYTES) * TEXT_STEP_BYTES;
    // What fills up the last step goes on as the bytes end, within a word or between two, and has no width; the
    // histogram is told that it is not there.
    const filler = ((BYTE_CLASS[bytes.at(-1) ?? 0] ?? 0) & SPACE) !== 0 ? VERTICAL_TAB : 0;
    block.fill(filler, bytes.length, length);
    this.#note(filler, bytes.length - length);
    this.#unfoldedBytes += length;
    if (this.#unfoldedBytes > FOLD_AFTER_BYTES) this.#fold();
    text(length, STATE_OFFSET);
    histogram(length);
  }

  #note(byte: number, count: number): void {
    this.#histogram[byte] = (this.#histogram[byte] ?? 0) + count;
  }

  /** Moves the counts of pairs into the histogram. */
  #fold(): void {
    foldPairs(this.#kernels.table, this.#histogram);
    this.#unfoldedBytes = 0;
  }

  /** Bytes are counted by these numbers, so that 53 bits are enough. */
  #number(offset: number): number {
    return Number(this.#kernels.state.getBigUint64(offset, true));
  }
}

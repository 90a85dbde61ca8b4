/**
 * Text statistics by kernels, where WebAssembly has SIMD.
 *
 * @module
 */
import { wasm } from "@isthmus/core/internal";
import { HISTOGRAM_KERNEL, HISTOGRAM_TABLE_BYTES, HISTOGRAM_TABLES } from "./histogram-kernel.ts";
import { TEXT_KERNEL, TEXT_STATE, TEXT_STEP_BYTES } from "./text-kernel.ts";
import { isZeros, TextStatistics, type TextSummary } from "./text-statistics.ts";

/** What is copied into the kernels' memory at a time, where their tables and their state follow. */
const BLOCK_BYTES = 1 << 16;
const STATE_OFFSET: number = BLOCK_BYTES + HISTOGRAM_TABLES * HISTOGRAM_TABLE_BYTES;
const MEMORY_BYTES: number = BLOCK_BYTES * 2;
const BYTE_VALUES = 256;
const NEWLINE = 0x0a;

/** Both kinds of statistics. */
export type AnyTextStatistics = Pick<TextStatistics, "add" | "finish">;

interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly text: (length: number, state: number) => void;
  readonly histogram: (length: number, tables: number) => void;
}

let compiled: WebAssembly.Module | null | undefined;

/** Statistics of the fastest kind that there is here. */
export function newTextStatistics(): AnyTextStatistics {
  compiled ??= compile();
  return compiled === null ? new TextStatistics() : new FastTextStatistics(compiled);
}

/** `null` where the engine or the CPU has no SIMD. */
function compile(): WebAssembly.Module | null {
  const code = wasm.assemble(MEMORY_BYTES, [TEXT_KERNEL, HISTOGRAM_KERNEL]);
  return WebAssembly.validate(code) ? new WebAssembly.Module(code) : null;
}

/** Counts what {@link TextStatistics} counts, with memory of its own. */
class FastTextStatistics implements AnyTextStatistics {
  readonly #kernels: Kernels;
  readonly #block: Uint8Array;
  readonly #tables: Uint32Array;
  readonly #state: DataView;
  readonly #histogram = new Float64Array(BYTE_VALUES);
  #bytes = 0;

  constructor(module: WebAssembly.Module) {
    const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
    const { buffer } = kernels.memory;
    this.#kernels = kernels;
    this.#block = new Uint8Array(buffer, 0, BLOCK_BYTES);
    this.#tables = new Uint32Array(buffer, BLOCK_BYTES, HISTOGRAM_TABLES * BYTE_VALUES);
    this.#state = new DataView(buffer, STATE_OFFSET);
  }

  /** Counts one chunk; see {@link TextStatistics.add}. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (isZeros(chunk)) {
      // A hole of a sparse file. A NUL is no line, no word, no width: only the histogram sees it.
      this.#note(0, chunk.length);
      return;
    }
    for (let offset = 0; offset < chunk.length; offset += BLOCK_BYTES) {
      this.#addBlock(chunk.subarray(offset, offset + BLOCK_BYTES));
    }
    this.#fold();
  }

  /** Ends the input; see {@link TextStatistics.finish}. */
  finish(): TextSummary {
    const column = this.#number(TEXT_STATE.column);
    return {
      bytes: this.#bytes,
      lines: this.#histogram[NEWLINE] ?? 0,
      words: this.#number(TEXT_STATE.words),
      longestLineBytes: Math.max(this.#number(TEXT_STATE.longest), column),
      histogram: this.#histogram.slice(),
    };
  }

  #addBlock(bytes: Uint8Array): void {
    const { text, histogram } = this.#kernels;
    this.#block.set(bytes);
    const length = Math.ceil(bytes.length / TEXT_STEP_BYTES) * TEXT_STEP_BYTES;
    // NULs mean nothing to words and widths; the histogram is told that they are not there.
    this.#block.fill(0, bytes.length, length);
    this.#note(0, bytes.length - length);
    text(length, STATE_OFFSET);
    histogram(length, BLOCK_BYTES);
  }

  #note(byte: number, count: number): void {
    this.#histogram[byte] = (this.#histogram[byte] ?? 0) + count;
  }

  /** Empties the tables, whose counters have 32 bits. */
  #fold(): void {
    for (let i = 0; i < this.#tables.length; i++) this.#note(i % BYTE_VALUES, this.#tables[i] ?? 0);
    this.#tables.fill(0);
  }

  /** Bytes are counted by these numbers, so that 53 bits are enough. */
  #number(offset: number): number {
    return Number(this.#state.getBigUint64(offset, true));
  }
}

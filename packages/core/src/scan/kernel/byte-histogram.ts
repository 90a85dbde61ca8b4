/**
 * How often each byte occurs, as fast as the machine can say it: by the kernel where WebAssembly has SIMD, else by a loop.
 *
 * @module
 */
import { KERNEL_BYTES, KERNEL_FROM_BYTES } from "./byte-counter.ts";
import { type CopyBytes, copierOf } from "./copy-bytes.ts";
import { HISTOGRAM_KERNEL, PAIR_TABLE_BYTES, PAIR_TABLE_OFFSET } from "./histogram-kernel.ts";
import { foldPairs } from "./text-statistics.ts";
import { assemble } from "./wasm.ts";

const STEP_BYTES = 16;
const BYTE_VALUES = 256;

/** Adds to 256 totals how often each byte occurs. A call's bytes must be fewer than 2^32; `copy` as in `CountByte`. */
export type AddCounts = (bytes: Uint8Array, totals: Float64Array, copy?: CopyBytes) => void;

/** `null` where this runtime compiles no kernel. */
let kernel: AddCounts | null | undefined;

/**
 * Chooses how to count.
 *
 * @param totalBytes How many bytes are to be counted in all.
 */
export function byteHistogram(totalBytes: number): AddCounts {
  if (kernel === undefined && totalBytes < KERNEL_FROM_BYTES) return addPlainly;
  return histogramKernel() ?? addPlainly;
}

/** The kernel, compiled when first asked for; `null` where there is none. */
export function histogramKernel(): AddCounts | null {
  kernel ??= createKernel();
  return kernel;
}

/**
 * Does without the kernel: in four tables at once, for a run of equal bytes would otherwise wait for its own last
 * addition, byte by byte.
 */
export function addPlainly(bytes: Uint8Array, totals: Float64Array): void {
  const tables = new Uint32Array(4 * BYTE_VALUES);
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) {
    tables[bytes[i] as number]!++;
    tables[BYTE_VALUES + (bytes[i + 1] as number)]!++;
    tables[2 * BYTE_VALUES + (bytes[i + 2] as number)]!++;
    tables[3 * BYTE_VALUES + (bytes[i + 3] as number)]!++;
  }
  for (let i = whole; i < bytes.length; i++) tables[bytes[i] as number]!++;
  for (let i = 0; i < tables.length; i++) totals[i % BYTE_VALUES]! += tables[i] as number;
}

function createKernel(): AddCounts | null {
  const code = assemble(PAIR_TABLE_OFFSET + PAIR_TABLE_BYTES, [HISTOGRAM_KERNEL]);
  if (!WebAssembly.validate(code)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, histogram } = exports as unknown as {
    memory: WebAssembly.Memory;
    histogram: (length: number) => void;
  };
  const block = new Uint8Array(memory.buffer, 0, KERNEL_BYTES);
  const table = new Uint32Array(memory.buffer, PAIR_TABLE_OFFSET);
  return (bytes, totals, copy = copierOf(bytes)) => {
    for (let start = 0; start < bytes.length; start += KERNEL_BYTES) {
      const piece = block.subarray(0, Math.min(KERNEL_BYTES, bytes.length - start));
      copy(start, piece);
      const length = Math.ceil(piece.length / STEP_BYTES) * STEP_BYTES;
      block.fill(0, piece.length, length);
      totals[0]! -= length - piece.length;
      histogram(length);
    }
    foldPairs(table, totals);
  };
}

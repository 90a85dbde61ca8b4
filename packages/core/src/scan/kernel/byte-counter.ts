/**
 * Counting a byte as fast as the machine can: by the kernel where WebAssembly has SIMD, else by a loop.
 *
 * @module
 */
import { type CopyBytes, copierOf } from "./copy-bytes.ts";
import { COUNT_KERNEL, COUNT_STEP_BYTES } from "./count-kernel.ts";
import { assemble } from "./wasm.ts";

/** How often a byte occurs in some bytes, which `copy` copies: from their array unless given. */
export type CountByte = (bytes: Uint8Array, wanted: number, copy?: CopyBytes) => number;

/**
 * What is copied into the kernel's memory at a time, for WebAssembly sees no memory but its own. It fits the second
 * level of every cache, where copying and counting cost a tenth of what it takes to bring the bytes there.
 */
export const KERNEL_BYTES: number = 1 << 18;

/** Below this, compiling the kernel takes longer than counting without it. */
export const KERNEL_FROM_BYTES: number = 4 << 20;

/** `null` where this machine or this runtime has no SIMD. */
let kernel: CountByte | null | undefined;

/**
 * Chooses how to count.
 *
 * @param totalBytes How many bytes are to be counted in all.
 */
export function byteCounter(totalBytes: number): CountByte {
  if (kernel === undefined && totalBytes < KERNEL_FROM_BYTES) return countPlainly;
  return countKernel() ?? countPlainly;
}

/** The kernel, compiled when first asked for; `null` where there is none. */
export function countKernel(): CountByte | null {
  kernel ??= createKernel();
  return kernel;
}

/** Does without the kernel; its cost does not depend on how often the byte occurs. */
export function countPlainly(bytes: Uint8Array, wanted: number): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === wanted) total++;
  }
  return total;
}

function createKernel(): CountByte | null {
  const code = assemble(KERNEL_BYTES, [COUNT_KERNEL]);
  // An engine without a compiler, and one on a CPU without the instructions, calls SIMD invalid.
  if (!WebAssembly.validate(code)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code));
  const { memory, countByte } = exports as unknown as {
    memory: WebAssembly.Memory;
    countByte: (length: number, byte: number) => number;
  };
  const block = new Uint8Array(memory.buffer);
  return (bytes, wanted, copy = copierOf(bytes)) => {
    let total = 0;
    for (let start = 0; start < bytes.length; start += KERNEL_BYTES) {
      const piece = block.subarray(0, Math.min(KERNEL_BYTES, bytes.length - start));
      copy(start, piece);
      const length = Math.ceil(piece.length / COUNT_STEP_BYTES) * COUNT_STEP_BYTES;
      // What follows the last bytes must be something else than what is counted.
      if (length > piece.length) block.fill(wanted ^ 0xff, piece.length, length);
      total += countByte(length, wanted);
    }
    return total;
  };
}

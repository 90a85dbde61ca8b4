/**
 * What the engines of Node.js and Deno have in common.
 *
 * @module
 */
import type { Engine } from "./engine.ts";

/** A word that nobody changes. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/** The part of an {@link Engine} that asks nothing of the runtime's FFI. Call it on these two only. */
export function nodeLike(): Pick<
  Engine,
  "compile" | "ownedBuffer" | "isMainThread" | "program" | "sleep" | "collectGarbage"
> {
  return {
    compile: undefined,
    ownedBuffer: undefined,
    isMainThread: process.getBuiltinModule("node:worker_threads").isMainThread,
    program: process.argv[1] ?? "",
    sleep: (milliseconds) => void Atomics.wait(NEVER, 0, 0, milliseconds),
    collectGarbage: () => globalThis.gc?.(),
  };
}

/**
 * Makes sure that a buffer is the memory itself: nobody else would see what is written to a copy.
 *
 * @param addressOf Tells where an array is.
 */
export function checkBorrowed(
  buffer: ArrayBuffer,
  address: number,
  addressOf: Engine["addressOf"],
): ArrayBuffer {
  if (addressOf(new Uint8Array(buffer)) === address) return buffer;
  throw new Error("this runtime copies memory that is to be shared");
}

/** A 64-bit integer as a number where it fits. */
export function numberOf(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

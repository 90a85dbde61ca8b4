/**
 * Finding all places of one byte, or of several, in a block: by the kernel where WebAssembly has SIMD.
 *
 * @module
 */
import { FIND_STEP_BYTES, findKernel, WANTED_MAX } from "./find-kernel.ts";
import { assemble } from "./wasm.ts";

/** What is looked at in one go. Its places, were they all of its bytes, take four times as much. */
export const FIND_BLOCK_BYTES: number = 1 << 15;

const PLACES_OFFSET: number = FIND_BLOCK_BYTES;

/** Finds bytes in blocks. It has memory of its own. */
export interface ByteFinder {
  /** Where they are, in bytes from the block's first; as many as the last search found. */
  readonly places: Uint32Array;
  /** Looks at up to `FIND_BLOCK_BYTES` bytes, and returns how many of them are wanted. */
  find(bytes: Uint8Array, start: number): number;
}

type Find = (length: number, into: number, ...bytes: readonly number[]) => number;

let compiled: WebAssembly.Module | null | undefined;

/** A finder of one byte, or of three; undefined where the engine or the CPU has no SIMD. */
export function newByteFinder(wanted: readonly number[]): ByteFinder | undefined {
  compiled ??= compile();
  if (compiled === null) return undefined;
  const { exports } = new WebAssembly.Instance(compiled);
  const { memory, ...kernels } = exports as unknown as { memory: WebAssembly.Memory };
  const search = (kernels as Readonly<Record<string, Find>>)[`find${wanted.length}`];
  if (search === undefined) throw new RangeError(`there is no kernel for ${wanted.length} bytes`);
  const [first = 0, second = 0, third = 0] = wanted;
  const block = new Uint8Array(memory.buffer, 0, FIND_BLOCK_BYTES);
  /** What is no wanted byte, to fill up a step with. */
  const other = [0, 1, 2, 3].find((byte) => !wanted.includes(byte)) ?? 0;
  return {
    places: new Uint32Array(memory.buffer, PLACES_OFFSET),
    find(bytes, start) {
      const piece = bytes.subarray(start, start + FIND_BLOCK_BYTES);
      block.set(piece);
      const length = Math.ceil(piece.length / FIND_STEP_BYTES) * FIND_STEP_BYTES;
      block.fill(other, piece.length, length);
      return (search(length, PLACES_OFFSET, first, second, third) - PLACES_OFFSET) / 4;
    },
  };
}

function compile(): WebAssembly.Module | null {
  const memoryBytes = PLACES_OFFSET + 4 * FIND_BLOCK_BYTES;
  const code = assemble(memoryBytes, [findKernel(1), findKernel(WANTED_MAX)]);
  return WebAssembly.validate(code) ? new WebAssembly.Module(code) : null;
}

/**
 * The buffers that cover a mapped region: an `ArrayBuffer` holds 4 GiB at most, so a larger region has several.
 *
 * @module
 */
import { type Address, platform } from "./native/platform.ts";

/** The longest `ArrayBuffer`, in bytes. */
export const WINDOW_BYTES: number = 2 ** 32;

/** Covers a mapped region with buffers, which own it unless it is pinned; unmaps it all when that fails half-way. */
export function wrapWindows(
  address: Address,
  mappedBytes: number,
  isPinned: boolean,
): ArrayBuffer[] {
  const { ownedBuffer, borrowedBuffer } = platform();
  const wrap = isPinned || ownedBuffer === undefined ? borrowedBuffer : ownedBuffer;
  const windows: ArrayBuffer[] = [];
  let offset = 0;
  try {
    while (offset < mappedBytes) {
      const length = Math.min(WINDOW_BYTES, mappedBytes - offset);
      windows.push(wrap((address + offset) as Address, length));
      offset += length;
    }
  } catch (error) {
    for (const window of windows) detach(window);
    const unmappedBytes = isPinned ? 0 : offset;
    platform().unmap((address + unmappedBytes) as Address, mappedBytes - unmappedBytes);
    throw error;
  }
  return windows;
}

/** What became of a buffer that was to be detached; see {@link detach}. */
export type Detachment = "detached" | "lost" | "pinned";

/**
 * Makes every typed array on a buffer dead and releases its memory, which unmaps an owned range at once.
 *
 * @returns `"lost"` when somebody had transferred the buffer away before; `"pinned"` when a call of the runtime that
 * is still under way (`fs`, `zlib`, …) uses the memory: `transfer` copies then, and the buffer stays as it is.
 */
export function detach(buffer: ArrayBuffer): Detachment {
  if (buffer.detached) return "lost";
  buffer.transfer(0);
  return buffer.detached ? "detached" : "pinned";
}

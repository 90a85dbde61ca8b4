/**
 * The files that are read: every word of them can be computed, and so can what a correct reader adds up.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { join } from "node:path";

/** Knuth's multiplicative hash: neighbours have nothing in common, and no table is needed. */
const FACTOR = 0x9e3779b1;
const CHUNK_BYTES: number = 1 << 20;

/** Where the file of so many bytes is. */
export function testFilePath(directory: string, bytes: number): string {
  return join(directory, `words-${bytes}.bin`);
}

/** Where the file is that is dropped from the page cache again and again: the other one would come back in other pieces. */
export function coldFilePath(directory: string, bytes: number): string {
  return join(directory, `words-${bytes}-cold.bin`);
}

/** The word at an index, signed. */
export function wordAt(index: number): number {
  return Math.imul(index, FACTOR);
}

/**
 * What all words of a file add up to, modulo 2^32 and signed.
 *
 * @param bytes Length of the file, a multiple of 4.
 */
export function expectedWordSum(bytes: number): number {
  const count = BigInt(bytes / 4);
  return Number(BigInt.asIntN(32, ((count * (count - 1n)) / 2n) * BigInt(FACTOR)));
}

/**
 * Writes a file, and waits until it is on the disk: a dirty page cannot be dropped from the cache.
 *
 * @param path Where.
 * @param bytes Its length, a multiple of 1 MiB.
 * @param signal Ends the writing.
 */
export async function writeTestFile(
  path: string,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, "w");
  try {
    const words = new Int32Array(CHUNK_BYTES / 4);
    for (let from = 0; from < bytes; from += CHUNK_BYTES) {
      signal.throwIfAborted();
      for (let i = 0; i < words.length; i++) words[i] = wordAt(from / 4 + i);
      await file.write(words);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * A ring's memory without shared memory.
 *
 * @module
 */
import { SharedWords } from "../../src/words.ts";

/** Memory of a test, as words and as bytes. */
export function memoryOf(byteLength: number): {
  words: SharedWords;
  bytes: Uint8Array<ArrayBuffer>;
} {
  const bytes = new Uint8Array(new ArrayBuffer(byteLength));
  return { words: new SharedWords(bytes), bytes };
}

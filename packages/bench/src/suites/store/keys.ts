/**
 * The keys and values of the suites about caches.
 *
 * @module
 */
import { SeededRandom } from "@isthmus/programs/seeded-random";

/** Bytes of a value. */
export const VALUE_BYTES = 64;

/** How many keys there are, where nothing else is said. */
export const KEY_COUNT = 10_000;

/** Keys 0 to `count`, in an order of chance. */
export function shuffledKeys(count: number, seed: number): string[] {
  const random = new SeededRandom(seed);
  const keys = Array.from({ length: count }, (_, i) => keyOf(i));
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [keys[i], keys[other]] = [keys[other] as string, keys[i] as string];
  }
  return keys;
}

/** The key with a number. */
export function keyOf(i: number): string {
  return `key:${i}`;
}

/** A value of which every reader adds up the first byte. */
export function valueWith(i: number): Uint8Array {
  return new Uint8Array(VALUE_BYTES).fill(i & 0xff);
}

/** What the first bytes of so many values add up to. */
export function sumOfValues(count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += i & 0xff;
  return sum;
}

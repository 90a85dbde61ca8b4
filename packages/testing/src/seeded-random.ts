/**
 * Random choices that a failed test can repeat.
 *
 * @module
 */
export { SeededRandom } from "@isthmus/programs/seeded-random";

/** The seed of a random test: `$ISTHMUS_SEED`, else a new one. Printed, so that it can be used again. */
export function seedOf(test: string): number {
  const seed = Number(process.env["ISTHMUS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`${test}: ISTHMUS_SEED=${seed}\n`);
  return seed;
}

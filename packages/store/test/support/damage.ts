/**
 * Damage to what a segment of the store keeps.
 *
 * @module
 */
import { decodeSuperblock, SECTION } from "@isthmus/core/internal";
import type { SeededRandom } from "@isthmus/testing/seeded-random";

/** How much is damaged. */
export interface DamageOptions {
  /** How many words at most. */
  readonly words: number;
  /** Only the beginning of each section, in bytes: where most of them is empty. Default: all. */
  readonly limitBytes?: number;
}

/** A copy of a segment's file with some words of its state and data changed: to anything, to little, to all bits, by one bit. */
export function damagedCopy(
  sound: Buffer,
  random: SeededRandom,
  { words, limitBytes = Infinity }: DamageOptions,
): Buffer {
  const { sections } = decodeSuperblock(sound, sound.length, "sound");
  const places = sections.filter(({ id }) => id === SECTION.state || id === SECTION.data);
  const damaged = Buffer.from(sound);
  for (let left = 1 + random.below(words); left > 0; left--) {
    const { offset, length } = random.pick(places);
    const at = offset + random.below(Math.min(length, limitBytes) / 4) * 4;
    const choice = random.below(4);
    if (choice === 0) damaged.writeInt32LE(random.below(2 ** 32) | 0, at);
    else if (choice === 1) damaged.writeInt32LE(random.below(4096), at);
    else if (choice === 2) damaged.writeInt32LE(-1, at);
    else damaged[at + random.below(4)]! ^= 1 << random.below(8);
  }
  return damaged;
}

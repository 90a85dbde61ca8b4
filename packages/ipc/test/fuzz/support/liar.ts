/**
 * Lies that are told at the worst moments: while somebody of this process looks.
 *
 * Another process that writes at random moments hardly ever comes between two looks at the same word. Here every so
 * many looks one sees what nobody has written, and sometimes so does everybody after it.
 *
 * @module
 */

import { SeededRandom } from "@isthmus/testing/seeded-random";
import { SharedWords } from "../../../src/words.ts";

/** What may be true, or nearly. */
const PLAUSIBLE = [0, 1, -1, 2, 3, 8, 63, 64, 512, 4096, 0x7fff_ffff, -0x8000_0000] as const;

/** One look of so many is lied to, on average. */
const LOOKS_PER_LIE = 40;

/** So many looks without a turn of the event loop are a loop that does not end. Waits of a millisecond are far from it. */
const LOOKS_MAX = 20_000_000;

/** Three of four lies are taken back before anybody else sees them: else a segment would soon be nothing but lies. */
const LIES_PER_LASTING = 4;

/** What only looks at a word, and what changes it, too. */
const LOOKS = ["load", "glance", "get"] as const;
const CHANGES = ["add", "and", "or", "exchange", "compareExchange"] as const;

/**
 * Lies until it is disposed.
 *
 * @param seed What the lies follow from.
 */
export function lieAboutWords(seed: number): Disposable {
  const random = new SeededRandom(seed);
  const { prototype } = SharedWords;
  let looks = 0;
  const turns = setInterval(() => {
    looks = 0;
  }, 1);
  const truth = [...LOOKS, ...CHANGES].map((name) => [name, prototype[name]] as const);
  for (const [name, look] of truth) {
    prototype[name] = function (this: SharedWords, index: number, ...rest: number[]): number {
      if (++looks > LOOKS_MAX) throw new Error("does not end");
      if (random.below(LOOKS_PER_LIE) === 0) {
        const lie = lieOf(random);
        const isTakenBack = random.below(LIES_PER_LASTING) !== 0;
        if (isTakenBack && rest.length === 0) return lie;
        this.set(index, lie);
      }
      return Reflect.apply(look, this, [index, ...rest]);
    };
  }
  return {
    [Symbol.dispose]: () => {
      clearInterval(turns);
      Object.assign(prototype, Object.fromEntries(truth));
    },
  };
}

/** A word that is no truth. */
export function lieOf(random: SeededRandom): number {
  return random.below(3) === 0 ? random.below(2 ** 32) | 0 : random.pick(PLAUSIBLE);
}

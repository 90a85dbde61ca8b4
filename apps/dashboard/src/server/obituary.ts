/**
 * Who has been seen dead.
 *
 * @module
 */
import type { ParticipantInfo, SegmentSample } from "@isthmus/ipc";

/**
 * Keeps the dead dead. Whoever clears up after one who has died holds that one's lock for a moment, and in that
 * moment the kernel says, truly, that somebody lives there. Seen from outside the dead would live again, and then
 * leave in order.
 */
export class Obituary {
  #dead: ReadonlySet<string> = new Set();

  /**
   * Corrects one look at everything.
   *
   * @param samples The segments; who is in none of them is forgotten.
   * @returns The same, with everybody dead who was.
   */
  correct(samples: readonly SegmentSample[]): SegmentSample[] {
    const dead = new Set<string>();
    const corrected = samples.map((sample): SegmentSample => {
      const isGone = (one: ParticipantInfo): boolean => {
        const key = keyOf(sample, one);
        if (one.isAlive && !this.#dead.has(key)) return false;
        dead.add(key);
        return true;
      };
      const gone = sample.participants.filter(isGone);
      if (gone.every(({ isAlive }) => !isAlive)) return sample;
      const participants = sample.participants.map((one) =>
        gone.includes(one) ? { ...one, isAlive: false } : one,
      );
      return { ...sample, participants };
    });
    this.#dead = dead;
    return corrected;
  }
}

/** One life of one participant of one segment. */
function keyOf({ name, epoch }: SegmentSample, { slot, generation }: ParticipantInfo): string {
  return `${name}/${epoch}/${slot}/${generation}`;
}

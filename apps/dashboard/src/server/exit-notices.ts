/**
 * The exit notices: which participants have been seen dead.
 *
 * @module
 */
import type { ParticipantInfo, SegmentSample } from "@isthmus/ipc";

/**
 * Keeps dead participants dead. A process that reaps a dead one holds its lock for a moment, in which the kernel says
 * that the lock's owner lives. Without the notice, the dead one would seem to live again, and then to leave in order.
 */
export class ExitNotices {
  #dead: ReadonlySet<string> = new Set();

  /**
   * Corrects one look at everything.
   *
   * @param samples The segments. The notice of a participant that is in none of them is forgotten.
   * @returns The same segments, in which every participant with a notice is dead.
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

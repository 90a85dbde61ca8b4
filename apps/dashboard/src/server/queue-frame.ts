/**
 * A work queue in one moment: who works on which job, and who could.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";
import type { QueueFrame } from "../wire/frame.ts";

/** Standing still for less than this, in milliseconds, is nothing to speak of. */
const STILL_MS = 1000;
/** Where workers wait for jobs. */
const JOBS_CELL = 1;

/** Describes a queue; `null` for other kinds. */
export function queueFrame(
  { queue }: SegmentSample,
  rates: SegmentRates | undefined,
): QueueFrame | null {
  if (queue === undefined) return null;
  const { isPaused, maxAttempts, leaseMs, jobs, inFlight } = queue;
  return {
    paused: isPaused,
    max_attempts: finite(maxAttempts),
    lease_ms: finite(leaseMs),
    jobs: jobs.map(({ id, attempts, priority, forMs, worker }) => ({
      id,
      attempt: attempts,
      priority,
      for_ms: forMs,
      slot: worker?.slot ?? null,
    })),
    unlisted: Math.max(0, inFlight - jobs.length),
    stands_still: standsStill(rates),
  };
}

/** Whether there has been something to take for a second, and nobody has taken it. */
export function standsStill(rates: SegmentRates | undefined): boolean {
  return (rates?.elapsedMs ?? 0) >= STILL_MS && rates?.queue?.isStandingStill === true;
}

/**
 * Remembers who takes jobs. Whoever has a queue open may take from it, and many only add: of those, none stalls because
 * jobs wait. Who takes is seen at the place where workers wait, or with a job; once woken, it is not seen there any more.
 */
export class TakerNotices {
  #known: ReadonlySet<string> = new Set();

  /**
   * Looks at everything once more.
   *
   * @returns The slots of those who take jobs, by the name of the queue.
   */
  note(samples: readonly SegmentSample[]): ReadonlyMap<string, ReadonlySet<number>> {
    const known = new Set<string>();
    const found = new Map<string, ReadonlySet<number>>();
    for (const { name, epoch, queue, cells, participants } of samples) {
      if (queue === undefined) continue;
      const waiting = cells.find(({ index }) => index === JOBS_CELL)?.waitingSlots ?? [];
      const busy = queue.jobs.map(({ worker }) => worker?.slot);
      const slots = new Set<number>();
      for (const { slot, generation } of participants) {
        const key = `${name}/${epoch}/${slot}/${generation}`;
        if (!this.#known.has(key) && !waiting.includes(slot) && !busy.includes(slot)) continue;
        known.add(key);
        slots.add(slot);
      }
      found.set(name, slots);
    }
    this.#known = known;
    return found;
  }
}

function finite(value: number): number | null {
  return value === Infinity ? null : value;
}

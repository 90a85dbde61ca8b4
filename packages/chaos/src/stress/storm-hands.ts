/**
 * What those do who work on a queue in a storm: adding and ending jobs as fast as they can.
 *
 * @module
 */
import { type BytesSchema, bytes, type Job, WorkQueue, type WorkQueueOptions } from "@isthmus/ipc";
import type { SeededRandom } from "@isthmus/programs/seeded-random";
import { KEYS, type NumberedJob, type StormLedger } from "./storm-ledger.ts";

/** Jobs are taken no more often; some fail so often that they become dead letters. */
const MAX_ATTEMPTS = 8;
const QUEUE_NAME = "storm";
const OPTIONS: WorkQueueOptions<BytesSchema> = {
  schema: bytes,
  // Little enough to be full now and then.
  capacityBytes: 1 << 16,
  maxAttempts: MAX_ATTEMPTS,
  maxParticipants: 64,
};

const HEADER_BYTES = 4;
const SHORT_BYTES = 90;
/** One job in so many is so long that its record is written outside of the mutex. */
const ONE_IN_LONG = 12;
const LONG_BYTES = 7000;
const ONE_IN_POISON = 300;
const DELAY_MS_MAX = 4;
const HELD_MAX = 3;

/** Opens the queue. */
export function openStorm(): WorkQueue<BytesSchema> {
  return WorkQueue.createOrOpen(QUEUE_NAME, OPTIONS);
}

/** Everything about a job follows from its number. */
function recordOf(number: number): Uint8Array {
  const length = number % ONE_IN_LONG === 0 ? LONG_BYTES + (number % 999) : number % SHORT_BYTES;
  const record = new Uint8Array(HEADER_BYTES + length).fill(number % 251);
  new DataView(record.buffer).setUint32(0, number, true);
  return record;
}

function keyOf(number: number): number {
  return number % 3 === 0 ? 1 + ((number / 3) % KEYS) : 0;
}

/** The job in a record; undefined when it is not one, or not whole. */
function jobIn(record: Uint8Array | undefined): NumberedJob | undefined {
  if (record === undefined || record.length < HEADER_BYTES) return undefined;
  const number = new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  const expected = recordOf(number);
  const isWhole =
    record.length === expected.length && record.every((byte, at) => byte === expected[at]);
  return isWhole ? { number, key: keyOf(number) } : undefined;
}

/** The jobs that one process has. */
export class StormHands {
  readonly #held: { readonly job: Job<BytesSchema>; readonly facts: NumberedJob }[] = [];
  readonly #self: number;
  readonly #ledger: StormLedger;
  readonly #queue: WorkQueue<BytesSchema>;
  readonly #random: SeededRandom;

  constructor(
    self: number,
    ledger: StormLedger,
    queue: WorkQueue<BytesSchema>,
    random: SeededRandom,
  ) {
    this.#self = self;
    this.#ledger = ledger;
    this.#queue = queue;
    this.#random = random;
  }

  /** Adds a job, if there is room. */
  add(): void {
    const ledger = this.#ledger;
    const random = this.#random;
    const number = ledger.intend();
    if (number === undefined) return;
    const key = keyOf(number);
    const priority = (number % 3) - 1;
    const delayMs = random.oneIn(6) ? random.below(DELAY_MS_MAX) : 0;
    const options = key > 0 ? { key, priority, delayMs } : { priority, delayMs };
    const id = this.#queue.tryAdd(recordOf(number), options);
    ledger.acknowledge(number, id !== undefined);
  }

  /** Takes a job; returns whether there was one. */
  take(): boolean {
    const job = this.#queue.tryTake();
    if (job === undefined) return false;
    const facts = jobIn(job.value);
    if (facts === undefined || job.attempts > MAX_ATTEMPTS) {
      this.#ledger.count(facts === undefined ? "torn" : "attempt");
      job.done();
      return true;
    }
    this.#ledger.begin(this.#self, facts, job.id, job.attempts);
    this.#held.push({ job, facts });
    return true;
  }

  /** Ends jobs until no more than so many are left; the last ones are all done. */
  end(most: number = this.#random.below(HELD_MAX), isLast = false): void {
    while (this.#held.length > most) {
      const [held] = this.#held.splice(this.#random.below(this.#held.length), 1);
      if (held === undefined) return;
      const { job, facts } = held;
      const isPoison = facts.number % ONE_IN_POISON === 1;
      const way = isLast ? 2 : isPoison ? 0 : this.#random.below(14);
      this.#ledger.end(this.#self, facts, way > 1);
      if (way === 0) {
        const delayMs = this.#random.oneIn(2) ? 0 : this.#random.below(DELAY_MS_MAX);
        if (!job.fail("by chance", { delayMs })) this.#ledger.count("robbed");
      } else if (way === 1) job.dispose();
      else if (job.done()) this.#ledger.finish(facts.number);
      else this.#ledger.count("robbed");
    }
  }

  /** Removes a dead letter; returns whether there was one. */
  bury(): boolean {
    const letter = this.#queue.dead.tryTake();
    if (letter === undefined) return false;
    const facts = jobIn(letter.value);
    if (facts === undefined) this.#ledger.count("torn");
    else if (letter.attempts !== MAX_ATTEMPTS) this.#ledger.count("attempt");
    if (letter.done() && facts !== undefined) this.#ledger.finish(facts.number, true);
    return true;
  }
}

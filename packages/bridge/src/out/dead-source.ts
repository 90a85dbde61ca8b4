/**
 * The dead letters of a queue. Each is taken, sent, and done when the server has it; their positions count how many were sent.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { ChannelSchema, Job, WorkQueue } from "@isthmus/ipc";
import type { RelayBatch } from "@isthmus/ipc/internal";
import type { BridgeSchema } from "../stream/description.ts";
import type { Positions } from "../stream/positions.ts";
import type { OutLane, OutSource } from "./out-source.ts";
import { RecordEncoder } from "./record-encoder.ts";

/** How many dead letters are in one message at most. */
const LETTERS_MAX = 64;

/** The only lane of a source. One message is under way at a time, so that it is known which letters were in it. */
export class DeadSource implements OutSource, OutLane {
  readonly epoch: bigint;
  readonly lane = 0;
  readonly fingerprint: bigint;
  readonly isSized: boolean;
  readonly capacity = undefined;
  readonly positionMax: number = Infinity;
  readonly lanes: readonly OutLane[] = [this];
  readonly #queue: WorkQueue<ChannelSchema>;
  readonly #positions: Positions;
  readonly #encoder: RecordEncoder;
  readonly #ending = new AbortController();
  /** What was taken and is not under way. */
  #taken: Job<ChannelSchema>[] = [];
  #underWay: Job<ChannelSchema>[] = [];
  #next = 0;
  #released = 0;

  constructor(
    queue: WorkQueue<ChannelSchema>,
    { shape }: BridgeSchema,
    epoch: bigint,
    positions: Positions,
  ) {
    this.#queue = queue;
    this.#positions = positions;
    this.#encoder = new RecordEncoder(shape);
    this.epoch = epoch;
    this.fingerprint = shape.fingerprint;
    this.isSized = shape.struct !== undefined;
  }

  get next(): number {
    return this.#next;
  }

  get released(): number {
    return this.#released;
  }

  /** Whatever was sent before, there may be more. */
  get tail(): number {
    return this.#next + this.#taken.length + this.#queue.dead.count;
  }

  available(): number {
    if (this.#underWay.length > 0) return 0;
    return this.#taken.length > 0 || this.#queue.dead.count > 0 ? Number.MAX_SAFE_INTEGER : 0;
  }

  take(bytesMax: number): RelayBatch | undefined {
    if (this.#underWay.length > 0) return undefined;
    const from = this.#next;
    const jobs: Job<ChannelSchema>[] = [];
    while (jobs.length < LETTERS_MAX && this.#encoder.bytes < bytesMax / 2) {
      const job = this.#taken.shift() ?? this.#queue.dead.tryTake();
      if (job === undefined) break;
      jobs.push(job);
      this.#encoder.add(job.value, jobs.length);
    }
    const count = jobs.length;
    if (count === 0) return undefined;
    const to = from + count;
    this.#underWay = jobs;
    this.#next = to;
    // If this process dies now, the next one finds by the server which of them have arrived.
    this.#positions.begin({ key: this, before: from, after: to, ends: jobs.map(({ id }) => id) });
    return { from, to, count, lost: 0, payload: this.#encoder.take() };
  }

  release(to: number): void {
    this.#released = Math.max(this.#released, to);
    if (this.#underWay.length === 0 || to < this.#next) return;
    for (const job of this.#underWay) job.done();
    this.#underWay = [];
    this.#positions.end();
  }

  goTo(position: number): number {
    const { pending } = this.#positions;
    if (pending !== undefined && pending.after <= position) {
      // They have arrived. Those of a process that died are dead letters again.
      for (const job of this.#underWay) job.done();
      for (const id of Array.from(pending.ends)) this.#queue.dead.drop(id);
    } else {
      this.#taken.push(...this.#underWay);
    }
    this.#underWay = [];
    this.#positions.end();
    this.#next = position;
    return position;
  }

  noteBusy(): void {
    // Workers do not wait for it.
  }

  async wait(): Promise<void> {
    const { signal } = this.#ending;
    try {
      this.#taken.push(await this.#queue.dead.take({ signal }));
    } catch (error) {
      throw signal.aborted ? new DisposedError("bridge") : error;
    }
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    for (const job of [...this.#underWay, ...this.#taken]) job[Symbol.dispose]();
    this.#queue.dispose();
  }
}

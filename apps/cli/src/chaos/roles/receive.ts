/**
 * Receiving records in all ways there are, until nothing is left.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { ChannelSchema, Consumer, RecordCursor, Subscriber } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import type { Stand } from "../stand.ts";
import type { Reading, Wire } from "./wire.ts";

/** A consumer or a subscriber. */
export type Receiver<S extends ChannelSchema> = Consumer<S> | Subscriber<S>;

/** How long to wait for a record before it is seen whether it is over, in milliseconds. */
const IDLE_MS = 100;
const LIMIT_MAX = 700;
const ROUND_RECORDS_MAX = 300;
/** Rounds between joining and leaving. */
const ROUNDS_MAX = 400;
/** Who is slow is so in one round of so many, for so many milliseconds. */
const ONE_IN_NAP = 10;
const NAP_MS = 100;

/** One object for all records: a record must not cost more than its note. */
class Taking<S extends ChannelSchema> {
  readonly take: (record: RecordCursor<S>) => void;
  readonly #stand: Stand;

  constructor(stand: Stand, wire: Wire<S>) {
    const reading: Reading = { stream: 0, sequence: 0 };
    this.#stand = stand;
    this.take = (record) => {
      const code = wire.read(record, reading) ? EVENT.delivered : EVENT.torn;
      stand.note(code, reading.sequence, reading.stream);
      stand.dawdle();
    };
  }

  async round(receiver: Receiver<S>): Promise<void> {
    switch (this.#stand.random.below(3)) {
      case 0:
        if (this.poll(receiver) > 0) return;
        return this.#receive(receiver);
      case 1:
        return this.#receive(receiver);
      default:
        return await this.#follow(receiver);
    }
  }

  poll(receiver: Receiver<S>): number {
    const { random } = this.#stand;
    const limit = random.oneIn(2) ? undefined : 1 + random.below(LIMIT_MAX);
    this.#stand.note(EVENT.polling);
    const count = receiver.poll(this.take, { limit });
    this.#stand.note(EVENT.polled, count);
    return count;
  }

  #receive(receiver: Receiver<S>): void {
    for (let left = 1 + this.#stand.random.below(ROUND_RECORDS_MAX); left > 0; left--) {
      this.#stand.note(EVENT.receiving);
      try {
        this.take(receiver.receive({ timeoutMs: IDLE_MS }) as RecordCursor<S>);
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#stand.note(EVENT.idle);
        return;
      }
    }
  }

  async #follow(receiver: Receiver<S>): Promise<void> {
    const signal = AbortSignal.timeout(IDLE_MS);
    let left = 1 + this.#stand.random.below(ROUND_RECORDS_MAX);
    this.#stand.note(EVENT.following);
    try {
      for await (const record of receiver.records({ signal })) {
        this.take(record as RecordCursor<S>);
        if (--left > 0) continue;
        receiver.acknowledge();
        break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#stand.note(EVENT.idle);
  }
}

/** How records are received. */
export interface ReceiveSpec<S extends ChannelSchema> {
  readonly wire: Wire<S>;
  /** Joins. */
  readonly open: () => Receiver<S>;
  /** Whether it leaves and comes back now and then. */
  readonly isLeaving: boolean;
  /** Whether it is sometimes too slow for those who send. */
  readonly isSlow?: boolean;
}

/**
 * Receives until it is over; then takes what is left, and ends.
 *
 * @param stand The participant's.
 * @param spec What and how.
 */
export async function receiveRecords<S extends ChannelSchema>(
  stand: Stand,
  { wire, open, isLeaving, isSlow = false }: ReceiveSpec<S>,
): Promise<void> {
  const taking = new Taking(stand, wire);
  let isDone = false;
  while (!isDone) {
    {
      using receiver = open();
      stand.note(EVENT.ready);
      let rounds = isLeaving ? 1 + stand.random.below(ROUNDS_MAX) : Infinity;
      for (; stand.goesOn(rounds); rounds--) {
        await taking.round(receiver);
        await stand.breathe();
        if (isSlow && stand.random.oneIn(ONE_IN_NAP)) await Bun.sleep(NAP_MS);
      }
      isDone = stand.isOver;
      // Whoever sends has ended by now: what is not there does not come any more.
      while (stand.isLast && taking.poll(receiver) > 0);
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

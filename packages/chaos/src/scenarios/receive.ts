/**
 * Receiving records in all ways that a consumer or a subscriber offers.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { ChannelSchema, Consumer, RecordCursor, Subscriber } from "@isthmus/ipc";
import { EVENT } from "../evidence.ts";
import type { Participant } from "../participant.ts";
import type { Reading, Wire } from "./wire.ts";

/** A consumer or a subscriber. */
export type Receiver<S extends ChannelSchema> = Consumer<S> | Subscriber<S>;

/** How long to wait for a record before it looks whether it is to end, in milliseconds. */
const IDLE_MS = 100;
const LIMIT_MAX = 700;
const ROUND_RECORDS_MAX = 300;
/** Rounds between joining and leaving. */
const ROUNDS_MAX = 400;
/** A slow receiver sleeps in one round of so many, for so many milliseconds. */
const ONE_IN_NAP = 10;
const NAP_MS = 100;

/** Takes records. One object serves all of them, so that a record costs no more than its event. */
class Taking<S extends ChannelSchema> {
  readonly take: (record: RecordCursor<S>) => void;
  readonly #participant: Participant;

  constructor(participant: Participant, wire: Wire<S>) {
    const reading: Reading = { stream: 0, sequence: 0 };
    this.#participant = participant;
    this.take = (record) => {
      const code = wire.read(record, reading) ? EVENT.delivered : EVENT.torn;
      participant.note(code, reading.sequence, reading.stream);
      participant.dawdle();
    };
  }

  async round(receiver: Receiver<S>): Promise<void> {
    if (!this.#participant.hasTakenOver) this.poll(receiver, 1);
    switch (this.#participant.random.below(3)) {
      case 0:
        if (this.poll(receiver) > 0) return;
        return this.#receive(receiver);
      case 1:
        return this.#receive(receiver);
      default:
        return await this.#follow(receiver);
    }
  }

  poll(receiver: Receiver<S>, limit = this.#drawLimit()): number {
    this.#participant.note(EVENT.polling);
    const count = receiver.poll(this.take, { limit });
    this.#participant.note(EVENT.polled, count);
    this.#participant.noteSuccess();
    return count;
  }

  #drawLimit(): number | undefined {
    const { random } = this.#participant;
    return random.oneIn(2) ? undefined : 1 + random.below(LIMIT_MAX);
  }

  #receive(receiver: Receiver<S>): void {
    for (let left = 1 + this.#participant.random.below(ROUND_RECORDS_MAX); left > 0; left--) {
      this.#participant.note(EVENT.receiving);
      try {
        this.take(receiver.receive({ timeoutMs: IDLE_MS }) as RecordCursor<S>);
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        this.#participant.note(EVENT.idle);
        return;
      }
    }
  }

  async #follow(receiver: Receiver<S>): Promise<void> {
    const signal = AbortSignal.timeout(IDLE_MS);
    let left = 1 + this.#participant.random.below(ROUND_RECORDS_MAX);
    this.#participant.note(EVENT.following);
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
    this.#participant.note(EVENT.idle);
  }
}

/** How records are received. */
export interface ReceiveSpec<S extends ChannelSchema> {
  readonly wire: Wire<S>;
  /** Joins. */
  readonly open: () => Receiver<S>;
  /** Whether it is sometimes too slow for those who send. */
  readonly isSlow?: boolean;
}

/**
 * Receives until it is to end; the last receiver takes what is left.
 *
 * @param participant Who receives.
 * @param spec What and how.
 */
export async function receiveRecords<S extends ChannelSchema>(
  participant: Participant,
  { wire, open, isSlow = false }: ReceiveSpec<S>,
): Promise<void> {
  const { random } = participant;
  const taking = new Taking(participant, wire);
  await participant.work(
    ROUNDS_MAX,
    open,
    async (receiver) => {
      await taking.round(receiver);
      if (isSlow && random.oneIn(ONE_IN_NAP)) await Bun.sleep(NAP_MS);
    },
    // All senders have ended when the last receiver does: what is not there does not come any more.
    {
      finish: (receiver) => {
        while (participant.isLast && taking.poll(receiver) > 0);
      },
    },
  );
}

/**
 * Sending numbered records in all ways that a producer or a publisher offers.
 *
 * @module
 */
import type { ChannelSchema, Producer, Publisher } from "@isthmus/ipc";
import { EVENT, streamNumber } from "../evidence.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import type { Wire } from "./wire.ts";

/** A producer or a publisher. */
export type Sender<S extends ChannelSchema> = Producer<S> | Publisher<S>;

const RUN_RECORDS_MAX = 60;
/** Runs between joining and leaving. */
const RUNS_MAX = 600;

/** One stream: all records between joining and leaving once, numbered from 0. */
class Stream<S extends ChannelSchema> {
  next = 0;
  readonly #participant: Participant;
  readonly #wire: Wire<S>;
  readonly #number: number;
  readonly #inside: () => void;

  constructor(participant: Participant, wire: Wire<S>, joining: number) {
    this.#participant = participant;
    this.#wire = wire;
    this.#number = streamNumber(participant.id, joining);
    this.#inside = () => participant.dawdle();
  }

  /** Sends so many records; they are published when this returns. */
  async run(sender: Sender<S>, count: number): Promise<void> {
    const participant = this.#participant;
    const end = this.next + count;
    participant.note(EVENT.intended, end, this.#number);
    await this.#send(sender, end);
    sender.flush();
    participant.note(EVENT.acknowledged, end, this.#number);
  }

  async #send(sender: Sender<S>, end: number): Promise<void> {
    const participant = this.#participant;
    if (participant.takeHarm("skip")) this.next++;
    if (participant.takeHarm("repeat")) sender.send(this.#make(), PATIENCE);
    if (participant.takeHarm("tear")) {
      sender.send(this.#wire.tear(this.#number, this.next++, participant.random), PATIENCE);
    }
    if (!participant.hasTakenOver) {
      this.#sendAll(sender, this.next + 1);
      participant.noteSuccess();
    }
    switch (participant.random.below(5)) {
      case 0:
        return this.#sendAll(sender, end);
      case 1:
        return this.#claimAll(sender, end);
      case 2:
        return this.#sendBatch(sender, end);
      case 3:
        return await this.#sendAsync(sender, end);
      default:
        for (; this.next < end; this.next++) {
          const record = this.#make();
          if (!sender.trySend(record)) participant.persist(() => sender.send(record, PATIENCE));
        }
    }
  }

  #sendAll(sender: Sender<S>, end: number): void {
    for (; this.next < end; this.next++) {
      const record = this.#make();
      this.#participant.persist(() => sender.send(record, PATIENCE));
      this.#inside();
    }
  }

  async #sendAsync(sender: Sender<S>, end: number): Promise<void> {
    for (; this.next < end; this.next++) {
      const record = this.#make();
      await this.#participant.persistAsync(() => sender.sendAsync(record, PATIENCE));
    }
  }

  #claimAll(sender: Sender<S>, end: number): void {
    const stream = this.#number;
    const { random } = this.#participant;
    for (; this.next < end; this.next++) {
      this.#participant.persist(() =>
        this.#wire.claim({ sink: sender, stream, random }, this.next, this.#inside),
      );
    }
  }

  /** Begins another batch when one had to wait for room for too long. */
  #sendBatch(sender: Sender<S>, end: number): void {
    const stream = this.#number;
    const { random } = this.#participant;
    this.#participant.persist(() => {
      sender.batch((batch) => {
        for (; this.next < end; this.next++) {
          if (random.oneIn(2)) batch.send(this.#make());
          else this.#wire.claim({ sink: batch, stream, random }, this.next, this.#inside);
        }
      });
    });
  }

  #make(): Parameters<Sender<S>["send"]>[0] {
    return this.#wire.make(this.#number, this.next, this.#participant.random);
  }
}

/**
 * Sends until it is to end, leaving and coming back now and then.
 *
 * @param participant Who sends.
 * @param wire Makes the records.
 * @param open Joins.
 */
export async function sendRecords<S extends ChannelSchema>(
  participant: Participant,
  wire: Wire<S>,
  open: () => Sender<S>,
): Promise<void> {
  let stream = new Stream(participant, wire, 0);
  const join = (joining: number): Sender<S> => {
    stream = new Stream(participant, wire, joining);
    return open();
  };
  await participant.work(RUNS_MAX, join, (sender) =>
    stream.run(sender, 1 + participant.random.below(RUN_RECORDS_MAX)),
  );
}

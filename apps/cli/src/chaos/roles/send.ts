/**
 * Sending numbered records without end, in all ways there are.
 *
 * @module
 */
import type { ChannelSchema, Producer, Publisher } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { PATIENCE, type Stand } from "../stand.ts";
import { streamNumber } from "../stream-number.ts";
import type { Wire } from "./wire.ts";

/** A producer or a publisher. */
export type Sender<S extends ChannelSchema> = Producer<S> | Publisher<S>;

const RUN_RECORDS_MAX = 60;
/** Runs between joining and leaving. */
const RUNS_MAX = 600;

/** Sends the records between joining and leaving once, whose numbers begin with 0. */
class Stream<S extends ChannelSchema> {
  next = 0;
  readonly #stand: Stand;
  readonly #wire: Wire<S>;
  readonly #number: number;
  readonly #inside: () => void;

  constructor(stand: Stand, wire: Wire<S>, joining: number) {
    this.#stand = stand;
    this.#wire = wire;
    this.#number = streamNumber(stand.id, joining);
    this.#inside = () => stand.dawdle();
  }

  /** Sends so many records; they are published when this is over. */
  async run(sender: Sender<S>, count: number): Promise<void> {
    const stand = this.#stand;
    const end = this.next + count;
    stand.note(EVENT.intended, end, this.#number);
    await this.#send(sender, end);
    sender.flush();
    stand.note(EVENT.acknowledged, end, this.#number);
  }

  async #send(sender: Sender<S>, end: number): Promise<void> {
    const stand = this.#stand;
    if (stand.takeSabotage("skip")) this.next++;
    if (stand.takeSabotage("repeat")) sender.send(this.#make(), PATIENCE);
    if (stand.takeSabotage("tear")) {
      sender.send(this.#wire.tear(this.#number, this.next++, stand.random), PATIENCE);
    }
    switch (stand.random.below(5)) {
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
          if (!sender.trySend(record)) stand.persist(() => sender.send(record, PATIENCE));
        }
    }
  }

  #sendAll(sender: Sender<S>, end: number): void {
    for (; this.next < end; this.next++) {
      const record = this.#make();
      this.#stand.persist(() => sender.send(record, PATIENCE));
      this.#inside();
    }
  }

  async #sendAsync(sender: Sender<S>, end: number): Promise<void> {
    for (; this.next < end; this.next++) {
      const record = this.#make();
      await this.#stand.persistAsync(() => sender.sendAsync(record, PATIENCE));
    }
  }

  #claimAll(sender: Sender<S>, end: number): void {
    const stream = this.#number;
    const { random } = this.#stand;
    for (; this.next < end; this.next++) {
      this.#stand.persist(() =>
        this.#wire.claim({ sink: sender, stream, random }, this.next, this.#inside),
      );
    }
  }

  /** Begins another batch when there was no room in one for too long. */
  #sendBatch(sender: Sender<S>, end: number): void {
    const stream = this.#number;
    const { random } = this.#stand;
    this.#stand.persist(() => {
      sender.batch((batch) => {
        for (; this.next < end; this.next++) {
          if (random.oneIn(2)) batch.send(this.#make());
          else this.#wire.claim({ sink: batch, stream, random }, this.next, this.#inside);
        }
      });
    });
  }

  #make(): Parameters<Sender<S>["send"]>[0] {
    return this.#wire.make(this.#number, this.next, this.#stand.random);
  }
}

/**
 * Sends until it is over, leaving and coming back now and then.
 *
 * @param stand The participant's.
 * @param wire Makes the records.
 * @param open Joins.
 */
export async function sendRecords<S extends ChannelSchema>(
  stand: Stand,
  wire: Wire<S>,
  open: () => Sender<S>,
): Promise<void> {
  for (let joining = 0; !stand.isOver; joining++) {
    {
      const stream = new Stream(stand, wire, joining);
      using sender = open();
      stand.note(EVENT.ready);
      for (let runs = 1 + stand.random.below(RUNS_MAX); stand.goesOn(runs); runs--) {
        await stream.run(sender, 1 + stand.random.below(RUN_RECORDS_MAX));
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

/**
 * One lane on its way to the server: what is under way, and what the server has said of it.
 *
 * @module
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import type { OutLane } from "./out-source.ts";

/** A message that was sent and has not been acknowledged. */
export interface InFlight {
  readonly batch: Pick<RelayBatch, "from" | "to" | "count">;
  readonly bytes: number;
  readonly sentMs: number;
}

/** Records that were given up, from a position on. */
interface GivenUp {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How many runs of records that were given up are known apart. */
const GIVEN_UP_MAX = 64;

/** A lane, and how far it has come. */
export class LaneFlow {
  readonly source: OutLane;
  readonly subject: string;
  /** What is under way: one message, for the next one names its number. */
  inFlight: InFlight | undefined;
  /** The number of the lane's last message in the stream; 0: none. */
  lastSequence = 0;
  /** Whether the server has been asked how far the lane has come, since the last time that this became doubtful. */
  isSynced = false;
  /** Which generation the server is being asked for; undefined: none. */
  syncing: number | undefined;
  /** Whether this bridge goes on behind the lane's last message. */
  isAdopted = false;
  /**
   * Whether nobody else may write to the lane any more. Of a killed predecessor one message may have been on its way, and comes when this
   * bridge has begun, but not behind its first one.
   */
  isOwn = false;
  /** Grows when what is under way is given up: answers that come later mean nothing. */
  generation = 0;
  /** Not before this moment is anything tried again, as `performance.now()` counts. */
  notBefore = 0;
  /** Position behind what was sent last. */
  sentTo = 0;
  /** Whether nobody knows if what was sent last has arrived. */
  isLost = false;
  /** How often a message had to be given another identity, because the server knew the one that it had lost. */
  again = 0;
  /** How many records are missing before the next message. */
  lost = 0;
  readonly #givenUp: GivenUp[] = [];

  constructor(source: OutLane, subject: string) {
    this.source = source;
    this.subject = subject;
  }

  /** Gives up what is under way: the server is to be asked first. */
  doubt(notBefore = 0): void {
    this.generation++;
    this.inFlight = undefined;
    this.isSynced = false;
    this.notBefore = notBefore;
  }

  /** Takes records and sends them to nobody. */
  giveUp(batch: RelayBatch): void {
    const { from, to, count, lost } = batch;
    this.source.release(to);
    this.#givenUp.push({ from, to, count: count + lost });
    if (this.#givenUp.length <= GIVEN_UP_MAX) return;
    const [last, before] = [this.#givenUp.pop() as GivenUp, this.#givenUp.pop() as GivenUp];
    this.#givenUp.push({ from: before.from, to: last.to, count: before.count + last.count });
  }

  /** Position of the first record that may not have arrived. */
  get firstPosition(): number {
    return this.#givenUp[0]?.from ?? this.source.released;
  }

  /**
   * Says how far the lane has really come.
   *
   * @returns How many records were given up that had not arrived.
   */
  settle(reached: number): number {
    const missing = this.#givenUp
      .filter(({ to }) => to > reached)
      .reduce((sum, { count }) => sum + count, 0);
    this.#givenUp.length = 0;
    this.lost += missing;
    return missing;
  }
}

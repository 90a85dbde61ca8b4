/**
 * Checks records as they come, against the accounts of those who sent them and of the consumers before.
 *
 * @module
 */
import type { ChannelSchema, RecordCursor } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import type { Stand } from "../stand.ts";
import type { Tally } from "../tally.ts";
import type { Reading, Wire } from "./wire.ts";

/** As many records as one that has died may have been handed and not have released; see `Consumer`. */
const UNRELEASED_MAX = 512;

/** One record in so many takes so long, in milliseconds. */
const ONE_IN_DAWDLE = 10_000;
const DAWDLE_MS_MAX = 4;

/** What one consumer has seen since it joined. Every fault is written down at once. */
export class TalliedReceiver<S extends ChannelSchema> {
  /** Takes a record. */
  readonly take: (record: RecordCursor<S>) => void;
  readonly #stand: Stand;
  readonly #tally: Tally;
  readonly #reading: Reading = { stream: 0, sequence: 0 };
  /** The number that comes next, by stream. */
  readonly #expected: number[] = [];
  /** The number from which a stream's records are new. */
  readonly #fresh: number[] = [];
  /** Streams of which something has not been released. */
  readonly #touched = new Set<number>();
  #taken = 0;
  #again = 0;
  #againInAll = 0;

  constructor(stand: Stand, tally: Tally, wire: Wire<S>) {
    this.#stand = stand;
    this.#tally = tally;
    const reading = this.#reading;
    this.take = (record) => {
      this.#taken++;
      if (wire.read(record, reading) && reading.stream < tally.streamCount) this.#check();
      else stand.note(EVENT.torn, reading.sequence, reading.stream);
      // In the middle of what it has been handed, so that it is sometimes killed there.
      if (stand.random.oneIn(ONE_IN_DAWDLE)) Bun.sleepSync(stand.random.below(DAWDLE_MS_MAX));
    };
  }

  /** Notes that everything has been released that was taken. */
  release(): void {
    for (const stream of this.#touched) this.#tally.release(stream);
    this.#touched.clear();
    this.#tally.count(this.#taken, this.#again);
    this.#taken = 0;
    this.#again = 0;
  }

  #check(): void {
    const { stream, sequence } = this.#reading;
    const expected = this.#expected[stream] ?? this.#begin(stream, sequence);
    this.#touched.add(stream);
    if (sequence > expected) this.#stand.note(EVENT.missed, sequence - expected, stream);
    if (sequence < expected) this.#stand.note(EVENT.repeated, 1, stream);
    this.#expected[stream] = sequence + 1;
    this.#tally.reach(stream, sequence + 1);
    if (sequence < (this.#fresh[stream] ?? 0)) this.#takeAgain(stream);
  }

  /** The first record of a stream that this consumer gets: not released before, and none left out. */
  #begin(stream: number, sequence: number): number {
    const { next, floor } = this.#tally.account(stream);
    this.#fresh[stream] = next;
    return Math.max(floor, Math.min(sequence, next));
  }

  #takeAgain(stream: number): void {
    this.#again++;
    if (++this.#againInAll > UNRELEASED_MAX) this.#stand.note(EVENT.repeated, 1, stream);
  }
}

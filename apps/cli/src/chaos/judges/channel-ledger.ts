/**
 * What became of the records of a channel, seen from its consumers, one after the other.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import { streamText } from "../stream-number.ts";
import type { Testimony } from "../testimony.ts";
import { Streak } from "./streak.ts";

/** What a consumer may be handed by one poll before it is released; see `Consumer`. */
const POLL_RECORDS_MAX = 512;
/** What a loop may have taken and not released. */
const LOOP_RECORDS_MAX = 64;

/** How a consumer takes records, and thereby which of them its successor sees again. */
type Mode = "poll" | "receive" | "loop" | "none";

/** The consumers of one life of the directory, which share a segment. */
interface Era {
  /**
   * Records of which nobody can say whose they were: those that `receive` may have taken with it into the death of its
   * process, and those that came torn, which are charged as such.
   */
  unnamed: number;
}

/** Keeps account of every producer's records across all consumers. */
export class ChannelLedger {
  readonly findings: Finding[] = [];
  /** The number after the last that was delivered, by producer. */
  readonly #next = new Map<number, number>();
  /** The first record that a dead consumer had been handed and may not have released, by producer. */
  readonly #unreleased = new Map<number, number>();
  readonly #eras = new Map<number, Era>();

  /** The number after the last record of a producer that was delivered. */
  nextOf(stream: number): number {
    return this.#next.get(stream) ?? 0;
  }

  /** All streams of which something was delivered. */
  streams(): Iterable<number> {
    return this.#next.keys();
  }

  /** Takes a consumer into account; they come in the order in which they had the channel. */
  add(consumer: Testimony): void {
    const turn = new Turn(this, consumer);
    turn.replay();
    if (!consumer.isKilled) return;
    for (const [stream, first] of turn.unreleased) this.#unreleased.set(stream, first);
    if (turn.isReceiving) this.#eraOf(consumer.era).unnamed++;
  }

  /** Excuses as many of the missing records as nobody could name; returns the rest. */
  excuse(era: number, missing: number): number {
    const counts = this.#eraOf(era);
    const excused = Math.min(missing, counts.unnamed);
    counts.unnamed -= excused;
    return missing - excused;
  }

  /** Notes a record that was not whole: its number is missing among the others, and that is charged only once. */
  tear(consumer: Testimony, stream: number, sequence: number): void {
    this.report(consumer, "torn", 1, stream, `a record, perhaps number ${sequence}`);
    this.#eraOf(consumer.era).unnamed++;
  }

  /** Notes the first record that a consumer gets of a producer: where the one before it had stopped. */
  begin(consumer: Testimony, stream: number, sequence: number): void {
    const next = this.nextOf(stream);
    const first = this.#unreleased.get(stream) ?? next;
    this.#unreleased.delete(stream);
    if (sequence < first) {
      this.report(consumer, "duplicated", first - sequence, stream, `${sequence} to ${first - 1}`);
    }
    if (sequence > next) this.miss(consumer, stream, next, sequence);
    this.reach(stream, sequence + 1);
  }

  /** Notes that records are missing, unless they are excused. */
  miss(consumer: Testimony, stream: number, from: number, to: number): void {
    const lost = this.excuse(consumer.era, to - from);
    if (lost > 0) this.report(consumer, "lost", lost, stream, `${from} to ${to - 1}`);
  }

  reach(stream: number, next: number): void {
    if (next > this.nextOf(stream)) this.#next.set(stream, next);
  }

  report(
    { id }: Testimony,
    fault: Finding["fault"],
    count: number,
    stream: number,
    which: string,
  ): void {
    this.findings.push({
      fault,
      count,
      participant: id,
      detail: `${which} of stream ${streamText(stream)}`,
    });
  }

  #eraOf(era: number): Era {
    let found = this.#eras.get(era);
    if (found === undefined) {
      found = { unnamed: 0 };
      this.#eras.set(era, found);
    }
    return found;
  }
}

/** The time in which one consumer had the channel. */
class Turn {
  /** Whether the last that is known of it is that it began to receive. */
  isReceiving = false;
  readonly #ledger: ChannelLedger;
  readonly #consumer: Testimony;
  readonly #streak = new Streak();
  /** The number that comes next, by producer; of those it has seen since it joined. */
  readonly #expected = new Map<number, number>();
  #mode: Mode = "none";

  constructor(ledger: ChannelLedger, consumer: Testimony) {
    this.#ledger = ledger;
    this.#consumer = consumer;
  }

  /** What it had been handed and may not have released when its log ends: the first record by producer. */
  get unreleased(): ReadonlyMap<number, number> {
    return this.#streak.firsts();
  }

  replay(): void {
    const events = this.#consumer.events();
    for (let index = 0; index < events.length; index++) {
      const code = events.code(index);
      this.isReceiving = code === EVENT.receiving;
      if (code === EVENT.delivered) this.#take(events.stream(index), events.value(index));
      else if (code === EVENT.torn) {
        this.#ledger.tear(this.#consumer, events.stream(index), events.value(index));
      } else this.#enter(modeAfter(code));
    }
  }

  #enter(mode: Mode): void {
    this.#mode = mode;
    this.#streak.begin(mode === "loop" ? LOOP_RECORDS_MAX : POLL_RECORDS_MAX);
  }

  #take(stream: number, sequence: number): void {
    const expected = this.#expected.get(stream);
    this.#expected.set(stream, sequence + 1);
    if (this.#mode !== "receive") this.#streak.push(stream, sequence);
    const ledger = this.#ledger;
    if (expected === undefined) {
      ledger.begin(this.#consumer, stream, sequence);
      return;
    }
    if (sequence > expected) ledger.miss(this.#consumer, stream, expected, sequence);
    if (sequence < expected) {
      ledger.report(this.#consumer, "duplicated", 1, stream, `record ${sequence}`);
    }
    ledger.reach(stream, sequence + 1);
  }
}

function modeAfter(code: number): Mode {
  if (code === EVENT.polling) return "poll";
  if (code === EVENT.receiving) return "receive";
  return code === EVENT.following ? "loop" : "none";
}

/**
 * Judges a channel: every record that was published has been delivered, whole, in order, and once; again only what a
 * consumer that was killed had been handed and had not released.
 *
 * @module
 */
import { EVENT, type Evidence, streamText } from "../evidence.ts";
import { type Fault, type Finding, Findings, findLeaked } from "./findings.ts";
import { type Sent, sentBy } from "./sent.ts";

/** What a consumer may be handed by one poll before it is released; see `Consumer`. */
const POLL_RECORDS_MAX = 512;
/** What a loop may have taken and not released. */
const LOOP_RECORDS_MAX = 64;

/** How a consumer takes records, and thereby which of them its successor sees again. */
type Mode = "poll" | "receive" | "loop" | "none";

/** Keeps account of every stream's records across all consumers. */
class ChannelLedger {
  readonly findings = new Findings();
  /** The number after the last that was delivered, by stream. */
  readonly #next = new Map<number, number>();
  /** The first record that a dead consumer had been handed and may not have released, by stream. */
  readonly #unreleased = new Map<number, number>();
  /**
   * How many records of an epoch nobody can name: one that a consumer was receiving when it was killed, and torn ones,
   * which are charged as such.
   */
  readonly #unnamed = new Map<number, number>();

  /** The number after the last record of a stream that was delivered. */
  nextOf(stream: number): number {
    return this.#next.get(stream) ?? 0;
  }

  /** All streams of which something was delivered. */
  streams(): Iterable<number> {
    return this.#next.keys();
  }

  /** Takes a consumer into account; consumers come in the order in which they had the channel. */
  add(consumer: Evidence): void {
    const turn = new Turn(this, consumer);
    turn.replay();
    if (!consumer.isKilled) return;
    for (const [stream, first] of turn.unreleased) this.#unreleased.set(stream, first);
    if (turn.isReceiving) this.#addUnnamed(consumer.epoch, 1);
  }

  /** Excuses as many of the missing records as nobody could name; returns the rest. */
  excuse(epoch: number, missing: number): number {
    const excused = Math.min(missing, this.#unnamed.get(epoch) ?? 0);
    this.#addUnnamed(epoch, -excused);
    return missing - excused;
  }

  /** Notes a torn record. Its number is missing, too, which is not charged again. */
  tear(consumer: Evidence, stream: number, sequence: number): void {
    this.report(consumer, "torn", 1, stream, `a record, perhaps number ${sequence}`);
    this.#addUnnamed(consumer.epoch, 1);
  }

  /** Notes the first record of a stream that a consumer gets: the next one, or one that was not released. */
  begin(consumer: Evidence, stream: number, sequence: number): void {
    const next = this.nextOf(stream);
    const first = this.#unreleased.get(stream) ?? next;
    this.#unreleased.delete(stream);
    this.report(consumer, "duplicated", first - sequence, stream, `${sequence} to ${first - 1}`);
    if (sequence > next) this.miss(consumer, stream, next, sequence);
    this.reach(stream, sequence + 1);
  }

  /** Notes that records are missing, unless they are excused. */
  miss(consumer: Evidence, stream: number, from: number, to: number): void {
    const lost = this.excuse(consumer.epoch, to - from);
    this.report(consumer, "lost", lost, stream, `${from} to ${to - 1}`);
  }

  reach(stream: number, next: number): void {
    if (next > this.nextOf(stream)) this.#next.set(stream, next);
  }

  /** Notes what went wrong with records of a stream, if it did. */
  report({ id }: Evidence, fault: Fault, count: number, stream: number, which: string): void {
    this.findings.report(fault, `${which} of stream ${streamText(stream)}`, count, id);
  }

  #addUnnamed(epoch: number, count: number): void {
    this.#unnamed.set(epoch, (this.#unnamed.get(epoch) ?? 0) + count);
  }
}

/** One consumer, from joining to its end. */
class Turn {
  /** Whether its log ends while it was receiving a record. */
  isReceiving = false;
  readonly #ledger: ChannelLedger;
  readonly #consumer: Evidence;
  readonly #streak = new Streak();
  /** The number that comes next, by stream, of those it has seen. */
  readonly #expected = new Map<number, number>();
  #mode: Mode = "none";

  constructor(ledger: ChannelLedger, consumer: Evidence) {
    this.#ledger = ledger;
    this.#consumer = consumer;
  }

  /** The first record of each stream that it had been handed and may not have released when its log ends. */
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

/**
 * Judges a channel; see the module.
 *
 * @param evidence That of its producers and consumers.
 */
export function judgeChannel(evidence: readonly Evidence[]): Finding[] {
  const ledger = new ChannelLedger();
  for (const consumer of consumersInOrder(evidence)) ledger.add(consumer);
  const { findings } = ledger;
  const known = new Set<number>();
  for (const producer of evidence.filter(({ role }) => role === "producer")) {
    for (const sent of sentBy(producer)) {
      known.add(sent.stream);
      judgeStream(ledger, producer, sent);
    }
  }
  for (const stream of ledger.streams()) {
    if (known.has(stream)) continue;
    const detail = `stream ${streamText(stream)}, which nobody has sent`;
    findings.report("torn", detail, ledger.nextOf(stream));
  }
  return [...findings.all, ...findLeaked(evidence)];
}

function judgeStream(ledger: ChannelLedger, producer: Evidence, sent: Sent): void {
  const { stream, acknowledged, intended } = sent;
  const next = ledger.nextOf(stream);
  const missing = ledger.excuse(producer.epoch, Math.max(0, acknowledged - next));
  ledger.report(producer, "lost", missing, stream, `${next} to ${acknowledged - 1}`);
  const which = `${intended} to ${next - 1}, which nobody has sent,`;
  ledger.report(producer, "torn", next - intended, stream, which);
}

function consumersInOrder(evidence: readonly Evidence[]): Evidence[] {
  const joined: { ticket: number; consumer: Evidence }[] = [];
  for (const consumer of evidence.filter(({ role }) => role === "consumer")) {
    const log = consumer.events();
    const index = log.indexOf(EVENT.ready);
    // One that was killed before it had joined has nothing to say.
    if (index !== -1) joined.push({ ticket: log.ticket(index), consumer });
  }
  return joined.sort((left, right) => left.ticket - right.ticket).map(({ consumer }) => consumer);
}

/** The last records that a consumer was handed, up to a limit. */
class Streak {
  #streams: number[] = [];
  #sequences: number[] = [];
  #limit = 0;

  /** Forgets all records, and has a new limit. */
  begin(limit: number): void {
    this.#limit = limit;
    this.#streams = [];
    this.#sequences = [];
  }

  push(stream: number, sequence: number): void {
    this.#streams.push(stream);
    this.#sequences.push(sequence);
  }

  /** The lowest number of each stream among the last records. */
  firsts(): Map<number, number> {
    const firsts = new Map<number, number>();
    const { length } = this.#streams;
    for (let index = Math.max(0, length - this.#limit); index < length; index++) {
      const stream = this.#streams[index] as number;
      const sequence = this.#sequences[index] as number;
      firsts.set(stream, Math.min(firsts.get(stream) ?? sequence, sequence));
    }
    return firsts;
  }
}

/**
 * Judges a topic: a gating subscriber has every record of every publisher from when it joined, once and in order; a
 * lapped one has them in order, and was told of every one that is missing, and of no other.
 *
 * @module
 */
import { EVENT, type EventLog, type Evidence, streamText } from "../evidence.ts";
import { type Fault, type Finding, Findings, findLeaked } from "./findings.ts";
import { type Sent, sentBy } from "./sent.ts";

/** What a subscriber is judged by. */
interface SubscriberCase {
  /** What was sent in its epoch, by stream. */
  readonly sent: ReadonlyMap<number, Sent>;
  /** Whether publishers do not wait for it. */
  readonly isLapped: boolean;
}

/** Finds records that were lost, torn or duplicated, or of which the subscriber was told wrongly. */
function judgeSubscriber(subscriber: Evidence, against: SubscriberCase): Finding[] {
  const log = subscriber.events();
  const findings = new Findings();
  const report = (fault: Fault, count: number, detail: string): void =>
    findings.report(fault, detail, count, subscriber.id);
  let subscription: Subscription | undefined;
  let before = -1;
  let emptyAt = -1;
  for (let index = 0; index < log.length; index++) {
    const code = log.code(index);
    const ticket = log.ticket(index);
    if (code === EVENT.ready) subscription = new Subscription(against, report, before, ticket);
    else if (code === EVENT.left) subscription?.close(ticket, emptyAt);
    else subscription?.replay(log, index);
    // A poll that found nothing has proved that all was taken that had been published before it.
    if (code === EVENT.polled && log.value(index) === 0) emptyAt = before;
    before = ticket;
  }
  return findings.all;
}

/** What a subscriber was given between joining and leaving once. */
class Subscription {
  readonly #against: SubscriberCase;
  readonly #report: (fault: Fault, count: number, detail: string) => void;
  /** It joined between these tickets. */
  readonly #openingTicket: number;
  readonly #joinTicket: number;
  /** The number that comes next, and how many came for the first time, by stream. */
  readonly #next = new Map<number, number>();
  readonly #counts = new Map<number, number>();
  #missing = 0;
  /** Records of which it was told that they were lost. */
  #told = 0;
  /** Torn records. Their numbers are missing, too, which is not charged again. */
  #torn = 0;

  constructor(
    against: SubscriberCase,
    report: (fault: Fault, count: number, detail: string) => void,
    openingTicket: number,
    joinTicket: number,
  ) {
    this.#against = against;
    this.#report = report;
    this.#openingTicket = openingTicket;
    this.#joinTicket = joinTicket;
  }

  replay(log: EventLog, index: number): void {
    const value = log.value(index);
    switch (log.code(index)) {
      case EVENT.overrun:
        if (this.#against.isLapped) this.#told = value;
        else this.#report("lost", 1, `records so far were said to be ${value}, though it gates`);
        return;
      case EVENT.torn:
        this.#torn++;
        this.#report("torn", 1, `a record that was not whole, perhaps number ${value}`);
        return;
      case EVENT.delivered:
        this.#take(log.stream(index), value);
        return;
      default:
    }
  }

  /**
   * Judges the end of it.
   *
   * @param leftTicket When the subscriber left.
   * @param emptyAt When it had last taken all that there was.
   */
  close(leftTicket: number, emptyAt: number): void {
    if (this.#against.isLapped) this.#checkTold(leftTicket);
    else this.#checkEnd(emptyAt);
  }

  #take(stream: number, sequence: number): void {
    const sent = this.#against.sent.get(stream);
    const next = this.#next.get(stream) ?? Math.min(sequence, this.#firstOf(sent));
    this.#next.set(stream, sequence + 1);
    if (sequence >= next) this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + 1);
    else this.#report("duplicated", 1, `record ${sequence} of stream ${streamText(stream)}`);
    if (sent === undefined || sequence >= sent.intended) {
      const which = `record ${sequence} of stream ${streamText(stream)}, which nobody has sent`;
      this.#report("torn", 1, which);
    }
    if (sequence > next) {
      this.#miss(sequence - next, `${next} to ${sequence - 1} of stream ${streamText(stream)}`);
    }
  }

  #miss(count: number, which: string): void {
    this.#missing += count;
    const lost = this.#missing - this.#told - this.#torn;
    if (lost <= 0) return;
    this.#missing -= lost;
    this.#report(
      "lost",
      lost,
      `${which}${this.#against.isLapped ? ", of which it was not told" : ""}`,
    );
  }

  /** The highest number with which a stream may begin: that of the first record sent after the subscriber had joined. */
  #firstOf(sent: Sent | undefined): number {
    return sent?.intendedAt(this.#joinTicket) ?? 0;
  }

  /** All has come that had been published when it last took all that there was. */
  #checkEnd(emptyAt: number): void {
    for (const sent of this.#against.sent.values()) {
      const { stream } = sent;
      const next = this.#next.get(stream) ?? this.#firstOf(sent);
      const missing = sent.acknowledgedAt(emptyAt) - next;
      if (missing <= 0) continue;
      this.#miss(
        missing,
        `${next} to ${next + missing - 1} of stream ${streamText(stream)}, at its end,`,
      );
    }
  }

  /** It was told of no more losses than there can have been. */
  #checkTold(leftTicket: number): void {
    let lostAtMost = 0;
    for (const sent of this.#against.sent.values()) {
      // What had been published when it began to join need not have come.
      const first = Math.min(sent.acknowledgedAt(this.#openingTicket), this.#firstOf(sent));
      const came = this.#counts.get(sent.stream) ?? 0;
      lostAtMost += Math.max(0, sent.intendedAt(leftTicket) - first - came);
    }
    this.#report("lost", this.#told - lostAtMost, `of ${this.#told} that it was told of are not`);
  }
}

/** What publishers have sent in one epoch, by stream. */
type SentInEpoch = Map<number, Sent>;

/**
 * Judges a topic; see the module.
 *
 * @param evidence That of its publishers and subscribers.
 * @param lappedRoles The roles of subscribers that publishers do not wait for.
 */
export function judgeTopic(
  evidence: readonly Evidence[],
  lappedRoles: readonly string[],
): Finding[] {
  const sentByEpoch = new Map<number, SentInEpoch>();
  for (const publisher of evidence.filter(({ role }) => role === "publisher")) {
    const sent: SentInEpoch = sentByEpoch.get(publisher.epoch) ?? new Map();
    sentByEpoch.set(publisher.epoch, sent);
    for (const stream of sentBy(publisher)) sent.set(stream.stream, stream);
  }
  const subscribers = evidence.filter(({ role }) => role !== "publisher");
  return [
    ...subscribers.flatMap((subscriber) =>
      judgeSubscriber(subscriber, {
        sent: sentByEpoch.get(subscriber.epoch) ?? new Map(),
        isLapped: lappedRoles.includes(subscriber.role),
      }),
    ),
    ...findLeaked(evidence),
  ];
}

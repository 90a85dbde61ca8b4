/**
 * What senders say of their own records.
 *
 * @module
 */
import { EVENT, type Evidence } from "../evidence.ts";

/** One stream: what a sender has sent between joining and leaving once, numbered from 0. */
export class Sent {
  readonly stream: number;
  /** Parallel arrays in the order of the log: when, and how many were intended and acknowledged from then on. */
  readonly #tickets: number[] = [];
  readonly #intended: number[] = [];
  readonly #acknowledged: number[] = [];

  constructor(stream: number) {
    this.stream = stream;
  }

  /** Records below this number have certainly been published. */
  get acknowledged(): number {
    return this.#acknowledged.at(-1) ?? 0;
  }

  /** Records from this number on have certainly not been sent. */
  get intended(): number {
    return this.#intended.at(-1) ?? 0;
  }

  /** How many had certainly been published when a ticket was drawn. */
  acknowledgedAt(ticket: number): number {
    return this.#acknowledged[this.#countBefore(ticket) - 1] ?? 0;
  }

  /** How many could have been published at most when a ticket was drawn. */
  intendedAt(ticket: number): number {
    return this.#intended[this.#countBefore(ticket) - 1] ?? 0;
  }

  /** Takes the next event of the log. */
  add(ticket: number, intended: number, acknowledged: number): void {
    this.#tickets.push(ticket);
    this.#intended.push(intended);
    this.#acknowledged.push(acknowledged);
  }

  #countBefore(ticket: number): number {
    let from = 0;
    let to = this.#tickets.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#tickets[middle] as number) < ticket) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The streams of a sender, by what it has written down. */
export function sentBy(sender: Evidence): Sent[] {
  const streams = new Map<number, Sent>();
  const events = sender.events();
  for (let index = 0; index < events.length; index++) {
    const code = events.code(index);
    if (code !== EVENT.intended && code !== EVENT.acknowledged) continue;
    const stream = events.stream(index);
    const sent = streams.get(stream) ?? new Sent(stream);
    streams.set(stream, sent);
    const value = events.value(index);
    const isIntended = code === EVENT.intended;
    sent.add(
      events.ticket(index),
      isIntended ? value : sent.intended,
      isIntended ? sent.acknowledged : value,
    );
  }
  return [...streams.values()];
}

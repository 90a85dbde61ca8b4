/**
 * How far the streams of a sender came.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Testimony } from "../testimony.ts";

/** The records of a stream, which are numbered from 0. */
export interface Sent {
  readonly stream: number;
  /** The number after the last that its sender knew to be published. */
  acknowledged: number;
  /** The number after the last that may have been published. */
  intended: number;
  /** The ticket of the first intention. */
  readonly firstTicket: number;
}

/** Reads the streams of a sender from what it has written down. */
export function sentBy(sender: Testimony): Sent[] {
  const events = sender.events();
  const streams = new Map<number, Sent>();
  for (let index = 0; index < events.length; index++) {
    const code = events.code(index);
    if (code !== EVENT.intended && code !== EVENT.acknowledged) continue;
    const stream = events.stream(index);
    const firstTicket = events.ticket(index);
    const sent = streams.get(stream) ?? { stream, acknowledged: 0, intended: 0, firstTicket };
    streams.set(stream, sent);
    if (code === EVENT.intended) sent.intended = events.value(index);
    else sent.acknowledged = events.value(index);
  }
  return [...streams.values()];
}

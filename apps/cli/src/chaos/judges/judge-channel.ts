/**
 * Judges a channel: every record that was published has been delivered, whole, in order, and once; again only what a
 * consumer that was killed had been handed and had not released.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import { streamText } from "../stream-number.ts";
import type { Testimony } from "../testimony.ts";
import { ChannelLedger } from "./channel-ledger.ts";
import { leakFindings } from "./leak-findings.ts";
import { type Sent, sentBy } from "./sent-by.ts";

/** See the module. `testimonies` are those of its producers and consumers. */
export function judgeChannel(testimonies: readonly Testimony[]): Finding[] {
  const ledger = new ChannelLedger();
  for (const consumer of consumersInOrder(testimonies)) ledger.add(consumer);
  const { findings } = ledger;
  const known = new Set<number>();
  for (const producer of testimonies.filter(({ role }) => role === "producer")) {
    for (const sent of sentBy(producer)) {
      known.add(sent.stream);
      judgeStream(ledger, producer, sent);
    }
  }
  for (const stream of ledger.streams()) {
    if (known.has(stream)) continue;
    const detail = `stream ${streamText(stream)}, which nobody has sent`;
    findings.push({ fault: "torn", count: ledger.nextOf(stream), detail });
  }
  return [...findings, ...leakFindings(testimonies)];
}

function judgeStream(ledger: ChannelLedger, producer: Testimony, sent: Sent): void {
  const { stream, acknowledged, intended } = sent;
  const next = ledger.nextOf(stream);
  const missing = ledger.excuse(producer.era, Math.max(0, acknowledged - next));
  if (missing > 0) {
    ledger.report(producer, "lost", missing, stream, `${next} to ${acknowledged - 1}`);
  }
  if (next > intended) {
    const which = `${intended} to ${next - 1}, which nobody has sent,`;
    ledger.report(producer, "torn", next - intended, stream, which);
  }
}

function consumersInOrder(testimonies: readonly Testimony[]): Testimony[] {
  const joined: { ticket: number; consumer: Testimony }[] = [];
  for (const consumer of testimonies) {
    if (consumer.role !== "consumer") continue;
    const events = consumer.events();
    // One that was killed before it had joined has nothing to say.
    if (events.length > 0 && events.code(0) === EVENT.ready) {
      joined.push({ ticket: events.ticket(0), consumer });
    }
  }
  return joined.sort((left, right) => left.ticket - right.ticket).map(({ consumer }) => consumer);
}

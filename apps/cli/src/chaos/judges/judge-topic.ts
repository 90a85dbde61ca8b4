/**
 * Judges a topic: a gating subscriber has every record of every publisher from when it joined, once and in order; a
 * lapped one has them in order and was told of every one that is missing, and of no other.
 *
 * @module
 */
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";
import { leakFindings } from "./leak-findings.ts";
import { type Sent, sentBy } from "./sent-by.ts";
import { judgeSubscriber } from "./subscription.ts";

/** What publishers have sent in one life of the directory, by stream. */
type SentInEra = Map<number, Sent>;

/**
 * See the module.
 *
 * @param testimonies Those of its publishers and subscribers.
 * @param lappedRoles The roles of subscribers that publishers do not wait for.
 */
export function judgeTopic(
  testimonies: readonly Testimony[],
  lappedRoles: readonly string[],
): Finding[] {
  const sentByEra = new Map<number, SentInEra>();
  for (const publisher of testimonies.filter(({ role }) => role === "publisher")) {
    const sent: SentInEra = sentByEra.get(publisher.era) ?? new Map();
    sentByEra.set(publisher.era, sent);
    for (const stream of sentBy(publisher)) sent.set(stream.stream, stream);
  }
  const subscribers = testimonies.filter(({ role }) => role !== "publisher");
  return [
    ...subscribers.flatMap((subscriber) =>
      judgeSubscriber(subscriber, {
        sent: sentByEra.get(subscriber.era) ?? new Map(),
        isLapped: lappedRoles.includes(subscriber.role),
      }),
    ),
    ...leakFindings(testimonies),
  ];
}

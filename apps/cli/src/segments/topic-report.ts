/**
 * A topic as a person reads it.
 *
 * @module
 */
import type { TopicInfo } from "@isthmus/ipc";
import { formatCount, formatCountOf, formatShare, formatSize } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import type { Alignment } from "../output/table.ts";
import {
  activityText,
  capacityText,
  flowText,
  modeText,
  participantText,
} from "./channel-report.ts";

/** Headings of the table of publishers. */
export const PUBLISHER_HEADINGS: readonly string[] = [
  "LANE",
  "PUBLISHER",
  "RECORDS",
  "BYTES",
  "FILL",
  "DROPS",
  "WAITS",
  "POSITION",
  "LAST SENT",
];

/** Headings of the table of subscribers. */
export const SUBSCRIBER_HEADINGS: readonly string[] = [
  "SLOT",
  "SUBSCRIBER",
  "ON SLOW",
  "RECORDS",
  "LAG",
  "LOST",
  "LAPS",
  "SLEEPS",
  "LAST READ",
];

/** How the columns of the first table stand. */
export const PUBLISHER_ALIGNMENTS: readonly Alignment[] = alignments(PUBLISHER_HEADINGS, 2);

/** How those of the second one stand. */
export const SUBSCRIBER_ALIGNMENTS: readonly Alignment[] = alignments(SUBSCRIBER_HEADINGS, 3);

/** What is to be said of the topic as a whole, as pairs. */
export function topicRows(topic: TopicInfo): string[][] {
  const { subscribers } = topic;
  const read = subscribers.reduce((sum, { records }) => sum + records, 0);
  const emptyWaits = subscribers.reduce((sum, { emptyWaits: waits }) => sum + waits, 0);
  const corruptions = subscribers.reduce((sum, one) => sum + one.corruptions, 0);
  return [
    ["records", modeText(topic)],
    ["capacity", capacityText({ ...topic, count: topic.maxPublishers, noun: "publisher" })],
    ["published", flowText(topic)],
    [
      "read",
      `${formatCountOf(read, "record")} by ${formatCountOf(subscribers.length, "subscriber")}`,
    ],
    [
      "lag",
      `${formatCountOf(topic.lag, "record")} of the slowest (${formatShare(topic.fill, 1)} kept)`,
    ],
    ["lost", formatCount(topic.lost)],
    ["drops", formatCount(topic.drops)],
    ["waits", `${formatCount(topic.fullWaits)} for room, ${formatCount(emptyWaits)} for records`],
    [
      "wake-ups",
      `${formatCount(topic.subscriberWakes)} of subscribers, ${formatCount(topic.publisherWakes)} of publishers`,
    ],
    ["corruptions", formatCount(corruptions)],
  ];
}

/** The rows of the table of publishers. */
export function publisherRows({ publishers }: TopicInfo, nowMs: number, style: Style): string[][] {
  return publishers.map((one) => [
    String(one.lane),
    participantText(one.publisher, style),
    formatCount(one.records),
    formatSize(one.bytes),
    formatShare(one.fill, 1),
    formatCount(one.drops),
    formatCount(one.fullWaits),
    formatCount(one.position),
    activityText(one.lastActivityMs, nowMs),
  ]);
}

/** The rows of the table of subscribers. */
export function subscriberRows(
  { subscribers }: TopicInfo,
  nowMs: number,
  style: Style,
): string[][] {
  return subscribers.map((one) => [
    String(one.participant.slot),
    participantText(one.participant, style, one.state),
    one.onSlow ?? "–",
    formatCount(one.records),
    formatCount(one.lag),
    one.lost > 0 ? style.yellow(formatCount(one.lost)) : "0",
    formatCount(one.laps),
    formatCount(one.emptyWaits),
    activityText(one.lastActivityMs, nowMs),
  ]);
}

function alignments(headings: readonly string[], leftUntil: number): Alignment[] {
  return headings.map((_, index) => (index > 0 && index < leftUntil ? "left" : "right"));
}

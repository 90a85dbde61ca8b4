/**
 * A topic as a person reads it.
 *
 * @module
 */
import {
  FIGURES,
  type TopicInfo,
  type TopicPublisherInfo,
  type TopicSubscriberInfo,
} from "@isthmus/ipc";
import { formatCount, formatCountOf, formatShare } from "../output/format.ts";
import {
  capacityText,
  flowText,
  latencyRows,
  modeText,
  participantText,
} from "./channel-report.ts";
import type { FigureColumns } from "./figure-table.ts";
import { NOTHING } from "./segment-text.ts";

/** The table of publishers. */
export const PUBLISHER_COLUMNS: FigureColumns<TopicPublisherInfo> = {
  leads: {
    LANE: ({ lane }) => String(lane),
    PUBLISHER: ({ publisher }, style) => participantText(publisher, style),
  },
  tables: [FIGURES.topic.publisher],
  headings: {
    records: "RECORDS",
    bytes: "BYTES",
    fill: "FILL",
    drops: "DROPS",
    fullWaits: "WAITS",
    position: "POSITION",
    lastActivityMs: "LAST SENT",
  },
};

/** The table of subscribers. */
export const SUBSCRIBER_COLUMNS: FigureColumns<TopicSubscriberInfo> = {
  leads: {
    SLOT: ({ participant }) => String(participant.slot),
    SUBSCRIBER: ({ participant, state }, style) => participantText(participant, style, state),
    "ON SLOW": ({ onSlow }) => onSlow ?? NOTHING,
  },
  tables: [FIGURES.topic.place, FIGURES.topic.subscriber],
  headings: {
    records: "RECORDS",
    bytes: undefined,
    lag: "LAG",
    lost: "LOST",
    laps: "LAPS",
    emptyWaits: "SLEEPS",
    corruptions: undefined,
    lastActivityMs: "LAST READ",
  },
};

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
    ...latencyRows(topic.latency),
  ];
}

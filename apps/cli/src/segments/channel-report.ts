/**
 * A channel as a person reads it.
 *
 * @module
 */
import type { ChannelInfo, HistogramSnapshot, ParticipantInfo } from "@isthmus/ipc";
import {
  formatCount,
  formatCountOf,
  formatDuration,
  formatShare,
  formatSize,
} from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import type { Alignment } from "../output/table.ts";
import { ageText, NOTHING } from "./segment-text.ts";

/** Headings of the table of lanes. */
export const LANE_HEADINGS: readonly string[] = [
  "LANE",
  "PRODUCER",
  "RECORDS",
  "BYTES",
  "CONSUMED",
  "LAG",
  "FILL",
  "DROPS",
  "WAITS",
  "POSITION",
  "LAST SENT",
];

/** How its columns stand. */
export const LANE_ALIGNMENTS: readonly Alignment[] = [
  "right",
  "left",
  ...LANE_HEADINGS.slice(2).map(() => "right" as const),
];

/** What is to be said of the channel as a whole, as pairs. */
export function channelRows(channel: ChannelInfo, nowMs: number, style: Style): string[][] {
  const { consumer, latency } = channel;
  return [
    ["records", modeText(channel)],
    ["capacity", capacityText(channel)],
    ["sent", flowText(channel)],
    ["consumed", flowText(consumer)],
    ["lag", `${formatCountOf(channel.lag, "record")} (${formatShare(channel.fill, 1)} full)`],
    ["drops", formatCount(channel.drops)],
    [
      "waits",
      `${formatCount(channel.fullWaits)} for room, ${formatCount(consumer.dryWaits)} for records`,
    ],
    [
      "wake-ups",
      `${formatCount(channel.consumerWakes)} of the consumer, ${formatCount(channel.producerWakes)} of producers`,
    ],
    ["consumer", consumerText(channel, nowMs, style)],
    ["corruptions", formatCount(consumer.corruptions)],
    ...(latency ? [["latency", latencyText(latency)]] : []),
  ];
}

/** The rows of the table of lanes. */
export function laneRows({ lanes }: ChannelInfo, nowMs: number, style: Style): string[][] {
  return lanes.map((lane) => [
    String(lane.lane),
    partyText(lane.producer, style),
    formatCount(lane.records),
    formatSize(lane.bytes),
    formatCount(lane.consumedRecords),
    formatCount(lane.lag),
    formatShare(lane.fill, 1),
    formatCount(lane.drops),
    formatCount(lane.fullWaits),
    formatCount(lane.position),
    activityText(lane.lastActivityMs, nowMs),
  ]);
}

function modeText({ mode, recordBytes }: ChannelInfo): string {
  if (mode === "fixed") return `struct of ${formatCountOf(recordBytes, "byte")}`;
  return mode === "json" ? "JSON" : "bytes";
}

function capacityText({ mode, capacity, capacityBytes, maxProducers }: ChannelInfo): string {
  const records = mode === "fixed" ? `, ${formatCountOf(capacity, "record")}` : "";
  return `${formatSize(capacityBytes)}${records} for each of ${formatCountOf(maxProducers, "producer")}`;
}

function flowText({
  records,
  bytes,
}: {
  readonly records: number;
  readonly bytes: number;
}): string {
  return `${formatCountOf(records, "record")}, ${formatSize(bytes)}`;
}

function consumerText({ consumer }: ChannelInfo, nowMs: number, style: Style): string {
  const { party, lastActivityMs, isDry } = consumer;
  if (party === undefined) return "nobody";
  const state = party.isAlive && isDry ? ", waits for records" : "";
  return `${partyText(party, style)}${state}, last consumed ${activityText(lastActivityMs, nowMs)}`;
}

function partyText(party: ParticipantInfo | undefined, style: Style): string {
  if (party === undefined) return NOTHING;
  const state = party.isAlive ? style.green("live") : style.red("dead");
  return `${printable(party.name)} (${party.pid}) ${state}`;
}

function activityText(thenMs: number, nowMs: number): string {
  return thenMs === 0 ? "never" : `${ageText(thenMs, nowMs)} ago`;
}

function latencyText(latency: HistogramSnapshot): string {
  if (latency.count === 0) return NOTHING;
  const text = (percent: number): string => formatDuration(latency.percentile(percent) / 1e6);
  return `p50 ${text(50)}, p99 ${text(99)}, p99.9 ${text(99.9)}, most ${text(100)}`;
}

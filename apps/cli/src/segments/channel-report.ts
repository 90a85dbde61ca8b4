/**
 * A channel as a person reads it.
 *
 * @module
 */
import {
  type ChannelInfo,
  type ChannelLaneInfo,
  FIGURES,
  type HistogramSnapshot,
  type ParticipantInfo,
  type ParticipantState,
} from "@isthmus/ipc";
import {
  formatCount,
  formatCountOf,
  formatDuration,
  formatShare,
  formatSize,
} from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import type { FigureColumns } from "./figure-table.ts";
import { activityText, NOTHING } from "./segment-text.ts";

/** The table of lanes. */
export const LANE_COLUMNS: FigureColumns<ChannelLaneInfo> = {
  leads: {
    LANE: ({ lane }) => String(lane),
    PRODUCER: ({ producer }, style) => participantText(producer, style),
  },
  tables: [FIGURES.channel.producer, FIGURES.channel.lane],
  headings: {
    records: "RECORDS",
    bytes: "BYTES",
    consumedRecords: "CONSUMED",
    consumedBytes: undefined,
    lag: "LAG",
    fill: "FILL",
    drops: "DROPS",
    fullWaits: "WAITS",
    position: "POSITION",
    lastActivityMs: "LAST SENT",
  },
};

/** What is to be said of the channel as a whole, as pairs. */
export function channelRows(channel: ChannelInfo, nowMs: number, style: Style): string[][] {
  const { consumer, latency } = channel;
  return [
    ["records", modeText(channel)],
    ["capacity", capacityText({ ...channel, count: channel.maxProducers, noun: "producer" })],
    ["sent", flowText(channel)],
    ["consumed", flowText(consumer)],
    ["lag", `${formatCountOf(channel.lag, "record")} (${formatShare(channel.fill, 1)} full)`],
    ["drops", formatCount(channel.drops)],
    [
      "waits",
      `${formatCount(channel.fullWaits)} for room, ${formatCount(consumer.emptyWaits)} for records`,
    ],
    [
      "wake-ups",
      `${formatCount(channel.consumerWakes)} of the consumer, ${formatCount(channel.producerWakes)} of producers`,
    ],
    ["consumer", consumerText(channel, nowMs, style)],
    ["corruptions", formatCount(consumer.corruptions)],
    ...latencyRows(latency),
  ];
}

/** What records are. */
export function modeText({ mode, recordBytes }: Pick<ChannelInfo, "mode" | "recordBytes">): string {
  if (mode === "fixed") return `struct of ${formatCountOf(recordBytes, "byte")}`;
  return mode === "json" ? "JSON" : "bytes";
}

/** What room there is, and for how many. */
interface Capacity extends Pick<ChannelInfo, "mode" | "capacity" | "capacityBytes"> {
  readonly count: number;
  readonly noun: string;
}

/** How much room everybody has. */
export function capacityText({ mode, capacity, capacityBytes, count, noun }: Capacity): string {
  const records = mode === "fixed" ? `, ${formatCountOf(capacity, "record")}` : "";
  return `${formatSize(capacityBytes)}${records} for each of ${formatCountOf(count, noun)}`;
}

/** How many records, and how many bytes. */
export function flowText({
  records,
  bytes,
}: {
  readonly records: number;
  readonly bytes: number;
}): string {
  return `${formatCountOf(records, "record")}, ${formatSize(bytes)}`;
}

function consumerText({ consumer }: ChannelInfo, nowMs: number, style: Style): string {
  const { participant, lastActivityMs, isIdle } = consumer;
  if (participant === undefined) return "nobody";
  const state = participant.isAlive && isIdle ? ", waits for records" : "";
  return `${participantText(participant, style)}${state}, last consumed ${activityText(lastActivityMs, nowMs)}`;
}

/** Who somebody is, and how they are doing. */
export function participantText(
  participant: ParticipantInfo | undefined,
  style: Style,
  state?: ParticipantState,
): string {
  if (participant === undefined) return NOTHING;
  const known = state ?? (participant.isAlive ? "live" : "dead");
  return `${printable(participant.name)} (${participant.pid}) ${stateText(known, style)}`;
}

/** How somebody is doing. */
export function stateText(state: ParticipantState, style: Style): string {
  return STATE_STYLES[state](style, state);
}

const STATE_STYLES: Readonly<Record<ParticipantState, (style: Style, text: string) => string>> = {
  live: (style, text) => style.green(text),
  stalled: (style, text) => style.yellow(text),
  dead: (style, text) => style.red(text),
};

/** How long it takes; nothing where that is not measured. */
export function latencyRows(latency: HistogramSnapshot | undefined): string[][] {
  return latency === undefined ? [] : [["latency", latencyText(latency)]];
}

function latencyText(latency: HistogramSnapshot): string {
  if (latency.count === 0) return NOTHING;
  const text = (percent: number): string => formatDuration(latency.percentile(percent) / 1e6);
  return `p50 ${text(50)}, p99 ${text(99)}, p99.9 ${text(99.9)}, most ${text(100)}`;
}

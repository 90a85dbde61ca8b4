/**
 * All segments in one moment, as a person reads them.
 *
 * @module
 */
import type { ChannelInfo, ParticipantInfo, SegmentRates, SegmentSample } from "@isthmus/ipc";
import { formatCount, formatDuration, formatRate, formatShare } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { type Alignment, formatTable } from "../output/table.ts";
import { NOTHING, ownerText, participantsText } from "../segments/segment-text.ts";

/** A sample, and what has happened since the one before. */
export interface TopRow {
  readonly sample: SegmentSample;
  readonly rates: SegmentRates | undefined;
}

const HEADINGS = [
  "NAME",
  "KIND",
  "RECORDS/S",
  "BYTES/S",
  "FILL",
  "LAG",
  "P99",
  "DROPS",
  "WAITS",
  "WHO",
  "LOCK",
] as const;

const ALIGNMENTS: readonly Alignment[] = [
  "left",
  "left",
  "right",
  "right",
  "right",
  "right",
  "right",
  "right",
  "right",
];

/** A ring that is fuller than this has a consumer that does not keep up. */
const FILL_WARNING = 0.8;

/** Producers whose pids are shown. */
const PRODUCERS_SHOWN = 3;

const LONGEST_NAME = 32;

/**
 * Formats the table of `isthmus top`.
 *
 * @param rows The segments, in the order of the lines.
 * @param nowMs The time, in milliseconds since 1970.
 * @param style The colours of stdout.
 * @returns The lines.
 */
export function formatTopTable(rows: readonly TopRow[], nowMs: number, style: Style): string[] {
  const cells = rows.map(({ sample, rates }) => [
    nameText(sample.name),
    sample.error ? style.red("damaged") : sample.kind,
    ...(sample.channel ? channelCells(sample.channel, rates, style) : mutexCells(sample)),
    whoText(sample, style),
    ownerText(sample, nowMs, style),
  ]);
  return formatTable([HEADINGS.map(style.bold), ...cells], ALIGNMENTS);
}

function channelCells(
  channel: ChannelInfo,
  rates: SegmentRates | undefined,
  style: Style,
): string[] {
  const flow = rates?.channel;
  const latency = flow?.latency?.count ? flow.latency : channel.latency;
  const fill = formatShare(channel.fill, 1);
  return [
    flow ? formatCount(flow.recordsPerSecond) : NOTHING,
    flow ? formatRate(flow.bytesPerSecond) : NOTHING,
    channel.fill > FILL_WARNING ? style.yellow(fill) : fill,
    formatCount(channel.lag),
    latency?.count ? formatDuration(latency.percentile(99) / 1e6) : NOTHING,
    channel.drops > 0 ? style.yellow(formatCount(channel.drops)) : "0",
    formatCount(channel.fullWaits),
  ];
}

/** Only what a mutex has of a channel's columns: how often somebody had to wait. */
function mutexCells({ mutex }: SegmentSample): string[] {
  const contentions = mutex ? formatCount(mutex.contentions) : NOTHING;
  return [NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, contentions];
}

/** Of a channel who sends to whom, of anything else how many take part. */
function whoText(sample: SegmentSample, style: Style): string {
  const { channel } = sample;
  if (channel === undefined) return participantsText(sample, style);
  const producers = channel.lanes.flatMap(({ producer }) => producer ?? []);
  const shown = producers.slice(0, PRODUCERS_SHOWN).map((one) => partyText(one, style));
  const rest = producers.length - shown.length;
  const senders = [...shown, ...(rest > 0 ? [`+${rest}`] : [])].join(" ") || NOTHING;
  const { party } = channel.consumer;
  return `${senders} → ${party ? partyText(party, style) : NOTHING}`;
}

function partyText({ pid, isAlive }: ParticipantInfo, style: Style): string {
  return isAlive ? style.green(String(pid)) : style.red(`${pid} dead`);
}

function nameText(name: string): string {
  const text = printable(name);
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}

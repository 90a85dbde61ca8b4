/**
 * One segment as a person reads it.
 *
 * @module
 */
import type { SegmentInfo } from "@isthmus/ipc";
import { formatCount, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { type Alignment, formatTable } from "../output/table.ts";
import { channelRows, LANE_ALIGNMENTS, LANE_HEADINGS, laneRows } from "./channel-report.ts";
import { ageText, heldText, ownerText, participantsText, timeText } from "./segment-text.ts";

/**
 * Formats the report of `isthmus inspect`.
 *
 * @param info The segment.
 * @param nowMs The time, in milliseconds since 1970.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatSegmentReport(info: SegmentInfo, nowMs: number, style: Style): string {
  const parts = [
    [style.bold(printable(info.name)), ...indent(formatTable(headerRows(info, nowMs, style)))],
    table("Sections", ["ID", "NAME", "OFFSET", "BYTES"], sectionRows(info), style, RIGHT_NUMBERS),
  ];
  if (info.participants.length > 0) {
    const headings = ["SLOT", "ROLE", "PID", "NAME", "JOINED", "STATE"];
    parts.push(table("Participants", headings, participantRows(info, style), style, ["right"]));
  }
  if (info.mutex !== undefined) {
    parts.push([style.bold("Mutex"), ...indent(formatTable(mutexRows(info, nowMs, style)))]);
  }
  if (info.channel !== undefined) {
    const { channel } = info;
    parts.push([style.bold("Channel"), ...indent(formatTable(channelRows(channel, nowMs, style)))]);
    const lanes = laneRows(channel, nowMs, style);
    if (lanes.length > 0) parts.push(table("Lanes", LANE_HEADINGS, lanes, style, LANE_ALIGNMENTS));
  }
  if (info.cells.length > 0) {
    const headings = ["CELL", "AWAITED", "WAKES", "TIMEOUT WAKES"];
    parts.push(table("Wait cells", headings, cellRows(info), style, RIGHT_COUNTS));
  }
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

const RIGHT_NUMBERS: readonly Alignment[] = ["right", "left", "right", "right"];
const RIGHT_COUNTS: readonly Alignment[] = ["right", "left", "right", "right"];

function table(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  alignments: readonly Alignment[],
): string[] {
  const lines = formatTable([headings.map(style.dim), ...rows], alignments);
  return [style.bold(title), ...indent(lines)];
}

function headerRows(info: SegmentInfo, nowMs: number, style: Style): string[][] {
  const created = `${timeText(info.createdAtMs)} (${ageText(info.createdAtMs, nowMs)} ago)`;
  return [
    ["kind", info.kind],
    ["path", printable(info.path)],
    ["size", `${formatCount(info.totalBytes)} bytes (${formatSize(info.totalBytes)})`],
    ["held", heldText(info, style)],
    ["participants", participantsText(info, style)],
    ["persistent", info.isPersistent ? "yes" : "no"],
    ["created", `${created} by process ${info.creatorPid}`],
    ["epoch", info.epoch],
    ["fingerprint", info.fingerprint],
  ];
}

function sectionRows({ sections }: SegmentInfo): string[][] {
  return sections.map(({ id, name, offset, lengthBytes }) => [
    String(id),
    name,
    formatCount(offset),
    formatCount(lengthBytes),
  ]);
}

function participantRows({ participants }: SegmentInfo, style: Style): string[][] {
  return participants.map(({ slot, role, pid, name, joinedAtMs, isAlive }) => [
    String(slot),
    role,
    String(pid),
    printable(name),
    timeText(joinedAtMs),
    isAlive ? style.green("live") : style.red("dead"),
  ]);
}

function mutexRows(info: SegmentInfo, nowMs: number, style: Style): string[][] {
  const { mutex } = info;
  if (mutex === undefined) return [];
  const { owner } = mutex;
  const since = owner === undefined ? [] : [["acquired", timeText(owner.sinceMs)]];
  return [
    ["owner", ownerText(info, nowMs, style)],
    ...since,
    ["acquisitions", formatCount(mutex.acquisitions)],
    ["contentions", formatCount(mutex.contentions)],
    ["recoveries", formatCount(mutex.recoveries)],
  ];
}

function cellRows({ cells }: SegmentInfo): string[][] {
  return cells.map(({ index, isAwaited, wakes, timeoutWakes }) => [
    String(index),
    isAwaited ? "yes" : "no",
    formatCount(wakes),
    formatCount(timeoutWakes),
  ]);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

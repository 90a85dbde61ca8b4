/**
 * One segment as a person reads it.
 *
 * @module
 */
import {
  type CellInfo,
  participantStates,
  type SegmentInfo,
  type StructValueInfo,
} from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import { formatCount, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { type Alignment, formatTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";
import { BRIDGE_END_COLUMNS, bridgeRows } from "./bridge-report.ts";
import { channelRows, LANE_COLUMNS, stateText } from "./channel-report.ts";
import { type FigureColumns, figureRows } from "./figure-table.ts";
import { JOB_HEADINGS, jobRows, queueRows } from "./queue-report.ts";
import { isUnreachable } from "./segment-record.ts";
import {
  ageText,
  heldText,
  ownerText,
  participantsText,
  timeText,
  unreachableText,
} from "./segment-text.ts";
import { REQUESTER_COLUMNS, serviceRows } from "./service-report.ts";
import { FOLLOWER_COLUMNS, storeRows } from "./store-report.ts";
import { eventRows, semaphoreRows, structLines } from "./sync-report.ts";
import { PUBLISHER_COLUMNS, SUBSCRIBER_COLUMNS, topicRows } from "./topic-report.ts";

const INDENT = "  ";

/**
 * Formats the report of `isthmus inspect`.
 *
 * @param info The segment.
 * @param nowMs The time, in milliseconds since 1970.
 * @param style The colours of stdout.
 * @param value The value of a struct.
 * @returns The text, ending in a newline.
 */
export function formatSegmentReport(
  info: SegmentInfo,
  nowMs: number,
  style: Style,
  value?: StructValueInfo,
): string {
  const parts = [
    [style.bold(printable(info.name)), ...indent(pairs(headerRows(info, nowMs, style), style))],
    table("Sections", ["ID", "NAME", "OFFSET", "BYTES"], sectionRows(info), style, RIGHT_NUMBERS),
  ];
  if (info.participants.length > 0) {
    const headings = ["SLOT", "ROLE", "PID", "NAME", "JOINED", "STATE"];
    parts.push(table("Participants", headings, participantRows(info, style), style, ["right"]));
  }
  if (info.mutex !== undefined) {
    parts.push([style.bold("Mutex"), ...indent(pairs(mutexRows(info, nowMs, style), style))]);
  }
  if (info.channel !== undefined) {
    const { channel } = info;
    parts.push([
      style.bold("Channel"),
      ...indent(pairs(channelRows(channel, nowMs, style), style)),
    ]);
    parts.push(...figureTable("Lanes", LANE_COLUMNS, channel.lanes, nowMs, style));
  }
  parts.push(...kindParts(info, nowMs, style));
  if (value !== undefined) {
    parts.push([style.bold("Value"), ...indent(structLines(value, style))]);
  }
  const cells = cellRows(info);
  if (cells.length > 0) {
    const headings = ["CELL", "AWAITED BY", "WAKES", "TIMEOUT WAKES"];
    parts.push(table("Wait cells", headings, cells, style, RIGHT_COUNTS));
  }
  const text = parts.map((lines) => lines.join("\n")).join("\n\n");
  return `${wrap(text, style.columns)}\n`;
}

/** What only topics, services, queues, bridges, semaphores and events have. */
function kindParts(info: SegmentInfo, nowMs: number, style: Style): string[][] {
  const { topic, service, queue, bridge, semaphore, event } = info;
  const parts: string[][] = [];
  const add = (title: string, rows: string[][]): void => {
    parts.push([style.bold(title), ...indent(pairs(rows, style))]);
  };
  if (topic) {
    add("Topic", topicRows(topic));
    parts.push(...figureTable("Publishers", PUBLISHER_COLUMNS, topic.publishers, nowMs, style));
    parts.push(...figureTable("Subscribers", SUBSCRIBER_COLUMNS, topic.subscribers, nowMs, style));
  }
  if (service) {
    add("Service", serviceRows(service, nowMs, style));
    parts.push(...figureTable("Requesters", REQUESTER_COLUMNS, service.requesters, nowMs, style));
  }
  if (queue) {
    add("Queue", queueRows(queue, style));
    const jobs = jobRows(queue.jobs, style);
    if (jobs.length > 0) parts.push(table("In flight", JOB_HEADINGS, jobs, style, ["right"]));
  }
  const store = storeRows(info, style);
  if (store) add(store.title, store.rows);
  const followers = info.journal?.followers ?? [];
  parts.push(...figureTable("Followers", FOLLOWER_COLUMNS, followers, nowMs, style));
  if (bridge) {
    add("Bridge", bridgeRows(bridge, nowMs, style));
    parts.push(...figureTable("Ends", BRIDGE_END_COLUMNS, bridge.ends, nowMs, style));
  }
  if (semaphore) add("Semaphore", semaphoreRows(semaphore, style));
  if (event) add("Event", eventRows(event));
  return parts;
}

const RIGHT_NUMBERS: readonly Alignment[] = ["right", "left", "right", "right"];
const RIGHT_COUNTS: readonly Alignment[] = ["right", "left", "right", "right"];

/** A table of lanes or participants; none where there are none. */
function figureTable<Item extends object>(
  title: string,
  columns: FigureColumns<Item>,
  items: readonly Item[],
  nowMs: number,
  style: Style,
): string[][] {
  if (items.length === 0) return [];
  const { headings, rows, alignments } = figureRows(columns, items, nowMs, style);
  return [table(title, headings, rows, style, alignments)];
}

/** A table with a title. */
export function table(
  title: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  alignments: readonly Alignment[],
): string[] {
  const lines = formatTable([headings.map(style.dim), ...rows], alignments, roomOf(style));
  return [style.bold(title), ...indent(lines)];
}

function headerRows(info: SegmentInfo, nowMs: number, style: Style): string[][] {
  const created = `${timeText(info.createdAtMs)} (${ageText(info.createdAtMs, nowMs)} ago)`;
  return [
    ["kind", kindName(info)],
    ["path", printable(info.path)],
    ["size", `${formatCount(info.totalBytes)} bytes (${formatSize(info.totalBytes)})`],
    ["held", heldText(info, style)],
    ...(isUnreachable(info) ? [["name", style.red(unreachableText(info))]] : []),
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

function participantRows(info: SegmentInfo, style: Style): string[][] {
  const states = participantStates(info);
  return info.participants.map(({ slot, role, pid, name, joinedAtMs }) => [
    String(slot),
    role,
    String(pid),
    printable(name),
    timeText(joinedAtMs),
    stateText(states.get(slot) ?? "live", style),
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

/** The cells; of a service's many, those that have ever been of use. */
function cellRows({ cells, kind }: SegmentInfo): string[][] {
  return cells
    .filter((one) => kind !== "service" || one.isAwaited || one.wakes > 0 || one.timeoutWakes > 0)
    .map((cell) => [
      String(cell.index),
      waitersText(cell),
      formatCount(cell.wakes),
      formatCount(cell.timeoutWakes),
    ]);
}

/** Who waits at a cell: in the event loop by its slot, asleep without a name. */
function waitersText({ isAwaited, hasSleepers, waitingSlots = [] }: CellInfo): string {
  const slots = waitingSlots.map((slot) => `slot ${slot}`);
  const all = [...slots, ...(hasSleepers ? ["a thread"] : [])];
  return all.join(", ") || (isAwaited ? "yes" : "nobody");
}

/** A table of names and values. */
export function pairs(rows: readonly (readonly string[])[], style: Style): string[] {
  return formatTable(rows, [], roomOf(style));
}

/** What is left of the width for lines that are indented. */
function roomOf({ columns }: Style): number {
  return columns - INDENT.length;
}

/** Lines that stand in. */
export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => INDENT + line);
}

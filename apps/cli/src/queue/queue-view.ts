/**
 * What `isthmus queue NAME` shows.
 *
 * @module
 */
import { type DeadLetterInfo, observeDeadLetters } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import { jsonValue } from "../output/json-value.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { wrap } from "../output/wrap.ts";
import { infoRecord, type JsonRecord } from "../segments/info-record.ts";
import { JOB_HEADINGS, jobRows, queueRows } from "../segments/queue-report.ts";
import { indent, pairs, table } from "../segments/segment-report.ts";
import { heldText, NOTHING } from "../segments/segment-text.ts";
import { recordText } from "../watch/record-text.ts";
import type { QueueSegmentInfo } from "./open-queue.ts";

/** How much of a job is shown in a table, in bytes. */
const VALUE_BYTES_MAX = 200;

/** The public record; its fields are a contract. */
export function queueRecord(info: QueueSegmentInfo, limit: number): JsonRecord {
  const { name, isPersistent, queue } = info;
  const { jobs, ...figures } = infoRecord(queue);
  const letters = observeDeadLetters(name, { limit, maxBytes: Number.MAX_SAFE_INTEGER });
  return { name, persistent: isPersistent, ...figures, jobs, dead: letters.map(letterRecord) };
}

function letterRecord(letter: DeadLetterInfo): JsonRecord {
  const { id, attempts, priority, lastError, lengthBytes, bytes, value } = letter;
  const head = { id, attempts, priority, last_error: lastError ?? null, bytes: lengthBytes };
  return value === undefined
    ? { ...head, value_base64: Buffer.from(bytes).toString("base64") }
    : { ...head, value: jsonValue(value) };
}

/** The queue as a person reads it. */
export function formatQueue(info: QueueSegmentInfo, limit: number, style: Style): string {
  const { name, isPersistent, queue } = info;
  const rows = [
    ["persistent", isPersistent ? "yes" : "no"],
    ["held", heldText(info, style)],
    ...queueRows(queue, style),
  ];
  const parts = [[style.bold(printable(name)), ...indent(pairs(rows, style))]];
  const jobs = jobRows(queue.jobs, style);
  const title = withRest("In flight", jobs.length, queue.inFlight, style);
  if (jobs.length > 0) parts.push(table(title, JOB_HEADINGS, jobs, style, ["right"]));
  const letters = observeDeadLetters(name, { limit, maxBytes: VALUE_BYTES_MAX });
  if (letters.length > 0) {
    const headings = ["JOB", "ATTEMPTS", "PRIORITY", "BYTES", "ERROR", "VALUE"];
    const count = withRest("Dead letters", letters.length, queue.deadLetters, style);
    const alignments = ["right", "right", "right", "right"] as const;
    parts.push(
      table(
        count,
        headings,
        letters.map((one) => letterRow(one, style)),
        style,
        alignments,
      ),
    );
  }
  const text = parts.map((lines) => lines.join("\n")).join("\n\n");
  return `${wrap(text, style.columns)}\n`;
}

function withRest(title: string, shown: number, all: number, style: Style): string {
  return shown < all
    ? `${title}${style.dim(`: the first ${formatCount(shown)} of ${formatCount(all)}`)}`
    : title;
}

function letterRow(letter: DeadLetterInfo, style: Style): string[] {
  const { id, attempts, priority, lastError, lengthBytes, value } = letter;
  return [
    String(id),
    formatCount(attempts),
    String(priority),
    formatCount(lengthBytes),
    lastError === undefined ? NOTHING : lastError.split("\n").map(printable).join(" | "),
    recordText(letter, value, style),
  ];
}

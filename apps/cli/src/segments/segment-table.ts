/**
 * Segments as a person reads them: one line each.
 *
 * @module
 */
import type { SegmentInfo } from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import { formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { isUnreachable } from "./segment-record.ts";
import {
  ageText,
  heldText,
  NOTHING,
  ownerText,
  participantsText,
  unreachableText,
} from "./segment-text.ts";

const HEADINGS = ["NAME", "KIND", "SIZE", "HELD", "PARTICIPANTS", "LOCK", "AGE", "NOTE"];

/**
 * Formats the table of `isthmus ls`.
 *
 * @param segments The segments, in the order of the lines.
 * @param nowMs The time, in milliseconds since 1970.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatSegmentTable(
  segments: readonly SegmentInfo[],
  nowMs: number,
  style: Style,
): string {
  const rows = segments.map((info) => [
    printable(info.name),
    kindName(info),
    formatSize(info.totalBytes),
    heldText(info, style),
    participantsText(info, style),
    ownerText(info, nowMs, style),
    info.error ? NOTHING : ageText(info.createdAtMs, nowMs),
    noteText(info, style),
  ]);
  const lines = formatTable(
    [HEADINGS.map(style.bold), ...rows],
    ["left", "left", "right"],
    style.columns,
  );
  return `${lines.join("\n")}\n`;
}

/** Whether a collection would remove it: nobody holds it and it is not meant to stay. */
export function isLeftOver(info: SegmentInfo): boolean {
  return info.isHeld === false && !info.isPersistent && !isUnreachable(info);
}

function noteText(info: SegmentInfo, style: Style): string {
  if (isUnreachable(info)) return style.red(unreachableText(info));
  if (info.error?.code === "ERR_CORRUPT_SEGMENT") return style.red("corrupt");
  if (info.error) return style.red(info.error.code);
  if (isLeftOver(info)) return style.yellow("left over");
  // Its name says nothing to a person.
  if (info.journal !== undefined) return printable(info.journal.path);
  return info.isPersistent ? "persistent" : "";
}

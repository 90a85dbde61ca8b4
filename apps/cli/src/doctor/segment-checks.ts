/**
 * What lives in the directory of named memory, and what should not.
 *
 * @module
 */

import { findDirectory } from "@isthmus/core/internal";
import { collectSegments, type Leftover, listSegments, type SegmentInfo } from "@isthmus/ipc";
import { COMMAND_NAME } from "../command-name.ts";
import { formatCount, formatCountOf, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import { countParticipants } from "../segments/segment-record.ts";
import { type Check, type Finding, ok, warn } from "./check.ts";

/** How many names a line mentions. */
const NAMES_MAX = 5;

/** The checks of segments. */
export const segmentChecks: readonly Check[] = [
  { name: "segments", run: () => inUsableDirectory(checkSegments) },
  { name: "left over", run: () => inUsableDirectory(checkLeftovers) },
  { name: "participants", run: () => inUsableDirectory(checkParticipants) },
  { name: "locks", run: () => inUsableDirectory(checkLocks) },
];

/** A directory that must not be used has been reported by the check of the directory. */
function inUsableDirectory(check: () => Finding): Finding {
  try {
    findDirectory();
  } catch {
    return warn("not looked at: the directory cannot be used", "see the check of the directory");
  }
  return check();
}

function checkSegments(): Finding {
  const segments = listSegments();
  const damaged = segments.filter(({ error }) => error !== undefined);
  const held = segments.filter(({ isHeld }) => isHeld === true).length;
  const bytes = segments.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const detail = `${formatCount(segments.length)}, ${formatCount(held)} of them held, ${formatSize(bytes)}`;
  if (damaged.length === 0) return ok(detail);
  return warn(
    `${detail}; cannot be understood: ${namesOf(damaged)}`,
    `${COMMAND_NAME} inspect --hex NAME shows it, ${COMMAND_NAME} rm NAME removes it`,
  );
}

function checkLeftovers(): Finding {
  const { removed } = collectSegments({ dryRun: true });
  if (removed.length === 0) return ok("nothing");
  const count = (what: Leftover["what"]): string =>
    formatCountOf(removed.filter((leftover) => leftover.what === what).length, what);
  const bytes = removed.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  return warn(
    `${count("segment")}, ${count("creation")} and ${count("pipe")} of dead processes, ${formatSize(bytes)}`,
    `${COMMAND_NAME} gc, or --fix`,
    () => `removed ${formatCountOf(collectSegments().removed.length, "file")}`,
  );
}

function checkParticipants(): Finding {
  // Where nobody is left, the whole segment is left over.
  const held = listSegments().filter(({ isHeld }) => isHeld === true);
  const counts = held.map(countParticipants);
  const live = counts.reduce((sum, count) => sum + count.live, 0);
  const dead = counts.reduce((sum, count) => sum + count.dead, 0);
  if (dead === 0) return ok(`${formatCount(live)} live, none dead`);
  const where = held.filter((info) => countParticipants(info).dead > 0);
  return warn(
    `${formatCount(live)} live, ${formatCount(dead)} died without leaving: ${namesOf(where)}`,
    `nothing: their places are taken again when they are needed; ${COMMAND_NAME} inspect NAME shows them`,
  );
}

function checkLocks(): Finding {
  const abandoned = listSegments().filter(
    ({ mutex, isHeld }) => isHeld === true && mutex?.owner?.isAlive === false,
  );
  if (abandoned.length === 0) return ok("none abandoned");
  return warn(
    `their owner died holding them: ${namesOf(abandoned)}`,
    "nothing: the next to acquire such a lock is told (lock.abandoned) and repairs",
  );
}

function namesOf(segments: readonly SegmentInfo[]): string {
  const names = segments.slice(0, NAMES_MAX).map(({ name }) => printable(name));
  const rest = segments.length - names.length;
  return names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

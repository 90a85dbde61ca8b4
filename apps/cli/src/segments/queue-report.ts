/**
 * A work queue as a person reads it.
 *
 * @module
 */
import type { QueueInfo, QueueJobInfo } from "@isthmus/ipc";
import {
  formatCount,
  formatCountOf,
  formatDuration,
  formatShare,
  formatSize,
} from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { latencyRows, modeText, participantText } from "./channel-report.ts";

/** What is to be said of the queue as a whole, as pairs. */
export function queueRows(queue: QueueInfo, style: Style): string[][] {
  const { maxAttempts, leaseMs } = queue;
  return [
    ["jobs", modeText(queue)],
    ["room", `${formatSize(queue.capacityBytes)}, ${formatShare(queue.fill, 1)} used`],
    ["attempts", maxAttempts === Infinity ? "as many as need be" : `${maxAttempts} at most`],
    ...(leaseMs === Infinity ? [] : [["lease", formatDuration(leaseMs)]]),
    ...(queue.isPaused ? [["paused", style.yellow("yes: nothing is taken")]] : []),
    [
      "waiting",
      `${formatCount(queue.waiting)} ready, ${formatCount(queue.delayed)} delayed, ${formatCount(queue.held)} behind others of their key`,
    ],
    ["in flight", formatCount(queue.inFlight)],
    ["dead letters", formatCount(queue.deadLetters)],
    ["added", `${formatCountOf(queue.added, "job")}, ${formatSize(queue.addedBytes)}`],
    ["done", `${formatCountOf(queue.done, "job")} with ${formatCountOf(queue.taken, "attempt")}`],
    [
      "came back",
      `${formatCount(queue.failed)} failed, ${formatCount(queue.returned)} left, ${formatCount(queue.orphaned)} by a death, ${formatCount(queue.expired)} out of time`,
    ],
    ["drops", formatCount(queue.drops)],
    [
      "waits",
      `${formatCount(queue.fullWaits)} for room, ${formatCount(queue.emptyWaits)} for jobs`,
    ],
    ["corruptions", formatCount(queue.corruptions)],
    ...latencyRows(queue.waitTime).map(([, text = ""]) => ["waited", text]),
    ...latencyRows(queue.runTime).map(([, text = ""]) => ["worked on", text]),
  ];
}

/** The headings of the table of jobs in flight. */
export const JOB_HEADINGS: readonly string[] = ["JOB", "WORKER", "ATTEMPT", "PRIORITY", "FOR"];

/** The jobs in flight, longest first. */
export function jobRows(jobs: readonly QueueJobInfo[], style: Style): string[][] {
  return jobs.map(({ id, worker, attempts, priority, forMs }) => [
    String(id),
    participantText(worker, style),
    String(attempts),
    String(priority),
    formatDuration(forMs),
  ]);
}

/**
 * What has happened to the jobs of a work queue between two looks. A look is a moment: a job may have been taken and done
 * since the one before it. So a job is named only where both looks leave no doubt which one it was; else it is counted.
 *
 * @module
 */
import type { ParticipantInfo, QueueInfo, QueueJobInfo, SegmentSample } from "@isthmus/ipc";
import { isSameLife } from "@isthmus/ipc/internal";
import type { Change } from "./event-log.ts";
import { who } from "./who.ts";

/** How many jobs of one look are told one by one. */
const TOLD_MAX = 3;
/** How much of an error's text is told. */
const ERROR_LENGTH_MAX = 200;
/** Ages of jobs are whole milliseconds, rounded. */
const ROUNDING_MS = 2;
/** So long ago, a job may have been taken without having been in the list yet: a look may come in the middle of a change. */
const CHANGE_MS = 1000;

/** Figures that are told here, and in other words than their alarms. */
export const TOLD_FIGURES: ReadonlySet<string> = new Set(["orphaned", "expired", "deadLettered"]);

/** What happened, without where. */
type Told = Omit<Change, "segment">;

/** Compares two looks at the same queue. */
export function queueChanges(before: SegmentSample, now: SegmentSample): Told[] {
  if (before.queue === undefined || now.queue === undefined) return [];
  const looks: Looks = { before, now, earlier: before.queue, later: now.queue };
  return [
    ...pauseChanges(looks),
    ...orphanChanges(looks),
    ...leaseChanges(looks),
    ...redeliveries(looks),
    ...deadLetterChanges(looks),
  ];
}

/** The jobs that somebody had when it died, for the sentence that says so; empty where it has none any more. */
export function jobsOf({ queue }: SegmentSample, one: ParticipantInfo): string {
  const jobs = (queue?.jobs ?? []).filter(({ worker }) => worker && isSameLife(worker, one));
  if (jobs.length === 0) return "";
  return jobs.length > TOLD_MAX
    ? `, with ${jobs.length} jobs`
    : `, with ${jobs.map(nameOf).join(", ")}`;
}

interface Looks {
  readonly before: SegmentSample;
  readonly now: SegmentSample;
  readonly earlier: QueueInfo;
  readonly later: QueueInfo;
}

function pauseChanges({ earlier, later }: Looks): Told[] {
  if (earlier.isPaused === later.isPaused) return [];
  return later.isPaused
    ? [{ kind: "paused", text: "it was paused: no job is taken" }]
    : [{ kind: "resumed", text: "it was resumed: jobs are taken again" }];
}

function orphanChanges(looks: Looks): Told[] {
  const { now, earlier, later } = looks;
  const count = later.orphaned - earlier.orphaned;
  if (count <= 0) return [];
  const candidates = endedJobs(looks).filter(({ worker }) => {
    if (worker === undefined) return false;
    return !now.participants.some((one) => one.isAlive && isSameLife(one, worker));
  });
  // What else may have become of them: then only a later attempt tells that one of them came back.
  const isOther = (["done", "failed", "returned", "expired"] as const).some(
    (name) => later[name] > earlier[name],
  );
  const isSure = candidates.length === count && (!isOther || candidates.every(isBack(later)));
  if (!isSure || count > TOLD_MAX) {
    const text = `${jobCount(count)} came back because ${count === 1 ? "its worker" : "workers"} died`;
    return [{ kind: "orphaned", text }];
  }
  return candidates.map((job) => ({
    kind: "orphaned",
    text: `${nameOf(job)} came back because ${workerOf(job)} died`,
  }));
}

function leaseChanges(looks: Looks): Told[] {
  const { before, now, earlier, later } = looks;
  const count = later.expired - earlier.expired;
  if (count <= 0) return [];
  const elapsedMs = (now.takenAtNs - before.takenAtNs) / 1e6 + ROUNDING_MS;
  const isOld = ({ forMs }: QueueJobInfo): boolean => forMs + elapsedMs >= later.leaseMs;
  const candidates = endedJobs(looks).filter(isOld);
  // Whose lease ran out was there at the look before, unless leases are shorter than the time between two looks.
  const isSure = candidates.length === count && elapsedMs < later.leaseMs && isWhole(earlier);
  if (!isSure || count > TOLD_MAX) {
    const text = `the ${count === 1 ? "lease" : "leases"} of ${jobCount(count)} ran out`;
    return [{ kind: "expired", text }];
  }
  return candidates.map((job) => ({
    kind: "expired",
    text: `the lease of ${nameOf(job)} ran out: ${workerOf(job)} had it for longer than ${later.leaseMs} ms`,
  }));
}

/** Jobs that are not taken for the first time, each attempt once. */
function redeliveries({ before, now, earlier, later }: Looks): Told[] {
  const elapsedMs = (now.takenAtNs - before.takenAtNs) / 1e6 + ROUNDING_MS;
  // What was not in a list that is cut off may have been in flight all the same: then it is older. Only then its age
  // counts, for a look takes time, and so does a change.
  const isNew = ({ id, attempts, forMs }: QueueJobInfo): boolean =>
    attempts > 1 &&
    (isWhole(earlier) || forMs <= elapsedMs + CHANGE_MS) &&
    !earlier.jobs.some((job) => job.id === id && job.attempts === attempts);
  const jobs = later.jobs.filter(isNew);
  if (jobs.length > TOLD_MAX) {
    const text = `${jobCount(jobs.length)} were given to workers again`;
    return [{ kind: "redelivered", text }];
  }
  return jobs.flatMap((job): Told[] =>
    job.worker === undefined
      ? []
      : [
          {
            kind: "redelivered",
            text: `${nameOf(job)} was given to ${who(job.worker)}, attempt ${job.attempts}`,
          },
        ],
  );
}

function deadLetterChanges({ earlier, later }: Looks): Told[] {
  const count = later.deadLettered - earlier.deadLettered;
  if (count <= 0) return [];
  const newest = later.newestDeadLetter;
  const isNamed = newest !== undefined && newest.id !== earlier.newestDeadLetter?.id;
  const became = count === 1 ? "became a dead letter" : "became dead letters";
  if (!isNamed) return [{ kind: "dead-letter", text: `${jobCount(count)} ${became}` }];
  const { attempts, lastError } = newest;
  const after = `after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}${errorText(lastError)}`;
  const text =
    count === 1
      ? `job ${newest.id} ${became} ${after}`
      : `${jobCount(count)} ${became}, the last one job ${newest.id} ${after}`;
  return [{ kind: "dead-letter", text }];
}

/** Jobs that were worked on at the look before, and are not any more, or by somebody else. */
function endedJobs({ earlier, later }: Looks): QueueJobInfo[] {
  return earlier.jobs.filter(
    ({ id, attempts }) => !later.jobs.some((job) => job.id === id && job.attempts === attempts),
  );
}

/** Whether a job is there still, in a later attempt or as a dead letter. */
function isBack({ jobs, newestDeadLetter }: QueueInfo): (job: QueueJobInfo) => boolean {
  return ({ id, attempts }) =>
    newestDeadLetter?.id === id || jobs.some((job) => job.id === id && job.attempts > attempts);
}

/** Whether all jobs in flight are in the list. */
function isWhole({ jobs, inFlight }: QueueInfo): boolean {
  return jobs.length >= inFlight;
}

function nameOf({ id }: QueueJobInfo): string {
  return `job ${id}`;
}

function workerOf({ worker }: QueueJobInfo): string {
  return worker === undefined ? "its worker" : who(worker);
}

function jobCount(count: number): string {
  return count === 1 ? "a job" : `${count} jobs`;
}

function errorText(error: string | undefined): string {
  const line = error?.split("\n", 1)[0]?.slice(0, ERROR_LENGTH_MAX).trim();
  return line ? `: ${line}` : "";
}

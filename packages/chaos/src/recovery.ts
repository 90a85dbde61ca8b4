/**
 * How long a killed participant's successor takes to take over, told apart by what the time was spent on.
 *
 * ```text
 *   killed       process up                                                      took over
 *   ├── start ───┤── waits for others or room ── waits for a processor ── library ──┤
 * ```
 *
 * @module
 */
import { EVENT, type EventCode } from "./evidence.ts";
import type { Interval, ParticipantProcess } from "./roster.ts";

/** A participant that was killed, and the one that came, without delay, in its place. */
export interface Succession {
  readonly predecessor: ParticipantProcess;
  readonly successor: ParticipantProcess;
}

/** One succession, in milliseconds. */
export interface Recovery {
  /** The successor: `orders/producer 7`. */
  readonly label: string;
  /** From the kill until the successor's process was up, about to open what it works on. */
  readonly startMs: number;
  /**
   * From then on, all time in which a participant of the same scenario was stopped, nobody was there whose work it needs,
   * or shared memory was full; and in which it slept until others, who had a lock, woke it.
   */
  readonly waitMs: number;
  /** Of the rest, the share in which it, or the engine for it, was ready to run and others had all processors. */
  readonly processorMs: number;
  /** All other time until it had taken over: opened what it works on, and done the first piece of its work. */
  readonly libraryMs: number;
}

/**
 * Measures all successions whose successor has taken over; others were themselves killed before, or found no room.
 *
 * @param successions Who came in whose place.
 * @param participants All participants of the run.
 * @param fills When shared memory was full.
 */
export function measureRecoveries(
  successions: readonly Succession[],
  participants: readonly ParticipantProcess[],
  fills: readonly Interval[],
): Recovery[] {
  const groups = Map.groupBy(participants, (one) => one.group);
  return successions.flatMap(({ predecessor: { killedAtMs }, successor }) => {
    const started = firstOf(successor, EVENT.started);
    const tookOver = firstOf(successor, EVENT.tookOver);
    if (killedAtMs === undefined || started === undefined || tookOver === undefined) return [];
    const fromMs = started.atMs;
    const toMs = tookOver.atMs;
    const group = groups.get(successor.group) ?? [];
    const waits = [
      ...fills,
      ...group.flatMap(({ stops }) => stops),
      ...absences(group, successor.needs, { fromMs, toMs }),
    ];
    const coveredWaitMs = coveredMs(waits, { fromMs, toMs });
    // It is known how long, not when: these waits are spread evenly over the time in which the process could run.
    const share = (restMs: number, ms: number): number => Math.min(restMs, (restMs * ms) / allMs);
    const allMs = toMs - fromMs;
    const restMs = allMs - coveredWaitMs;
    const processorMs = share(restMs, tookOver.processorMs - started.processorMs);
    const othersMs = share(restMs, tookOver.othersMs - started.othersMs);
    const libraryMs = Math.max(0, restMs - processorMs - othersMs);
    const waitMs = coveredWaitMs + othersMs;
    const startMs = fromMs - killedAtMs;
    return [{ label: successor.label, startMs, waitMs, processorMs, libraryMs }];
  });
}

/** The time below which a share of all times lies (nearest rank); undefined when there are none. */
export function percentile(times: readonly number[], share: number): number | undefined {
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** How much of a time is covered by intervals, which may overlap; in milliseconds. */
export function coveredMs(intervals: readonly Interval[], { fromMs, toMs }: Interval): number {
  let coveredMs = 0;
  let endMs = fromMs;
  for (const one of intervals.toSorted((left, right) => left.fromMs - right.fromMs)) {
    const beginMs = Math.max(one.fromMs, endMs);
    endMs = Math.max(endMs, Math.min(one.toMs, toMs));
    coveredMs += Math.max(0, endMs - beginMs);
  }
  return coveredMs;
}

/** When nobody worked in a role: the time between those in which somebody had taken over and had not left or died. */
function absences(
  group: readonly ParticipantProcess[],
  role: string | undefined,
  { fromMs, toMs }: Interval,
): Interval[] {
  if (role === undefined) return [];
  const presences = group.filter((one) => one.role === role).flatMap(presencesOf);
  const found: Interval[] = [];
  let endMs = fromMs;
  for (const one of presences.toSorted((left, right) => left.fromMs - right.fromMs)) {
    if (one.fromMs > endMs) found.push({ fromMs: endMs, toMs: Math.min(one.fromMs, toMs) });
    endMs = Math.max(endMs, one.toMs);
  }
  if (endMs < toMs) found.push({ fromMs: endMs, toMs });
  return found;
}

function presencesOf({ events, killedAtMs = Infinity }: ParticipantProcess): Interval[] {
  const log = events();
  const presences: Interval[] = [];
  let fromMs: number | undefined;
  for (let index = 0; index < log.length; index++) {
    const code = log.code(index);
    if (code === EVENT.tookOver) fromMs = log.atMs(index);
    if (code !== EVENT.left || fromMs === undefined) continue;
    presences.push({ fromMs, toMs: log.atMs(index) });
    fromMs = undefined;
  }
  if (fromMs !== undefined) presences.push({ fromMs, toMs: killedAtMs });
  return presences;
}

function firstOf({ events }: ParticipantProcess, code: EventCode): Moment | undefined {
  const log = events();
  const index = log.indexOf(code);
  if (index === -1) return undefined;
  return { atMs: log.atMs(index), processorMs: log.value(index), othersMs: log.more(index) / 1000 };
}

/** When something happened, and what had been waited for by then. */
interface Moment {
  readonly atMs: number;
  readonly processorMs: number;
  readonly othersMs: number;
}

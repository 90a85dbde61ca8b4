/**
 * What a reader must know before believing the figures, each with what to do about it.
 *
 * @module
 */
import type { CaseRecord, MachineRecord } from "../results/bench-results.ts";
import { summarize } from "../statistics/statistics.ts";

/** Fewer rounds give an interval that says little. */
const ROUNDS_MIN = 5;
/** Above this share of the CPUs, somebody else was working. */
const BUSY_SHARE = 0.25;
/** Rounds of one case that differ by more than this share of their median. */
const SPREAD_MAX = 0.3;
/** So many cases are named; the report shows all of them. */
const NAMED_MAX = 5;

/**
 * Looks for reasons to doubt.
 *
 * @param machine The machine, with its load before and after.
 * @param cases What was measured.
 * @param rounds How many rounds were asked for, and for how many there was time.
 * @returns Sentences, the weightiest first.
 */
export function findWarnings(
  machine: MachineRecord,
  cases: readonly CaseRecord[],
  rounds: { readonly asked: number; readonly done: number },
): string[] {
  return [busy(machine), few(rounds), frequency(machine), spread(cases), inMemory(machine)].filter(
    (warning) => warning !== undefined,
  );
}

function busy({ load_average_1min_before: load, cpu_count: count }: MachineRecord) {
  if (load <= count * BUSY_SHARE) return undefined;
  return `The machine was busy before the run (load ${load.toFixed(2)} on ${count} CPUs): close other programs and repeat.`;
}

function few({ asked, done }: { asked: number; done: number }): string | undefined {
  if (done >= ROUNDS_MIN) return undefined;
  const time = done < asked ? ` (of ${asked} that were asked for)` : "";
  return `Only ${done} ${done === 1 ? "round" : "rounds"}${time}: the intervals are wide; use --rounds ${ROUNDS_MIN} or more for a verdict.`;
}

function frequency({ cpu_governor: governor }: MachineRecord): string | undefined {
  if (governor === "performance") return undefined;
  if (governor === null) {
    return "The CPU's frequency governor cannot be seen (a virtual machine?): frequency may have changed during the run.";
  }
  return `The CPU's frequency governor is "${governor}": set "performance" for steadier figures.`;
}

function spread(cases: readonly CaseRecord[]): string | undefined {
  const unsteady = cases
    .filter(({ samples }) => samples.length > 1)
    .map(({ id, samples }) => ({ id, spread: summarize(samples).spread }))
    .filter(({ spread: share }) => share > SPREAD_MAX)
    .sort((one, two) => two.spread - one.spread);
  if (unsteady.length === 0) return undefined;
  const named = unsteady
    .slice(0, NAMED_MAX)
    .map(({ id, spread: share }) => `${id} ${Math.round(share * 100)} %`)
    .join(", ");
  return `Rounds of ${unsteady.length} of ${cases.length} cases differ by more than ${SPREAD_MAX * 100} % of their median (most: ${named}).`;
}

function inMemory({ file_system_type: type }: MachineRecord): string | undefined {
  if (type !== "tmpfs") return undefined;
  return "The test files lie in memory (tmpfs): set TMPDIR to a directory on a disk to measure files.";
}

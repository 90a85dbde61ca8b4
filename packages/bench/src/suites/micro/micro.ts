/**
 * Micro benchmarks by mitata.
 *
 * @module
 */
import { do_not_optimize, measure } from "mitata";
import type { CaseContext, Figure } from "../../runner/suite.ts";

/** Fewer samples have no median worth the name. */
const SAMPLES_MIN = 12;

/** How many samples there are, about, where they are to be of equal length. */
const BATCHES = 100;

/** What is measured. */
export interface Micro {
  /** One call; what it returns is kept alive, so that it cannot be optimised away. */
  readonly run: () => unknown;
  /** How many operations one call makes. */
  readonly operations?: number;
  /** The dead-code guard: throws unless the calls have left behind what they must have. */
  readonly verify: (calls: number) => void;
}

/**
 * Measures calls. By a clock of its own it measures them once they have run as long as they are measured, in samples of equal
 * length: mitata takes the first calls, which nobody has compiled yet, and many for a sample only where those were quick.
 *
 * @param context How long.
 * @param micro What.
 * @returns The median time of one operation in nanoseconds.
 * @throws {Error} of the guard.
 */
export async function measureMicro(
  { sizes, now }: CaseContext,
  { run, operations = 1, verify }: Micro,
): Promise<Figure> {
  let calls = 0;
  const counted = (): void => {
    calls++;
    do_not_optimize(run());
  };
  const { p50 } = await measure(counted, {
    min_cpu_time: sizes.microMs * 1e6,
    min_samples: SAMPLES_MIN,
    ...(now && inBatches(counted, sizes.microMs * 1e6, now)),
  });
  if (calls === 0) throw new Error("nothing was called");
  verify(calls);
  return { value: p50 / operations };
}

/** Calls until some time has passed; how many belong into a sample then. */
function inBatches(call: () => void, nanoseconds: number, now: () => number) {
  const begun = now();
  let calls = 0;
  while (now() - begun < nanoseconds) {
    call();
    calls++;
  }
  const unroll = 4;
  const batch_samples = Math.ceil(calls / BATCHES / unroll) * unroll;
  return { now, batch_samples, batch_unroll: unroll, batch_threshold: Infinity };
}

/** As {@link measureMicro}, in bytes per second. */
export async function measureThroughput(
  context: CaseContext,
  bytes: number,
  micro: Micro,
): Promise<Figure> {
  const { value } = await measureMicro(context, micro);
  return { value: (bytes / value) * 1e9 };
}

/**
 * Throws unless two values are the same.
 *
 * @param actual What was left behind.
 * @param expected What must have been.
 */
export function mustBe(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) {
    throw new Error(`a benchmark left ${String(actual)} behind instead of ${String(expected)}`);
  }
}

/**
 * Processes that do the same at the same time, many times over.
 *
 * @module
 */

import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CONTROL_BYTES } from "./control.ts";
import type { Home } from "./home.ts";
import { Participant } from "./participant.ts";

/** What the processes do; see `fixtures/racer.ts`. */
export interface RaceOptions {
  readonly scenario: "createNew" | "createOrOpen" | "storm";
  readonly processes: number;
  readonly rounds: number;
  readonly seed?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What all processes together saw. */
export interface RaceResult {
  /** What must not happen, in words; at most a few of each process. */
  readonly violations: string[];
  /** How often each process made the memory. */
  readonly wins: number[];
  /** How often each process opened what another had made. */
  readonly opens: number[];
}

/** Runs a race in a directory and waits until all processes are through and gone. */
export async function race(_home: Home, options: RaceOptions): Promise<RaceResult> {
  const { scenario, processes: count, rounds, seed = 1, environment } = options;
  using directory = new TemporaryDirectory();
  const control = directory.file("control", new Uint8Array(CONTROL_BYTES));
  await using stack = new AsyncDisposableStack();
  const racers = Array.from({ length: count }, (_, index) =>
    stack.use(
      new Participant({
        fixture: "racer",
        input: { scenario, control, index, count, rounds, seed },
        environment,
      }),
    ),
  );
  const results = await Promise.all(
    racers.map((racer) => racer.answer<{ violations: string[]; wins: number; opens: number }>()),
  );
  await Promise.all(racers.map((racer) => racer.finish()));
  return {
    violations: results.flatMap(({ violations }) => violations),
    wins: results.map(({ wins }) => wins),
    opens: results.map(({ opens }) => opens),
  };
}

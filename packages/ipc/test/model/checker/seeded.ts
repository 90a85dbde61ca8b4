/**
 * Seeded bugs and how tests kill them.
 *
 * @module
 */
import { test } from "bun:test";
import { expectCaught } from "./expectations.ts";
import type { Bounds, Model } from "./model.ts";
import { type Differences, loadSource, type Mistake } from "./source.ts";

/** Bugs by what is wrong, each made by one replacement or a few. */
export type Seeded = Readonly<Record<string, readonly Mistake[]>>;

/** What is checked of a module with a bug in it: the first of these in which something goes wrong kills the bug. */
export type Attempts<T> = (source: T) => readonly (readonly [model: Model, bounds: Bounds])[];

/** One test per bug: the checker has to find something that goes wrong. `ISTHMUS_MODEL_VERDICTS=1` prints what. */
export function testSeeded<T>(
  seeded: Seeded,
  entry: string,
  attempts: Attempts<T>,
  standIns: Differences["standIns"] = {},
): void {
  for (const [name, mistakes] of Object.entries(seeded)) {
    test(`would go wrong by ${name}`, async () => {
      const source = await loadSource<T>(entry, { mistakes, standIns });
      const { verdict } = expectCaught(attempts(source));
      if (process.env["ISTHMUS_MODEL_VERDICTS"]) process.stdout.write(`${name}: ${verdict}\n`);
    });
  }
}

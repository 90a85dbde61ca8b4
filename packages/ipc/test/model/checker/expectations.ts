/**
 * What tests say about models.
 *
 * @module
 */
import { expect } from "bun:test";
import { check, type Report, replay, type Violation } from "./check.ts";
import type { Bounds, Model } from "./model.ts";

/**
 * Expects that nothing can go wrong, and prints what was explored.
 *
 * @param executionsMin How many executions there must be at least: an exploration of next to nothing proves nothing.
 */
export function expectSound(model: Model, bounds: Bounds, executionsMin: number): Report {
  const report = check(model, bounds);
  const { coverage, violation, summary } = report;
  process.stdout.write(`${summary}\n`);
  if (violation !== undefined) throw new Error(explanation(model, violation));
  expect(coverage.executions).toBeGreaterThanOrEqual(executionsMin);
  return report;
}

/**
 * Expects that something can go wrong in one of these models, and that its execution can be run again.
 *
 * @returns What goes wrong in the first one in which something does.
 */
export function expectCaught(
  attempts: readonly (readonly [model: Model, bounds: Bounds])[],
): Violation {
  const summaries: string[] = [];
  for (const [model, bounds] of attempts) {
    const { violation, summary } = check(model, bounds, "first");
    summaries.push(summary);
    if (violation === undefined) continue;
    expect(replay(model, bounds, violation.replay)).toEqual(violation);
    return violation;
  }
  throw new Error(`Nothing goes wrong:\n${summaries.join("\n")}`);
}

/** What is wrong, how it comes to that, and how to see it again. */
export function explanation({ name }: Model, { verdict, trace, replay: text }: Violation): string {
  return `${name}: ${verdict}\n\n${trace}\n\nReplay: "${text}"`;
}

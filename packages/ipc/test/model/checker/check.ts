/**
 * The model checker: explores a model, and explains what it finds.
 *
 * @module
 */
import { ActorNode } from "./actor-tree.ts";
import { type Coverage, explore, type Finding } from "./explore.ts";
import { judge } from "./judge.ts";
import { ForbiddenStep, Machine, type Transition } from "./machine.ts";
import type { Bounds, Model } from "./model.ts";
import { fromReplay, toReplay } from "./replay.ts";
import { shortest } from "./shortest.ts";
import { drawTrace } from "./trace.ts";

/** Something that goes wrong. */
export interface Violation {
  /** What is wrong. */
  readonly verdict: string;
  /** The execution, to be given to `replay`. */
  readonly replay: string;
  /** The execution as a table. */
  readonly trace: string;
}

/** The outcome of a check. */
export interface Report {
  readonly coverage: Coverage;
  readonly violation: Violation | undefined;
  /** What was done, in one line. */
  readonly summary: string;
}

/**
 * Explores a model within bounds.
 *
 * @param wanted Which execution that goes wrong is told: the simplest, for people, takes far longer than the first that
 * was found.
 * @returns What was explored, and an execution that goes wrong, if any does.
 */
export function check(
  model: Model,
  bounds: Bounds = {},
  wanted: "simplest" | "first" = "simplest",
): Report {
  const machine = new Machine(model, bounds);
  const { coverage, finding } = explore(machine, bounds);
  const summary = summarize(model, bounds, coverage);
  if (finding === undefined) return { coverage, violation: undefined, summary };
  const simplest = wanted === "simplest" ? shortest(machine) : undefined;
  const violation = explain(machine, simplest ?? finding);
  return { coverage, violation, summary: `${summary}; ${violation.verdict}` };
}

/**
 * Runs one execution of a model again.
 *
 * @param execution As a violation has it in `replay`.
 * @returns What is wrong at its end or before; undefined when nothing is.
 * @throws {Error} When the model cannot do one of its steps (any more).
 */
export function replay(model: Model, bounds: Bounds, execution: string): Violation | undefined {
  const machine = new Machine(model, bounds);
  const path = fromReplay(execution);
  for (;;) {
    const known = ActorNode.widenings;
    const outcome = runAgain(machine, path);
    // Where loads are satisfied early, the machine learns on the way what it should have watched.
    if (ActorNode.widenings !== known) continue;
    if (outcome === undefined || "verdict" in outcome) return outcome && explain(machine, outcome);
    throw new Error(`"${model.name}" cannot do step ${outcome.impossible} of this execution`);
  }
}

function runAgain(
  machine: Machine,
  path: readonly Transition[],
): Finding | { readonly impossible: number } | undefined {
  let state = machine.start();
  for (const [i, transition] of path.entries()) {
    const possible = [...machine.moves(state), ...machine.crashes(state)];
    if (!possible.some((one) => isSame(one, transition))) return { impossible: i + 1 };
    const done = path.slice(0, i + 1);
    try {
      ({ state } = machine.apply(state, transition));
    } catch (error) {
      if (!(error instanceof ForbiddenStep)) throw error;
      return { verdict: error.message, path: done };
    }
    const verdict = judge(machine, state, machine.moves(state).length === 0);
    if (verdict !== undefined) return { verdict, path: done };
  }
  return undefined;
}

function isSame(one: Transition, other: Transition): boolean {
  return one.actor === other.actor && one.kind === other.kind && one.choice === other.choice;
}

function explain(machine: Machine, { verdict, path }: Finding): Violation {
  return { verdict, replay: toReplay(path), trace: drawTrace(machine, path) };
}

function summarize({ name }: Model, bounds: Bounds, coverage: Coverage): string {
  const { order = "sequential", crashes = 0, preemptions } = bounds;
  const { executions, states } = coverage;
  const bounded = preemptions === undefined ? "" : `, at most ${preemptions} preemptions`;
  const dying = crashes === 0 ? "" : `, ${coverage.crashes} crashes (${crashes} at a time)`;
  return `${name}, ${order}${bounded}: ${shown(executions)} executions through ${states} states${dying}`;
}

function shown(count: number): string {
  return Number.isSafeInteger(count) ? `${count}` : count.toExponential(2);
}

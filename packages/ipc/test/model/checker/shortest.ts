/**
 * The simplest execution in which something goes wrong, once it is known that there is one.
 *
 * Simple is: few changes of actor, few crashes, few reorderings, and few steps. Executions are tried in the order of
 * their costs, so that the first that goes wrong is the simplest.
 *
 * @module
 */

import type { Finding } from "./explore.ts";
import { judge } from "./judge.ts";
import { ForbiddenStep, type Machine, type Transition } from "./machine.ts";
import type { State } from "./state.ts";

/** What each thing costs: a reader follows ten steps of one actor more easily than two changes of actor. */
const COST = { step: 1, change: 6, crash: 6, early: 6, drain: 1 } as const;

const STATES_MAX = 400_000;

interface Position {
  readonly state: State;
  readonly last: number;
  readonly previous: Position | undefined;
  readonly transition: Transition | undefined;
}

/**
 * Looks for the simplest execution that goes wrong.
 *
 * @returns Undefined when it is not among the simplest ones, as many as fit.
 */
export function shortest(machine: Machine): Finding | undefined {
  const start = { state: machine.start(), last: -1, previous: undefined, transition: undefined };
  const queue: Position[][] = [[start]];
  const seen = new Set<string>();
  for (let cost = 0; cost < queue.length; cost++) {
    for (const position of queue[cost] ?? []) {
      const key = `${position.state.key},${position.last}`;
      if (seen.has(key)) continue;
      if (seen.size >= STATES_MAX) return undefined;
      seen.add(key);
      const moves = machine.moves(position.state);
      const verdict = judge(machine, position.state, moves.length === 0);
      if (verdict !== undefined) return { verdict, path: pathTo(position) };
      for (const transition of [...moves, ...machine.crashes(position.state)]) {
        const next = follow(machine, position, transition);
        if ("verdict" in next) return next;
        const at = cost + costOf(position, transition);
        queue[at] ??= [];
        queue[at].push(next);
      }
    }
    delete queue[cost];
  }
  return undefined;
}

function follow(machine: Machine, position: Position, transition: Transition): Position | Finding {
  try {
    const { state } = machine.apply(position.state, transition);
    const last = transition.kind === "drain" ? position.last : transition.actor;
    return { state, last, previous: position, transition };
  } catch (error) {
    if (!(error instanceof ForbiddenStep)) throw error;
    return { verdict: error.message, path: [...pathTo(position), transition] };
  }
}

function costOf({ last }: Position, { actor, kind, choice }: Transition): number {
  if (kind === "drain") return COST.drain;
  if (kind === "crash") return COST.crash;
  return COST.step + (actor === last ? 0 : COST.change) + (choice > 0 ? COST.early : 0);
}

function pathTo(position: Position): Transition[] {
  const path: Transition[] = [];
  for (let at: Position | undefined = position; at?.transition !== undefined; at = at.previous) {
    path.push(at.transition);
  }
  return path.reverse();
}

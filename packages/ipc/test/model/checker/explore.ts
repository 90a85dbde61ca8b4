/**
 * Goes through every state that a model can get into, depth first.
 *
 * An execution is a way from the first state to an end. They are counted and not taken one by one: what can happen
 * in a state does not depend on the way to it, so a state is gone on from once, and the executions through it are
 * the sum of those through the states behind it.
 *
 * @module
 */
import { ActorNode } from "./actor-tree.ts";
import { judge } from "./judge.ts";
import { ForbiddenStep, type Machine, type Transition } from "./machine.ts";
import type { Bounds, Verdict } from "./model.ts";
import type { State } from "./state.ts";

const STATES_MAX = 3_000_000;

/** What an exploration has seen. */
export interface Coverage {
  /** Different states. */
  readonly states: number;
  /** Different things that happened in them. */
  readonly steps: number;
  /** How many of these were crashes: an actor dying in a state. */
  readonly crashes: number;
  /** Different ends. */
  readonly ends: number;
  /** Different orders of steps from the beginning to an end; above 2^53 not exact. */
  readonly executions: number;
}

/** What is wrong, and how it came to that. */
export interface Finding {
  readonly verdict: string;
  readonly path: readonly Transition[];
}

/** An exploration that ended because something was found, or because there was no more. */
export interface Exploration {
  readonly coverage: Coverage;
  readonly finding: Finding | undefined;
}

/** A state together with what a preemption bound has to know about the way to it. */
interface Position {
  readonly state: State;
  /** The actor that took the last step; -1 before the first. */
  readonly last: number;
  readonly preemptions: number;
}

class Found extends Error {
  readonly verdict: string;

  constructor(verdict: string) {
    super(verdict);
    this.verdict = verdict;
  }
}

/** Ends an exploration of too little. */
class Outdated extends Error {}

/** How many states are explored, the first time, before it is asked whether it was of too little. */
const PATIENCE_STATES = 1000;

/**
 * Explores a model.
 *
 * Loads that are satisfied early give what their words were before, so that these words have to be watched; which
 * ones, exploring shows. When it shows words that were not watched, it begins anew, with these watched.
 */
export function explore(machine: Machine, bounds: Bounds): Exploration {
  for (let patience = PATIENCE_STATES; ; patience *= 2) {
    const known = ActorNode.widenings;
    try {
      const exploration = new Search(machine, bounds, patience).run();
      const isOutdated = ActorNode.widenings !== known;
      if (exploration.finding !== undefined || !isOutdated) return exploration;
    } catch (error) {
      if (!(error instanceof Outdated)) throw error;
    }
  }
}

class Search {
  readonly #machine: Machine;
  readonly #preemptionsMax: number | undefined;
  readonly #statesMax: number;
  readonly #patience: number;
  readonly #widenings: number = ActorNode.widenings;
  /** Executions through what has been gone on from. */
  readonly #known = new Map<string, number>();
  readonly #path: Transition[] = [];
  #steps = 0;
  #crashes = 0;
  #ends = 0;

  constructor(machine: Machine, bounds: Bounds, patience: number) {
    this.#machine = machine;
    this.#patience = patience;
    this.#preemptionsMax = bounds.preemptions;
    this.#statesMax = bounds.states ?? STATES_MAX;
  }

  run(): Exploration {
    let executions = 0;
    let finding: Finding | undefined;
    try {
      executions = this.#visit({ state: this.#machine.start(), last: -1, preemptions: 0 });
    } catch (error) {
      if (!(error instanceof Found)) throw error;
      finding = { verdict: error.verdict, path: [...this.#path] };
    }
    const coverage = {
      states: this.#known.size,
      steps: this.#steps,
      crashes: this.#crashes,
      ends: this.#ends,
      executions,
    };
    return { coverage, finding };
  }

  #visit(position: Position): number {
    const key = this.#keyOf(position);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#statesMax) {
      throw new Error(`"${this.#machine.model.name}" has more than ${this.#statesMax} states`);
    }
    if (this.#known.size >= this.#patience && ActorNode.widenings !== this.#widenings) {
      throw new Outdated();
    }
    const machine = this.#machine;
    const { state } = position;
    const moves = machine.moves(state);
    this.#check(judge(machine, state, moves.length === 0));
    // Entered before the states behind it, so that a state that leads to itself would be seen: there is none,
    // because every step adds to what its actor has learnt or lessens what is pending.
    this.#known.set(key, 0);
    let executions = moves.length === 0 ? 1 : 0;
    this.#ends += executions;
    for (const move of moves) {
      const next = this.#allowed(position, move);
      if (next === undefined) continue;
      executions += this.#go(state, move, next);
    }
    for (const crash of machine.crashes(state)) {
      this.#crashes++;
      executions += this.#go(state, crash, {
        last: crash.actor,
        preemptions: position.preemptions,
      });
    }
    this.#known.set(key, executions);
    return executions;
  }

  #go(state: State, transition: Transition, way: Omit<Position, "state">): number {
    this.#steps++;
    this.#path.push(transition);
    const executions = this.#visit({ ...way, state: this.#apply(state, transition) });
    this.#path.pop();
    return executions;
  }

  #apply(state: State, transition: Transition): State {
    try {
      return this.#machine.apply(state, transition).state;
    } catch (error) {
      if (!(error instanceof ForbiddenStep)) throw error;
      throw new Found(error.message);
    }
  }

  #check(verdict: Verdict): void {
    if (verdict !== undefined) throw new Found(verdict);
  }

  /** Who took the last step and how often others had to wait, after a move; undefined when that is too often. */
  #allowed(position: Position, move: Transition): Omit<Position, "state"> | undefined {
    const { state, last, preemptions } = position;
    // A delayed store becomes visible whoever runs.
    if (move.kind === "drain") return { last, preemptions };
    const isPreemption = last >= 0 && move.actor !== last && this.#machine.isEnabled(state, last);
    const next = preemptions + (isPreemption ? 1 : 0);
    if (this.#preemptionsMax !== undefined && next > this.#preemptionsMax) return undefined;
    return { last: move.actor, preemptions: next };
  }

  #keyOf({ state, last, preemptions }: Position): string {
    return this.#preemptionsMax === undefined ? state.key : `${state.key},${last},${preemptions}`;
  }
}

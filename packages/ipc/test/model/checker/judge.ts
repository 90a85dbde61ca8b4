/**
 * Asks a model's invariants about a state.
 *
 * @module
 */
import type { Machine } from "./machine.ts";
import type { ActorView, Verdict, World } from "./model.ts";
import { PlainWords } from "./plain-words.ts";
import type { ActorState, State } from "./state.ts";

/** What is wrong with a state. */
export function judge(machine: Machine, state: State, isEnd: boolean): Verdict {
  for (const { node } of state.actors) {
    if (node?.error !== undefined) return `"${node.spec.name}" threw ${node.error}`;
  }
  const { model } = machine;
  if (model.always === undefined && !isEnd) return undefined;
  const world = new StateWorld(machine, state);
  return model.always?.(world) ?? (isEnd ? model.atEnd(world) : undefined);
}

class StateWorld implements World {
  readonly #machine: Machine;
  readonly #state: State;

  constructor(machine: Machine, state: State) {
    this.#machine = machine;
    this.#state = state;
  }

  get memory(): Readonly<Int32Array> {
    return this.#state.memory.words;
  }

  get words(): PlainWords {
    return new PlainWords(Int32Array.from(this.memory));
  }

  get crashes(): number {
    return this.#state.crashes;
  }

  get actors(): ActorView[] {
    return this.#state.actors.map((actor, index) => this.#view(actor, index));
  }

  #view({ node, past }: ActorState, index: number): ActorView {
    const name = node?.spec.name ?? this.#machine.model.actors[index]?.name ?? "";
    const reports = node?.reports ?? [];
    const view = { name, reports, pastReports: past, blockedIn: undefined };
    if (node === undefined) return { ...view, status: "dead" };
    if (node.operation === undefined) return { ...view, status: "done" };
    if (this.#machine.isEnabled(this.#state, index)) return { ...view, status: "running" };
    return { ...view, status: "blocked", blockedIn: node.operation.call?.label ?? "a store" };
  }
}

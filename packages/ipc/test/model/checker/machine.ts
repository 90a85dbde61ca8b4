/**
 * What can happen next in a state, and what it leads to.
 *
 * @module
 */
import { ActorNode } from "./actor-tree.ts";
import { type Memory, MemoryStore } from "./memory.ts";
import type { Bounds, MemoryOrder, Model } from "./model.ts";
import { changed, type Operation, type Value } from "./operation.ts";
import { PlainWords } from "./plain-words.ts";
import {
  afterOthersChange,
  afterOwnStore,
  earlyChoices,
  isDrainable,
  isMetBy,
  readEarly,
  settled,
} from "./reordering.ts";
import {
  type ActorParts,
  type ActorState,
  ActorStore,
  type Pending,
  type State,
  stateOf,
} from "./state.ts";

const PENDING_STORES = 4;

/** Something that can happen next. */
export interface Transition {
  readonly actor: number;
  /** `"drain"`: a delayed store becomes visible. */
  readonly kind: "step" | "drain" | "crash";
  /** Which of the values that a load may give, 0 for the newest; which of the pending stores. */
  readonly choice: number;
}

/** Something that happened. */
export interface Outcome {
  readonly state: State;
  /** What the operation gave back. */
  readonly result: Value;
}

/** A step that no program may take, such as an access outside the memory. */
export class ForbiddenStep extends Error {}

/** One world's rules. */
export class Machine {
  readonly model: Model;
  readonly #order: MemoryOrder;
  readonly #crashesMax: number;
  readonly #pendingMax: number;
  readonly #isExhaustive: boolean;
  readonly #memories = new MemoryStore();
  readonly #actors = new ActorStore();
  readonly #successors = new Map<object, ActorNode>();

  constructor(model: Model, bounds: Bounds) {
    this.model = model;
    this.#order = bounds.order ?? "sequential";
    this.#crashesMax = bounds.crashes ?? 0;
    this.#pendingMax = bounds.pendingStores ?? PENDING_STORES;
    this.#isExhaustive = bounds.isExhaustive ?? false;
  }

  /** The state before anything has happened. */
  start(): State {
    const words = new Int32Array(this.model.wordCount);
    this.model.init?.(new PlainWords(words));
    const actors = this.model.actors.map((spec) => this.#newborn(this.#rootOf(spec), []));
    return stateOf(this.#memories.of(words), actors, 0);
  }

  /** What can happen without a crash: empty when everybody has ended or is blocked. */
  moves(state: State): Transition[] {
    const moves: Transition[] = [];
    for (let actor = 0; actor < state.actors.length; actor++) {
      const choices = this.#choices(state, actor);
      for (let choice = 0; choice < choices; choice++) moves.push({ actor, kind: "step", choice });
      for (const choice of this.#drains(state, actor)) moves.push({ actor, kind: "drain", choice });
    }
    return moves;
  }

  /** Who can die. */
  crashes(state: State): Transition[] {
    if (state.crashes >= this.#crashesMax) return [];
    const crashes: Transition[] = [];
    for (let actor = 0; actor < state.actors.length; actor++) {
      const { node } = state.actors[actor] as ActorState;
      if (node === undefined || node.spec.isImmortal === true) continue;
      const isNoticed = node.spec.successor !== undefined || this.model.onDeath !== undefined;
      if (node.operation === undefined && !isNoticed) continue;
      crashes.push({ actor, kind: "crash", choice: 0 });
    }
    return crashes;
  }

  /** Whether an actor's program can go on now. */
  isEnabled(state: State, actor: number): boolean {
    return this.#choices(state, actor) > 0;
  }

  /** What a transition leads to. */
  apply(state: State, { actor, kind, choice }: Transition): Outcome {
    switch (kind) {
      case "step":
        return this.#step(state, actor, choice);
      case "drain":
        return { state: this.#drain(state, actor, choice), result: undefined };
      case "crash":
        return { state: this.#crash(state, actor), result: undefined };
    }
  }

  /** How many ways there are for an actor's next step; 0 when it cannot be taken now. */
  #choices({ memory, actors }: State, actor: number): number {
    const self = actors[actor] as ActorState;
    const { pending } = self;
    const operation = self.node?.operation;
    if (operation === undefined) return 0;
    const { kind, call } = operation;
    switch (kind) {
      case "lookAt":
      case "put":
        return 1;
      case "call":
        if (call?.isFence === true && pending.length > 0) return 0;
        return call?.guard === undefined || call.guard(memory.words) ? 1 : 0;
      case "get":
      case "glance":
        return 1 + earlyChoices(self, operation).length;
      case "load":
        // An atomic load waits for the atomic stores before it.
        if (pending.some(({ isRelease }) => isRelease)) return 0;
        return 1 + earlyChoices(self, operation).length;
      case "set":
        return this.#order === "sequential" || pending.length < this.#pendingMax ? 1 : 0;
      case "store":
        return this.#order === "weak"
          ? Number(pending.length < this.#pendingMax)
          : Number(pending.length === 0);
      default:
        return Number(pending.length === 0);
    }
  }

  /** Which of an actor's pending stores become visible now, as far as it matters when they do. */
  #drains(state: State, actor: number): number[] {
    const { pending, node } = state.actors[actor] as ActorState;
    if (pending.length === 0) return [];
    const isNext = (_: unknown, choice: number): boolean =>
      this.#order === "tso" ? choice === 0 : isDrainable(pending, choice);
    const all = pending.map((_, choice) => choice);
    // Its own next step waits for them, or there is none.
    const isWaiting = node?.operation === undefined || !this.isEnabled(state, actor);
    if (isWaiting || this.#isExhaustive) return all.filter(isNext);
    const others = state.actors.filter((_, other) => other !== actor);
    const isMet = all.map((choice) => isMetBy(others, (pending[choice] as Pending).index));
    // Those before a store that somebody is about to meet go first.
    const last = isMet.lastIndexOf(true);
    return all.slice(0, last + 1).filter(isNext);
  }

  #step(state: State, actor: number, choice: number): Outcome {
    const self = state.actors[actor] as ActorState;
    const node = self.node as ActorNode;
    const operation = node.operation as Operation;
    this.#checkIndex(operation);
    const { kind, index, value } = operation;
    const goOn = (memory: Memory, parts: Partial<ActorParts>, result: Value): Outcome => {
      const next = { ...self, ...parts, node: node.after(result) };
      return { state: this.#become(state, memory, actor, next), result };
    };
    const { memory } = state;
    const before = memory.words[index] as number;
    switch (kind) {
      case "get":
      case "glance":
      case "load": {
        const { parts, result } = readEarly(self, operation, choice, before);
        return goOn(memory, this.#order === "weak" ? parts : {}, result);
      }
      case "lookAt":
        return goOn(memory, {}, before);
      case "put":
        return goOn(this.#memories.write(memory, index, value), {}, undefined);
      case "call":
        return this.#callOut(memory, operation, goOn);
      case "set":
      case "store": {
        const isDelayed = this.#order === "weak" || (this.#order === "tso" && kind === "set");
        if (!isDelayed) return goOn(this.#memories.write(memory, index, value), {}, undefined);
        const pending = [...self.pending, { index, value, isRelease: kind === "store" }];
        return goOn(memory, { pending }, undefined);
      }
      default: {
        const after = changed(operation, before);
        const isChanged = after !== undefined && kind !== "fence";
        const next = isChanged ? this.#memories.write(memory, index, after) : memory;
        return goOn(next, ACQUIRED, kind === "fence" ? undefined : before);
      }
    }
  }

  #callOut(
    memory: Memory,
    { call }: Operation,
    goOn: (memory: Memory, parts: Partial<ActorParts>, result: Value) => Outcome,
  ): Outcome {
    const words = Int32Array.from(memory.words);
    const result = call?.run(words);
    return goOn(this.#memories.of(words), call?.isFence === true ? ACQUIRED : {}, result);
  }

  #drain(state: State, actor: number, choice: number): State {
    const self = state.actors[actor] as ActorState;
    const { index, value, isRelease } = self.pending[choice] as ActorState["pending"][number];
    const pending = self.pending.filter((_, i) => i !== choice);
    const memory = this.#memories.write(state.memory, index, value);
    const parts = afterOwnStore({ ...self, pending }, index, isRelease);
    return this.#become(state, memory, actor, parts);
  }

  #crash(before: State, actor: number): State {
    // What the CPU has taken on becomes visible, whatever becomes of the process.
    let state = before;
    while (state.actors[actor]?.pending.length !== 0) state = this.#drain(state, actor, 0);
    const { node, past } = state.actors[actor] as ActorState;
    const words = Int32Array.from(state.memory.words);
    this.model.onDeath?.(words, actor);
    const successor = node?.spec.successor;
    const next = successor === undefined ? undefined : this.#rootOf(successor);
    const heir = this.#newborn(next, [...past, node?.reports ?? []]);
    const after = this.#become(state, this.#memories.of(words), actor, heir);
    return stateOf(after.memory, after.actors, state.crashes + 1);
  }

  /** The state in which one actor and the memory are as given, and the others have noticed what changed. */
  #become(state: State, memory: Memory, actor: number, parts: ActorParts): State {
    const isNoted = this.#order === "weak" && memory !== state.memory;
    const actors = state.actors.map((other, i) => {
      if (i === actor) return this.#actors.of(settled(parts));
      if (!isNoted) return other;
      const noted = afterOthersChange(other, state.memory.words, memory.words);
      return noted === other ? other : this.#actors.of(settled(noted));
    });
    return stateOf(memory, actors, state.crashes);
  }

  #newborn(node: ActorNode | undefined, past: ActorState["past"]): ActorState {
    return this.#actors.of({ node, past, pending: [], ...ACQUIRED });
  }

  #rootOf(spec: ActorNode["spec"]): ActorNode {
    const known = this.#successors.get(spec);
    if (known !== undefined) return known;
    const root = ActorNode.root(spec);
    this.#successors.set(spec, root);
    return root;
  }

  #checkIndex({ kind, index }: Operation): void {
    if (Number.isInteger(index) && index >= 0 && index < this.model.wordCount) return;
    throw new ForbiddenStep(`${kind} of word ${index}, which is outside the memory`);
  }
}

/** An actor whose later loads see nothing older than this moment. */
const ACQUIRED = { changes: [], atomicFrom: 0 } as const;

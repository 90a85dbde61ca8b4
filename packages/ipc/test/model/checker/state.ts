/**
 * The state of a world: its memory, and every actor with what its CPU has delayed or looked up early.
 *
 * States are values that never change, and equal ones are one object, so that the exploration can tell at once
 * whether it has been somewhere before. Nothing is left out of them: an actor's part is the node of its program's
 * tree, which stands for everything it has learnt.
 *
 * @module
 */
import type { ActorNode } from "./actor-tree.ts";
import type { Memory } from "./memory.ts";

/** A store that its CPU has not made visible yet. */
export interface Pending {
  readonly index: number;
  readonly value: number;
  /** An atomic store: everything before it becomes visible first. */
  readonly isRelease: boolean;
}

/** A value that a word had before somebody else changed it. */
export interface Change {
  readonly index: number;
  readonly before: number;
  /** Whether the actor has seen what came after it: then it only marks the moment. */
  readonly isOver?: boolean;
}

/** One actor. */
export interface ActorState {
  readonly id: number;
  /** Undefined when it has died and nobody comes after it. */
  readonly node: ActorNode | undefined;
  /** What its lives before this one have reported. */
  readonly past: readonly (readonly unknown[])[];
  /** In program order. */
  readonly pending: readonly Pending[];
  /** What others changed since the moment back to which its loads may be satisfied, oldest first. */
  readonly changes: readonly Change[];
  /** How many of the changes were over for atomic loads: these stay behind the actor's last atomic store. */
  readonly atomicFrom: number;
}

/** The world. */
export interface State {
  readonly key: string;
  readonly memory: Memory;
  readonly actors: readonly ActorState[];
  readonly crashes: number;
}

/** An actor's part without its number. */
export type ActorParts = Omit<ActorState, "id">;

/** All parts of actors met so far. */
export class ActorStore {
  readonly #known = new Map<string, ActorState>();
  /** The same for actors with nothing but a node, which most have: without the cost of a key. */
  readonly #bare = new Map<ActorNode, ActorState>();
  #count = 0;

  /** The one object for such a part. */
  of(parts: ActorParts): ActorState {
    const { node, past, pending, changes, atomicFrom } = parts;
    const isBare = past.length + pending.length + changes.length + atomicFrom === 0;
    if (node !== undefined && isBare) return this.#find(this.#bare, node, parts);
    return this.#find(this.#known, keyOf(parts), parts);
  }

  #find<K>(known: Map<K, ActorState>, key: K, parts: ActorParts): ActorState {
    const found = known.get(key);
    if (found !== undefined) return found;
    const { node, past, pending, changes, atomicFrom } = parts;
    const actor = { id: this.#count++, node, past, pending, changes, atomicFrom };
    known.set(key, actor);
    return actor;
  }
}

function keyOf({ node, past, pending, changes, atomicFrom }: ActorParts): string {
  let key = node === undefined ? "-" : `${node.id}`;
  if (past.length > 0) key += JSON.stringify(past);
  for (const { index, value, isRelease } of pending)
    key += `${isRelease ? "!" : ";"}${index}=${value}`;
  for (const { index, before, isOver } of changes) key += `,${index}:${isOver ? "" : before}`;
  return atomicFrom === 0 ? key : `${key}@${atomicFrom}`;
}

/** A state from its parts. */
export function stateOf(memory: Memory, actors: readonly ActorState[], crashes: number): State {
  let key = `${memory.id}`;
  for (const { id } of actors) key += `,${id}`;
  return { key: `${key},${crashes}`, memory, actors, crashes };
}

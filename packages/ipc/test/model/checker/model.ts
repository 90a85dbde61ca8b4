/**
 * What a model says: its words, its actors, and what must hold.
 *
 * @module
 */
import type { Words } from "../../../src/words.ts";
import type { Value } from "./operation.ts";
import type { PlainWords } from "./plain-words.ts";

/** How a call of the modelled world behaves. */
export interface CallOptions {
  /** Until it is true, the actor is blocked. Sees memory as it is. */
  readonly guard?: (memory: Readonly<Int32Array>) => boolean;
  /** Whether it orders memory accesses, as a system call does that takes a lock. Absent: true. */
  readonly isFence?: boolean;
  /** The words that the call and its guard look at or change. Absent: it could be any. Saves time. */
  readonly looksAt?: readonly number[];
}

/** What the body of an actor acts through. Each call is one step, unless it says otherwise. */
export interface Actor {
  /** The memory. Every call of every method is one step of this actor. */
  readonly words: Words;
  /**
   * Does something indivisible that is not an access of `Words`: a system call.
   *
   * @param label What it is called in traces; the same for the same call whenever the body runs.
   * @param run Does it. Looks at and changes words only, so that the state of the world stays in them.
   */
  call<T extends Value>(label: string, run: (memory: Int32Array) => T, options?: CallOptions): T;
  /** Stops this actor until something is true of the memory. Orders no accesses. */
  until(label: string, isTrue: (memory: Readonly<Int32Array>) => boolean): void;
  /** Looks at a word as it is in memory; for the model's own words and bounds. Orders no accesses. */
  lookAt(index: number): number;
  /** Changes one of the model's own words. Orders no accesses. */
  put(index: number, value: number): void;
  /** Notes something for the invariants, together with the step before. No step. JSON can hold it. */
  report(value: unknown): void;
}

/** An actor: somebody with a program of its own, a process as a rule. */
export interface ActorSpec {
  readonly name: string;
  /**
   * The program. It is run again from its beginning for every step that it takes, with the answers that its earlier
   * steps got: it may keep nothing outside, and must do the same whenever it gets the same answers.
   */
  readonly body: (actor: Actor) => void;
  /** Who comes when this one has died; it may begin at any time after. */
  readonly successor?: ActorSpec;
  /** Whether the crashes of an exploration spare this actor. */
  readonly isImmortal?: boolean;
}

/** How an actor is at some moment. */
export interface ActorView {
  readonly name: string;
  /** `"blocked"`: its next step cannot be taken now. `"dead"`: without a successor. */
  readonly status: "running" | "blocked" | "done" | "dead";
  /** Label of the call in which it is blocked. */
  readonly blockedIn: string | undefined;
  /** What it has reported in this life. */
  readonly reports: readonly unknown[];
  /** What it reported in its earlier lives, oldest first. */
  readonly pastReports: readonly (readonly unknown[])[];
}

/** The world at some moment. */
export interface World {
  readonly actors: readonly ActorView[];
  /** The memory as it is, delayed stores not included. */
  readonly memory: Readonly<Int32Array>;
  /** A copy of the memory to run more of the source on, as somebody who comes later would. */
  readonly words: PlainWords;
  /** How many crashes there have been. */
  readonly crashes: number;
}

/** What is wrong, in words; undefined when nothing is. */
export type Verdict = string | undefined;

/** A model. */
export interface Model {
  readonly name: string;
  readonly wordCount: number;
  /** Fills the memory before anybody begins. */
  readonly init?: (words: PlainWords) => void;
  readonly actors: readonly ActorSpec[];
  /** What the kernel does when an actor ends or dies: gives its locks back. In the same moment. */
  readonly onDeath?: (memory: Int32Array, actor: number) => void;
  /** Judges every state. */
  readonly always?: (world: World) => Verdict;
  /** Judges every end: nobody can take a step any more. */
  readonly atEnd: (world: World) => Verdict;
  /** What a word is called in traces. */
  readonly nameOf?: (index: number) => string | undefined;
}

/**
 * What plain accesses may do.
 *
 * - `"sequential"`: every step is in order.
 * - `"tso"` (x86): plain stores wait in a queue, and are seen by their own actor only, until an atomic store, an
 *   atomic change, a fence or a fencing call. Loads overtake them.
 * - `"weak"` (ARM64): plain stores become visible in any order; so may what follows an atomic store, until the next
 *   atomic access; plain loads are satisfied early, in any order, back to the last acquiring access.
 */
export const MEMORY_ORDERS = ["sequential", "tso", "weak"] as const;

/** See {@link MEMORY_ORDERS}. */
export type MemoryOrder = (typeof MEMORY_ORDERS)[number];

/** What is explored of a model. */
export interface Bounds {
  /** Absent: `"sequential"`. */
  readonly order?: MemoryOrder;
  /** How many crashes there are in an execution at most. Absent: 0. */
  readonly crashes?: number;
  /** How many stores an actor can have waiting, except in sequential order. Absent: 4. */
  readonly pendingStores?: number;
  /** How often an actor that could go on is made to wait for another one. Absent: as often as can be. */
  readonly preemptions?: number;
  /**
   * Lets delayed stores become visible at every moment, also when nobody looks. The outcomes are the same, `always`
   * sees more states, and it takes much longer: for tests of the checker.
   */
  readonly isExhaustive?: boolean;
  /** How many states before the exploration gives up, with an error. Absent: 3 million. */
  readonly states?: number;
}

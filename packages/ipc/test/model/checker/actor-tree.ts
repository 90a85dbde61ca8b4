/**
 * An actor's program as a tree of what it does next, learnt from its source by running it.
 *
 * A node stands for the answers that the program's steps have got so far. To learn what it does next, the program is
 * run from its beginning: its first steps get the answers again that they got, and the first step without an answer
 * ends the run. So the program is ordinary code, unchanged, with getters, constructors, callbacks and `finally`; and
 * a node holds all that its future depends on, because a program that gets the same answers does the same.
 *
 * @module
 */
import type { Words } from "../../../src/words.ts";
import type { Actor, ActorSpec, CallOptions } from "./model.ts";
import {
  isLoad,
  isSameOperation,
  type Operation,
  type Value,
  type WordsKind,
} from "./operation.ts";

/** Ends a run of a program at its first step without an answer. Not an Error: making one is slow. */
const PAUSE: object = { toString: () => "the model checker ends a run of an actor here" };

let nodeCount = 0;

/** A program after some answers. */
export class ActorNode {
  /**
   * How often a node that was known already has had a word added to `early`. When it has grown in the course of an
   * exploration, that was of too little.
   */
  static widenings = 0;
  /** Unique among all nodes of all trees. */
  readonly id: number = nodeCount++;
  readonly spec: ActorSpec;
  /** What it does next; undefined when it has ended. */
  readonly operation: Operation | undefined;
  readonly reports: readonly unknown[];
  /** What it threw; undefined when it did not. */
  readonly error: unknown;
  /** Whether it has done plain loads to which those that follow are not ordered. */
  readonly isReading: boolean;
  /** Words whose old values loads from here on may give, as far as is known. */
  readonly early: ReadonlySet<number> = new Set<number>();
  /** Those among them that atomic loads may be of, whose own moment decides what is behind them. */
  readonly earlyAtomic: ReadonlySet<number> = new Set<number>();
  /** The first node behind the access that keeps loads from being satisfied any earlier. */
  readonly #window: ActorNode;
  readonly #parent: ActorNode | undefined;
  /** The answer to the parent's operation. */
  readonly #result: Value;
  readonly #children = new Map<Value, ActorNode>();

  private constructor(spec: ActorSpec, parent: ActorNode | undefined, result: Value) {
    this.spec = spec;
    this.#parent = parent;
    this.#result = result;
    const run = new ProgramRun(...this.#history());
    run.go(spec);
    this.operation = run.next;
    this.reports = run.reports;
    this.error = run.error;
    const order = parent === undefined ? "all" : orderOf(parent);
    this.isReading = order === "begin" || (order === "none" && parent?.isReading === true);
    this.#window = parent === undefined || order === "all" ? this : parent.#window;
    this.#widen();
  }

  /** A program before its first step. */
  static root(spec: ActorSpec): ActorNode {
    return new ActorNode(spec, undefined, undefined);
  }

  /** The program after its next step got this answer. */
  after(result: Value): ActorNode {
    const known = this.#children.get(result);
    if (known !== undefined) return known;
    const child = new ActorNode(this.spec, this, result);
    this.#children.set(result, child);
    return child;
  }

  /** Lets all nodes from which its next load can be satisfied early know the load's word. */
  #widen(): void {
    const { operation, isReading } = this;
    if (!isReading || operation === undefined || !isLoad(operation)) return;
    for (let node: ActorNode | undefined = this; node !== undefined; node = node.#parent) {
      let isNews = insert(node.early, operation.index);
      if (operation.kind === "load") isNews = insert(node.earlyAtomic, operation.index) || isNews;
      if (isNews && node !== this) ActorNode.widenings++;
      if (node === this.#window) return;
    }
  }

  /** The answers so far, and the operations that they answer. */
  #history(): [results: Value[], operations: Operation[]] {
    const results: Value[] = [];
    const operations: Operation[] = [];
    let node: ActorNode = this;
    for (let parent = node.#parent; parent !== undefined; parent = node.#parent) {
      results.push(node.#result);
      operations.push(parent.operation as Operation);
      node = parent;
    }
    return [results.reverse(), operations.reverse()];
  }
}

/** Adds a word to a set that only its owner changes; returns whether it is new there. */
function insert(words: ReadonlySet<number>, index: number): boolean {
  if (words.has(index)) return false;
  (words as Set<number>).add(index);
  return true;
}

/** What a node's operation does to the loads behind it: orders them all, begins to let them move, or neither. */
function orderOf({ operation, isReading }: ActorNode): "all" | "begin" | "none" {
  switch (operation?.kind) {
    case "get":
    case "glance":
      return "begin";
    case "load":
      // It can itself be satisfied early when plain loads are before it, and what is behind it then, too.
      return isReading ? "none" : "all";
    case "call":
      return operation.call?.isFence === true ? "all" : "none";
    case "set":
    case "store":
    case "lookAt":
    case "put":
      return "none";
    default:
      return "all";
  }
}

/** One run of a program, up to its first step without an answer. */
class ProgramRun implements Actor, Words {
  next: Operation | undefined;
  error: unknown;
  readonly reports: unknown[] = [];
  readonly #results: readonly Value[];
  readonly #operations: readonly Operation[];
  #position = 0;
  #difference: string | undefined;

  constructor(results: readonly Value[], operations: readonly Operation[]) {
    this.#results = results;
    this.#operations = operations;
  }

  get words(): Words {
    return this;
  }

  go(spec: ActorSpec): void {
    try {
      const result: unknown = spec.body(this);
      if (result instanceof Promise) throw new Error("an actor's body cannot be asynchronous");
    } catch (error) {
      // Once paused, whatever the source made of it on its way out counts for nothing.
      if (this.next === undefined) this.error = error ?? new Error(`threw ${error}`);
    }
    const isShort = this.next === undefined && this.#position < this.#results.length;
    if (isShort) this.#difference ??= "it ended before it had got all answers";
    if (this.#difference === undefined) return;
    throw new Error(`"${spec.name}" does not do the same in every run: ${this.#difference}`);
  }

  // Bound, so that programs can take them apart from the actor.
  readonly call = <T extends Value>(
    label: string,
    run: (memory: Int32Array) => T,
    options?: CallOptions,
  ): T => {
    const { guard, isFence = true, looksAt } = options ?? {};
    const call = { label, run, guard, isFence, looksAt };
    return this.#perform({ kind: "call", index: 0, value: 0, expected: 0, call }) as T;
  };

  readonly until = (label: string, isTrue: (memory: Readonly<Int32Array>) => boolean): void => {
    this.call(label, () => undefined, { guard: isTrue, isFence: false });
  };

  readonly lookAt = (index: number): number => this.#access("lookAt", index, 0);

  readonly put = (index: number, value: number): void => {
    this.#access("put", index, value);
  };

  readonly report = (value: unknown): void => {
    // Notes of an interrupted `finally` are of something that has not happened.
    if (this.next === undefined) this.reports.push(value);
  };

  load(index: number): number {
    return this.#access("load", index, 0);
  }

  store(index: number, value: number): void {
    this.#access("store", index, value);
  }

  add(index: number, delta: number): number {
    return this.#access("add", index, delta);
  }

  and(index: number, mask: number): number {
    return this.#access("and", index, mask);
  }

  or(index: number, mask: number): number {
    return this.#access("or", index, mask);
  }

  exchange(index: number, value: number): number {
    return this.#access("exchange", index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return this.#access("compareExchange", index, value, expected);
  }

  acquire(): void {
    // The strongest that is meant: in weak order, only a fence keeps a plain read before it from being satisfied late.
    this.#access("fence", 0, 0);
  }

  fence(): void {
    this.#access("fence", 0, 0);
  }

  glance(index: number): number {
    return this.#access("glance", index, 0);
  }

  get(index: number): number {
    return this.#access("get", index, 0);
  }

  set(index: number, value: number): void {
    this.#access("set", index, value);
  }

  #access(kind: WordsKind | "lookAt" | "put", index: number, value: number, expected = 0): number {
    const operation = { kind, index, value: value | 0, expected: expected | 0 };
    return this.#perform(operation) as number;
  }

  #perform(operation: Operation): Value {
    if (this.next !== undefined) throw PAUSE;
    const position = this.#position++;
    if (position < this.#results.length) {
      const before = this.#operations[position] as Operation;
      if (isSameOperation(before, operation)) return this.#results[position];
      this.#difference ??= `step ${position + 1} was ${describe(before)} and is ${describe(operation)}`;
    }
    this.next = operation;
    throw PAUSE;
  }
}

function describe({ kind, index, value, call }: Operation): string {
  return call === undefined ? `${kind}(${index}, ${value})` : `"${call.label}"`;
}

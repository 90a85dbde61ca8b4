/**
 * What an actor can do in one step.
 *
 * @module
 */

/** What an operation gives back to its actor. */
export type Value = number | string | boolean | undefined;

/** Operations of `Words`, by the name of their method. */
export type WordsKind =
  | "load"
  | "store"
  | "add"
  | "and"
  | "or"
  | "exchange"
  | "compareExchange"
  | "fence"
  | "glance"
  | "get"
  | "set";

/** A call of the modelled world: a system call, or something that only the model sees. */
export interface Call {
  readonly label: string;
  /** Does it, on the words as they are; may change any of them. */
  readonly run: (memory: Int32Array) => Value;
  /** Until it is true, the actor that makes the call is blocked. */
  readonly guard: ((memory: Readonly<Int32Array>) => boolean) | undefined;
  /** Whether it orders memory accesses, as system calls that take locks do. */
  readonly isFence: boolean;
  /** The words that it looks at or changes; undefined: it could be any. */
  readonly looksAt: readonly number[] | undefined;
}

/** One step. What a kind does not need is 0 or absent. */
export interface Operation {
  /** `lookAt` and `put` are the model's own: they order nothing and nothing delays them. */
  readonly kind: WordsKind | "lookAt" | "put" | "call";
  readonly index: number;
  readonly value: number;
  readonly expected: number;
  readonly call?: Call;
}

/** Whether an operation is a load of `Words`, plain or atomic. */
export function isLoad({ kind }: Operation): boolean {
  return kind === "load" || kind === "get" || kind === "glance";
}

/** Whether two operations are the same as far as their actor decides. */
export function isSameOperation(one: Operation, other: Operation): boolean {
  return (
    one.kind === other.kind &&
    one.index === other.index &&
    one.value === other.value &&
    one.expected === other.expected &&
    one.call?.label === other.call?.label
  );
}

/**
 * The value that an atomic change leaves in a word.
 *
 * @returns Undefined when the operation changes nothing, or is not an atomic change.
 */
export function changed(operation: Operation, before: number): number | undefined {
  const { kind, value, expected } = operation;
  switch (kind) {
    case "add":
      return (before + value) | 0;
    case "and":
      return before & value;
    case "or":
      return before | value;
    case "exchange":
      return value;
    case "compareExchange":
      return before === expected ? value : before;
    default:
      return undefined;
  }
}

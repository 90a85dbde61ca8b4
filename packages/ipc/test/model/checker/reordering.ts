/**
 * What a CPU of weak order does to plain accesses: stores that wait, and loads that were satisfied early.
 *
 * A load that is satisfied early gives a value that its word had earlier. So a state has, for every actor, what
 * others have changed since the moment back to which its loads can be moved: its last access that orders the loads
 * behind it. The first plain load after that need not be moved: moved, it is in order in another execution.
 *
 * @module
 */
import type { Operation } from "./operation.ts";
import type { ActorParts, ActorState, Change, Pending } from "./state.ts";

/** Whether a pending store may become visible now, before those that are older. */
export function isDrainable(pending: readonly Pending[], position: number): boolean {
  const { index, isRelease } = pending[position] as Pending;
  if (isRelease) return position === 0;
  return pending.findIndex((store) => store.index === index) === position;
}

/**
 * Whether it matters to anybody, now, if a store to a word has become visible: who accesses it in the next step, or
 * stores to it. To all others it can as well become visible later, so it does.
 */
export function isMetBy(others: readonly ActorState[], index: number): boolean {
  return others.some(({ node, pending }) => {
    if (pending.some((store) => store.index === index)) return true;
    const operation = node?.operation;
    if (operation === undefined) return false;
    const { kind, call } = operation;
    if (kind !== "call") return operation.index === index && kind !== "fence";
    return call?.looksAt?.includes(index) ?? true;
  });
}

/** Positions of the changes whose old values a load of a word may give, newest first. */
export function earlyChoices(
  { node, pending, changes, atomicFrom }: ActorParts,
  { kind, index }: Operation,
): number[] {
  const positions: number[] = [];
  if (node?.isReading !== true || forwarded(pending, index) !== undefined) return positions;
  const from = kind === "load" ? atomicFrom : 0;
  for (let i = changes.length - 1; i >= from; i--) {
    if (changes[i]?.index === index && changes[i]?.isOver !== true) positions.push(i);
  }
  return positions;
}

/**
 * A load.
 *
 * @param self The actor.
 * @param operation A `get`, `glance` or `load`.
 * @param choice 0 for what the word has now, otherwise one of `earlyChoices`.
 * @param current What the word has now.
 * @returns The value, and what changes about the actor.
 */
export function readEarly(
  self: ActorParts,
  operation: Operation,
  choice: number,
  current: number,
): { readonly parts: Partial<ActorParts>; readonly result: number } {
  const { kind, index } = operation;
  const { changes, atomicFrom } = self;
  const own = forwarded(self.pending, index);
  const positions = earlyChoices(self, operation);
  const position = choice === 0 ? changes.length : (positions[choice - 1] as number);
  const result = own ?? changes[position]?.before ?? current;
  if (kind !== "load") {
    // The same word never goes back to what it was before.
    return { parts: own === undefined ? endChanges(self, index, position) : {}, result };
  }
  if (self.node?.isReading !== true) return { parts: { changes: [], atomicFrom: 0 }, result };
  // As early as the value was there: what changed after that can still be met by the loads behind this one.
  const before = changes.slice(0, position).findLastIndex((change) => change.index === index);
  const since = Math.max(before, atomicFrom - 1);
  return { parts: { changes: changes.slice(since + 1), atomicFrom: 0 }, result };
}

/**
 * An actor without what makes no difference: changes that no load of its program can meet any more, and the order of
 * changes of different words between two that an atomic load can meet.
 */
export function settled(self: ActorParts): ActorParts {
  const { changes, node } = self;
  if (changes.length === 0) return self;
  const isMet = ({ index, isOver }: Change, position: number): boolean =>
    // The mark of a moment before which there is nothing says nothing.
    node?.early.has(index) === true && !(isOver === true && position === 0);
  const parts = changes.every(isMet) ? self : { ...self, ...kept(self, isMet) };
  const sorted: Change[] = [];
  let run: Change[] = [];
  const endRun = (): void => {
    sorted.push(...run.sort((one, other) => one.index - other.index));
    run = [];
  };
  for (const [i, change] of parts.changes.entries()) {
    const isMark = node?.earlyAtomic.has(change.index) === true;
    if (isMark || i === parts.atomicFrom) endRun();
    run.push(change);
    if (isMark) endRun();
  }
  endRun();
  return { ...parts, changes: sorted };
}

/** An actor after one of its own stores became visible. */
export function afterOwnStore(self: ActorParts, index: number, isRelease: boolean): ActorParts {
  const mark = { index, before: 0, isOver: true };
  const changes = [...self.changes, mark];
  const parts = { ...self, ...endChanges({ ...self, changes }, index, changes.length) };
  return isRelease ? { ...parts, atomicFrom: parts.changes.length } : parts;
}

/** An actor after somebody else has changed the memory; the same object when its loads do not meet that. */
export function afterOthersChange(
  self: ActorState,
  before: Readonly<Int32Array>,
  after: Readonly<Int32Array>,
): ActorParts {
  const changes: Change[] = [];
  for (const index of self.node?.early ?? []) {
    const value = before[index] as number;
    if (value !== after[index]) changes.push({ index, before: value });
  }
  return changes.length === 0 ? self : { ...self, changes: [...self.changes, ...changes] };
}

/** The value that an actor sees in a word because it has stored it itself. */
function forwarded(pending: readonly Pending[], index: number): number | undefined {
  return pending.findLast((store) => store.index === index)?.value;
}

/** An actor's changes after it has seen what a word is from a position on. */
function endChanges(
  self: ActorParts,
  index: number,
  position: number,
): Pick<ActorParts, "changes" | "atomicFrom"> {
  const isBefore = (change: Change, i: number): boolean => change.index === index && i < position;
  const last = self.changes.findLastIndex(isBefore);
  // An atomic load of it can still not be satisfied before that moment.
  const isMark = (i: number): boolean => i === last && self.node?.earlyAtomic.has(index) === true;
  const left = kept(self, (change, i) => !isBefore(change, i) || isMark(i));
  const over = left.changes.map((change) =>
    change === self.changes[last] ? { ...change, isOver: true } : change,
  );
  return { ...left, changes: over };
}

/** Those of an actor's noted changes that fulfil a condition. */
function kept(
  { changes, atomicFrom }: ActorParts,
  isKept: (change: Change, position: number) => boolean,
): Pick<ActorParts, "changes" | "atomicFrom"> {
  const over = changes.filter((change, i) => i < atomicFrom && isKept(change, i)).length;
  return { changes: changes.filter(isKept), atomicFrom: over };
}

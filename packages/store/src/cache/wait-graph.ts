/**
 * Which computation of this thread waits for which, so that none begins to wait in a circle.
 *
 * A computation waits for all that it has asked for and that has not come. What is asked for outside of any computation keeps
 * nobody from going on, and is no part of this.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { NotSupportedError } from "@isthmus/core";

/** A computation of the program's that is running. */
export interface Running {
  readonly key: string;
  /** The one in which it was asked for. */
  readonly outer: Running | undefined;
  /** What it waits for: an entry for each wait. */
  readonly waits: Set<Wait>;
  isOver: boolean;
}

/** A value that one handle obtains. */
export interface Wanted {
  readonly key: string;
  /** Its cache and the hash of its key, by which computations wait for each other, whichever handles they use. */
  readonly place: string;
  /** Its computation by this handle, if this is who computes it. */
  running: Running | undefined;
}

interface Wait {
  readonly wanted: Wanted;
}

/** The innermost computation that the present code, or what it was awaited for, is a part of. */
const innermost = new AsyncLocalStorage<Running>();
/** The computations for which other handles wait, by their places. */
const awaited = new Map<string, Running>();

/** Computes, so that whatever that asks for knows that it does. */
export async function runComputation(
  wanted: Wanted,
  compute: () => unknown,
  isAwaited: boolean,
): Promise<unknown> {
  const { key, place } = wanted;
  const running: Running = { key, outer: present(), waits: new Set(), isOver: false };
  wanted.running = running;
  if (isAwaited) awaited.set(place, running);
  try {
    return await innermost.run(running, compute);
  } finally {
    running.isOver = true;
    if (awaited.get(place) === running) awaited.delete(place);
  }
}

/**
 * Notes that the present computation, if there is one, waits for a value; returns how to end that.
 *
 * @param name The cache's, for messages.
 * @throws {NotSupportedError} When the value itself waits for that computation.
 */
export function beginWait(wanted: Wanted, name: string): (() => void) | undefined {
  const asking = present();
  if (asking === undefined) return undefined;
  const between = wayTo(asking, wanted, new Set());
  if (between !== undefined) throw circle(wanted.key, name, asking, between);
  const wait = { wanted };
  asking.waits.add(wait);
  return () => void asking.waits.delete(wait);
}

/** What one computation has left running may begin the next one, for ever: those that are over are let go. */
function present(): Running | undefined {
  let one = innermost.getStore();
  while (one?.isOver) one = one.outer;
  return one;
}

/** The computations by which a value waits for a certain one, without that; undefined when it does not. */
function wayTo(end: Running, wanted: Wanted, seen: Set<Running>): readonly Running[] | undefined {
  const running = wanted.running ?? awaited.get(wanted.place);
  if (running === end) return [];
  if (running === undefined || running.isOver || seen.has(running)) return undefined;
  seen.add(running);
  for (const wait of running.waits) {
    const rest = wayTo(end, wait.wanted, seen);
    if (rest !== undefined) return [running, ...rest];
  }
  return undefined;
}

function circle(
  key: string,
  name: string,
  asking: Running,
  between: readonly Running[],
): NotSupportedError {
  if (between.length === 0 && asking.key === key) {
    return new NotSupportedError(
      `Cannot compute "${key}" of "${name}" inside its own computation, which would wait for itself`,
    );
  }
  const others = between.slice(1).map((one) => `"${one.key}"`);
  const through = others.length === 0 ? "" : ` by way of ${others.join(", ")}`;
  return new NotSupportedError(
    `Cannot compute "${key}" of "${name}" inside the computation of "${asking.key}", for which it waits${through}`,
  );
}

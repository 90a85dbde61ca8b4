/**
 * What this thread has open, as far as the program can still use it.
 *
 * A program that forgets a handle cannot dispose it: its place goes back when the handle is collected, or at once when
 * somebody is refused because of it. And when this module is evaluated anew, as `bun --hot` does with every module,
 * handles of the evaluation before are still there, and may be busy: the first one that is opened anew, for the same
 * purpose, disposes them. What is kept over reloads on `globalThis` is not opened anew, and stays.
 *
 * @module
 */
import { host } from "@isthmus/core/internal";
import { perThread } from "../per-thread.ts";

/** A handle that is open. */
export interface OpenHandle {
  /** The file of its segment; of a journal, its directory. */
  readonly path: string;
  /** What it is for: no two purposes are in each other's way. */
  readonly purpose: string;
  readonly handle: WeakRef<Disposable>;
  /** The program that opened it. `bun test` runs one after the other in one process. */
  readonly main: string;
  /** Gives back what it has, without the handle. */
  readonly letGo: () => void;
}

/** A name that is held for handles which the program has forgotten. */
interface KeptName {
  readonly path: string;
  /** The program that has forgotten them. */
  readonly main: string;
  readonly release: () => void;
}

/** What one evaluation of this file knows. */
interface Evaluation {
  readonly handles: Set<OpenHandle>;
  /** By the epochs of their segments: one for all that was forgotten of each. */
  readonly names: Map<bigint, KeptName>;
}

const own: Evaluation = { handles: new Set(), names: new Map() };
const evaluations = perThread<Evaluation[]>(`evaluations of ${import.meta.url}`, () => []);
/** What earlier evaluations have open. */
const earlier = [...evaluations];
evaluations.push(own);

const collected = new FinalizationRegistry<OpenHandle>((one) => letGo(own, one));

/** Notes a handle that has been opened. */
export function noteHandle(one: OpenHandle): void {
  own.handles.add(one);
  const handle = one.handle.deref();
  if (handle !== undefined) collected.register(handle, one, one);
}

/** Holds a name for handles that were forgotten, until the process ends. False when that is done already. */
export function keepName(epoch: bigint, name: KeptName): boolean {
  if (own.names.has(epoch)) return false;
  own.names.set(epoch, name);
  return true;
}

/** Uses a handle: nobody forgets it before this, though only its insides are waited for. */
export function touch(_: Disposable): void {}

/** Notes that a handle has been disposed. */
export function noteDisposed(one: OpenHandle): void {
  own.handles.delete(one);
  collected.unregister(one);
}

/**
 * Disposes what an earlier evaluation of this program has open under a name.
 *
 * @param purpose Only what is for this; everything when it is undefined.
 */
export function disposeEarlier(path: string, purpose?: string): void {
  for (const evaluation of earlier) {
    for (const one of evaluation.handles) {
      if (one.path !== path || (purpose !== undefined && one.purpose !== purpose)) continue;
      end(evaluation, one);
    }
    for (const [epoch, name] of evaluation.names) {
      if (name.path !== path) continue;
      evaluation.names.delete(epoch);
      if (purpose === undefined) quietly(name.release);
      else own.names.set(epoch, name);
    }
  }
}

/**
 * Lets go of what this thread has open under a name and nobody uses any more: what the program has forgotten, and what
 * a program has left that ran before it, such as another file of `bun test`.
 *
 * @returns Whether there was any.
 */
export function reclaimHandles(path: string): boolean {
  const candidates = evaluations.flatMap((evaluation) =>
    [...evaluation.handles].filter((one) => one.path === path).map((one) => ({ evaluation, one })),
  );
  if (candidates.length > 0) host.collectGarbage();
  const over = candidates.filter(
    ({ one }) => one.main !== host.program || one.handle.deref() === undefined,
  );
  for (const { evaluation, one } of over) end(evaluation, one);
  // Last: what has been forgotten leaves its name.
  return releaseLeftNames(path) || over.length > 0;
}

/** Releases names that were kept for what an earlier program has forgotten. */
function releaseLeftNames(path: string): boolean {
  let isAny = false;
  for (const { names } of evaluations) {
    for (const [epoch, name] of names) {
      if (name.path !== path || name.main === host.program) continue;
      names.delete(epoch);
      quietly(name.release);
      isAny = true;
    }
  }
  return isAny;
}

/** Disposes a handle, or what is left of it. */
function end(evaluation: Evaluation, one: OpenHandle): void {
  const handle = one.handle.deref();
  if (handle === undefined) letGo(evaluation, one);
  else quietly(() => handle[Symbol.dispose]());
  evaluation.handles.delete(one);
}

function letGo({ handles }: Evaluation, one: OpenHandle): void {
  if (handles.delete(one)) quietly(one.letGo);
}

/** There is nobody who could be told of a failure: it is over for whoever had the handle. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // what could not be given back in order is the system's to give back when this process ends
  }
}

/**
 * What a thread has once, however often the modules of this library are evaluated in it: `bun --hot` evaluates all of
 * them anew with every reload, and what those before have made is still there.
 *
 * @module
 */

/** What this thread has under a key, made when it is first asked for. */
export function perThread<T>(key: string, make: () => T): T {
  const symbol = Symbol.for(`@isthmus/ipc: ${key}`);
  const all = globalThis as unknown as Record<symbol, T | undefined>;
  const known = all[symbol];
  if (known !== undefined) return known;
  const made = make();
  Object.defineProperty(globalThis, symbol, { value: made });
  return made;
}

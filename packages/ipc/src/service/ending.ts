/**
 * How a request that is waited for on this thread comes to its end.
 *
 * @module
 */

/** Looks for a reply between two looks at the clock. */
const SPINS_PER_CLOCK = 32;

/** How a request came to its end. */
export type Ending = { readonly response: unknown } | { readonly error: unknown };

/** What a request that is waited for on this thread comes to. Nothing is looked for once it has ended. */
export function endingOf(look: () => void): {
  readonly attempt: () => Ending | undefined;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: unknown) => void;
} {
  let ending: Ending | undefined;
  return {
    attempt: () => {
      if (ending === undefined) look();
      return ending;
    },
    resolve: (response) => {
      ending = { response };
    },
    reject: (error) => {
      ending = { error };
    },
  };
}

/** Looks again and again for a while. */
export function spin<T>(attempt: () => T | undefined, spinMs: number): T | undefined {
  if (spinMs === 0) return undefined;
  const deadline = performance.now() + spinMs;
  do {
    for (let look = 0; look < SPINS_PER_CLOCK; look++) {
      const found = attempt();
      if (found !== undefined) return found;
    }
  } while (performance.now() < deadline);
  return undefined;
}

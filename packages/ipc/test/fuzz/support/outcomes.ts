/**
 * How an operation on a damaged segment may end.
 *
 * @module
 */

/** Codes that the documentation promises. Whatever else is thrown is a finding. */
const DOCUMENTED: ReadonlySet<string> = new Set([
  "ERR_CORRUPT_SEGMENT",
  "ERR_FILE_TRUNCATED",
  "ERR_PEER_DIED",
  "ERR_REMOTE",
  "ERR_DISPOSED",
  "ETIMEDOUT",
  // No such name, taken, no place left, the one place taken, nobody answers, no room.
  "ENOENT",
  "EEXIST",
  "EAGAIN",
  "EBUSY",
  "ECONNREFUSED",
  "ENOSPC",
  // Of the mutex: already held by this thread, not held any more, given up for lost, not one.
  "EDEADLK",
  "EPERM",
  "ENOTRECOVERABLE",
  "EINVAL",
  // More units than there may be, or a number that cannot be.
  "EOVERFLOW",
  "ERR_OUT_OF_RANGE",
]);

/** How often each operation ended how. */
export class Outcomes {
  readonly tally: Record<string, number> = {};

  /** Runs an operation; returns what it gives, or undefined when it fails as documented. */
  attempt<T>(operation: string, run: () => T): T | undefined {
    try {
      const result = run();
      this.#count(operation, "value");
      return result;
    } catch (error) {
      this.#refuse(operation, error);
      return undefined;
    }
  }

  /** The same for what takes time. */
  async attemptAsync<T>(operation: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await run();
      this.#count(operation, "value");
      return result;
    } catch (error) {
      this.#refuse(operation, error);
      return undefined;
    }
  }

  #refuse(operation: string, error: unknown): void {
    const { code } = error as { readonly code?: string };
    if (code === undefined || !DOCUMENTED.has(code)) {
      const { stack } = error as Error;
      throw new Error(`${operation} ended with ${code ?? "an error without a code"}: ${stack}`);
    }
    this.#count(operation, code);
  }

  #count(operation: string, outcome: string): void {
    const key = `${operation} ${outcome}`;
    this.tally[key] = (this.tally[key] ?? 0) + 1;
  }
}

/** Throws when something that was read cannot be. */
export function demand(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`read what cannot be: ${what}`);
}

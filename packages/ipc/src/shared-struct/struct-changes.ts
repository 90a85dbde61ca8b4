/**
 * Following the changes of a shared struct.
 *
 * @module
 */

import type { OptionNames } from "@isthmus/core/internal";
import type { Segment } from "../segment/segment.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import { waitAsync } from "../wait/wait-for.ts";

/** How changes are followed. */
export interface ChangesOptions {
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Changes after this version count. Default: the version at the time of the call. */
  readonly since?: number | undefined;
}

/** Their names. */
export const CHANGES_OPTIONS: OptionNames<ChangesOptions> = { signal: true, since: true };

/** A value and its version. */
export interface Versioned<V> {
  readonly version: number;
  readonly value: V;
}

/** What is followed. */
interface ChangeSource<V> {
  /** The current value; throws when the struct is disposed. */
  readonly read: () => Versioned<V>;
  /** Changes after this version count. */
  readonly since: number;
  readonly segment: Segment;
  /** Woken by every change. */
  readonly cell: WaitCell;
  /** Aborted when the struct is disposed: the loop ends. */
  readonly disposed: AbortSignal;
  /** Aborted by the user: the loop throws its reason. */
  readonly signal: AbortSignal | undefined;
}

/** Yields the newest value after each change; see `SharedStruct.changes`. */
export async function* followChanges<V>(source: ChangeSource<V>): AsyncGenerator<V, void> {
  const { read, since, segment, cell, disposed, signal } = source;
  const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
  let last = since;
  const condition = {
    attempt: () => {
      const found = read();
      return found.version === last ? undefined : found;
    },
    description: `wait for a change of "${segment.name}"`,
    cell,
  };
  const options = { timeoutMs: Infinity, signal: either };
  while (!disposed.aborted) {
    let found: Versioned<V> | undefined;
    try {
      found = await waitAsync(condition, segment.doorbell, options);
    } catch (error) {
      if (disposed.aborted && !signal?.aborted) return;
      throw error;
    }
    if (found === undefined) return;
    last = found.version;
    yield found.value;
  }
}

/**
 * Subscribers for tests.
 *
 * @module
 */
import type { JournalSchema, JournalSubscriber } from "../../../src/index.ts";

/** Everything that a subscriber has now: sequences and values, and gaps. */
export function drain<S extends JournalSchema>(subscriber: JournalSubscriber<S>): unknown[] {
  const found: unknown[] = [];
  for (;;) {
    const entry = subscriber.tryReceive();
    if (entry === undefined) return found;
    found.push(entry.gap === undefined ? [entry.sequence, entry.value] : entry.gap);
  }
}

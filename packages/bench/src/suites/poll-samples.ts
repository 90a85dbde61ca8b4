/**
 * Taking records of a channel or topic in place, on every runtime.
 *
 * @module
 */
import type { Consumer, Subscriber } from "@isthmus/ipc";
import { type Sample, type SampleFields, warmUpOf } from "./sample.ts";

const PATIENCE = { timeoutMs: 60_000 };

/**
 * Takes records until there were enough.
 *
 * @param count How many.
 * @param expected What all their fields give together.
 * @returns Records a second, of those behind the warm-up.
 */
export function pollSamples(
  receiver: Consumer<typeof Sample> | Subscriber<typeof Sample>,
  count: number,
  expected: number,
): number {
  const warmUp = warmUpOf(count);
  let sum = 0;
  let seen = 0;
  let startedAt = 0;
  const handle = (record: SampleFields): void => {
    sum += record.a + record.b + record.c + record.d + record.e + record.f + record.g + record.h;
    if (++seen === warmUp) startedAt = performance.now();
  };
  // Asleep until the first record, so that the other process has the CPU to start on.
  handle(receiver.receive(PATIENCE));
  while (seen < count) receiver.poll(handle);
  const seconds = (performance.now() - startedAt) / 1000;
  if (sum !== expected) throw new Error(`sum ${sum} instead of ${expected}`);
  return (count - warmUp) / seconds;
}

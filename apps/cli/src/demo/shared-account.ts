/**
 * A small structure that several processes change at once, with what the core offers: fields at
 * fixed offsets, and `Atomics` over the bytes of a view.
 *
 * ```text
 * offset  0        4        8        12       16        24        32
 *         ┌────────┬────────┬────────┬────────┬─────────┬─────────┐
 *         │counter │ lock   │version │ (pad)  │ left    │ right   │
 *         │ int32  │ int32  │ int32  │        │ float64 │ float64 │
 *         └────────┴────────┴────────┴────────┴─────────┴─────────┘
 * ```
 *
 * @module
 */
import { TimeoutError, type ViewAccessor } from "@isthmus/core";

/** What the two accounts hold together, always. */
export const TOTAL = 1_000_000;

const COUNTER_INDEX = 0;
const LOCK_INDEX = 1;
const VERSION_INDEX = 2;
const LEFT_OFFSET = 16;
const RIGHT_OFFSET = 24;
const STRUCT_BYTES = 32;

/** After so many failed attempts the other process is not working but waiting for the processor. */
const SPINS_BEFORE_SLEEP = 200;
const SLEEP_MS = 0.05;
const LOCK_TIMEOUT_MS = 5000;

/** Nothing ever wakes this word: waiting on it is sleeping for less than a millisecond. */
const SLEEP_WORD: Int32Array = new Int32Array(new SharedArrayBuffer(4));

/** Puts everything into the left account. */
export function openAccount(view: ViewAccessor): void {
  view.writeFloat64(LEFT_OFFSET, TOTAL);
  view.writeFloat64(RIGHT_OFFSET, 0);
}

/** Adds 1 to the counter, many times, atomically. */
export function addMany(view: ViewAccessor, count: number): void {
  const words = wordsOf(view);
  for (let index = 0; index < count; index += 1) Atomics.add(words, COUNTER_INDEX, 1);
}

/** The counter. */
export function counterOf(view: ViewAccessor): number {
  return Atomics.load(wordsOf(view), COUNTER_INDEX);
}

/** What is in the left and in the right account. */
export function balancesOf(view: ViewAccessor): [left: number, right: number] {
  return [view.readFloat64(LEFT_OFFSET), view.readFloat64(RIGHT_OFFSET)];
}

/** How many transfers there have been. */
export function versionOf(view: ViewAccessor): number {
  return Atomics.load(wordsOf(view), VERSION_INDEX);
}

/**
 * Moves 1 from left to right, many times, each under the lock.
 *
 * @returns How often the accounts did not hold {@link TOTAL} together when the lock was taken.
 */
export function transferMany(view: ViewAccessor, count: number): number {
  const words = wordsOf(view);
  let torn = 0;
  for (let index = 0; index < count; index += 1) {
    lock(words);
    const left = view.readFloat64(LEFT_OFFSET);
    const right = view.readFloat64(RIGHT_OFFSET);
    if (left + right !== TOTAL) torn += 1;
    view.writeFloat64(LEFT_OFFSET, left - 1);
    view.writeFloat64(RIGHT_OFFSET, right + 1);
    // A plain addition: it is the lock that keeps the other process out.
    words[VERSION_INDEX] = (words[VERSION_INDEX] ?? 0) + 1;
    Atomics.store(words, LOCK_INDEX, 0);
  }
  return torn;
}

function lock(words: Int32Array): void {
  let deadlineMs = 0;
  for (let spins = 1; Atomics.compareExchange(words, LOCK_INDEX, 0, 1) !== 0; spins += 1) {
    if (spins % SPINS_BEFORE_SLEEP !== 0) continue;
    const now = performance.now();
    deadlineMs ||= now + LOCK_TIMEOUT_MS;
    if (now > deadlineMs) throw new TimeoutError(`The lock was not free in ${LOCK_TIMEOUT_MS} ms`);
    Atomics.wait(SLEEP_WORD, 0, 0, SLEEP_MS);
  }
}

function wordsOf(view: ViewAccessor): Int32Array {
  const bytes = view.bytes(0, STRUCT_BYTES);
  return new Int32Array(bytes.buffer, bytes.byteOffset, STRUCT_BYTES / 4);
}

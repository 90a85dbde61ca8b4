/**
 * The ring that one writes by hand over memory that a library merely provides: what `SharedArrayBuffer` and
 * `Bun.mmap` are compared by. No names, no death, no sleep: both sides spin.
 *
 * @module
 */
import { fillSample, sumSample } from "./frames.ts";
import type { Meter } from "./meter.ts";

const SLOT_COUNT: number = 1 << 14;
const SLOT_FLOATS = 8;
/** Counters 128 bytes apart, for CPUs fetch cache lines in pairs. */
const TAIL = 0;
const HEAD = 32;
const HEADER_FLOATS = 32;

/** Bytes of a ring. */
export const PLAIN_RING_BYTES: number = (HEADER_FLOATS + SLOT_COUNT * SLOT_FLOATS) * 8;

/** Records that are published together. */
const PLAIN_RING_BATCH = 64;

function wordsOf(memory: Uint8Array<ArrayBufferLike>): Int32Array {
  return new Int32Array(memory.buffer, memory.byteOffset, HEADER_FLOATS * 2);
}

function slotsOf(memory: Uint8Array<ArrayBufferLike>): Float64Array {
  const offset = memory.byteOffset + HEADER_FLOATS * 8;
  return new Float64Array(memory.buffer, offset, SLOT_COUNT * SLOT_FLOATS);
}

/** Sends `count` records, publishing every {@link PLAIN_RING_BATCH} of them. */
export function produceRecords(memory: Uint8Array<ArrayBufferLike>, count: number): void {
  const words = wordsOf(memory);
  const slots = slotsOf(memory);
  let head = 0;
  for (let i = 0; i < count; i++) {
    while (i - head >= SLOT_COUNT) {
      Atomics.store(words, TAIL, i);
      head = Atomics.load(words, HEAD);
    }
    fillSample(slots, (i % SLOT_COUNT) * SLOT_FLOATS, i);
    if ((i + 1) % PLAIN_RING_BATCH === 0) Atomics.store(words, TAIL, i + 1);
  }
  Atomics.store(words, TAIL, count);
}

/** Receives records until the meter has all of them. */
export function consumeRecords(memory: Uint8Array<ArrayBufferLike>, meter: Meter): void {
  const words = wordsOf(memory);
  const slots = slotsOf(memory);
  for (let i = 0; !meter.isDone; ) {
    const tail = Atomics.load(words, TAIL);
    for (; i < tail; i++) meter.note(sumSample(slots, (i % SLOT_COUNT) * SLOT_FLOATS));
    Atomics.store(words, HEAD, i);
  }
}

/** Does nothing. */
const idle = (): void => {};

/**
 * Sends one record after the other at once, for round trips: whoever asks has read what stood in the slot.
 *
 * @param work What is done before each.
 */
export function recordSender(
  memory: Uint8Array<ArrayBufferLike>,
  work: () => void = idle,
): (i: number) => void {
  const words = wordsOf(memory);
  const slots = slotsOf(memory);
  return (i) => {
    work();
    fillSample(slots, (i % SLOT_COUNT) * SLOT_FLOATS, i);
    Atomics.store(words, TAIL, i + 1);
  };
}

/**
 * Spins until a record is there; gives the sum of its fields.
 *
 * @param work What is done behind each.
 */
export function recordReceiver(
  memory: Uint8Array<ArrayBufferLike>,
  work: () => void = idle,
): (i: number) => number {
  const words = wordsOf(memory);
  const slots = slotsOf(memory);
  return (i) => {
    while (Atomics.load(words, TAIL) !== i + 1);
    work();
    return sumSample(slots, (i % SLOT_COUNT) * SLOT_FLOATS);
  };
}

/** Turns of an empty loop that are timed to know how long one takes. */
const TIMED_TURNS = 2e6;

function turn(turns: number): number {
  let done = 0;
  while (done < turns) done++;
  return done;
}

/** Makes what passes a time without touching any memory. */
export function workOf(nanoseconds: number): () => void {
  let turns = 0;
  // Compiled by the third time.
  for (let round = 0; round < 3; round++) {
    const startedAt = Bun.nanoseconds();
    turn(TIMED_TURNS);
    turns = Math.round((nanoseconds * TIMED_TURNS) / (Bun.nanoseconds() - startedAt));
  }
  return () => {
    turn(turns);
  };
}

/**
 * Two processes that take turns.
 *
 * @module
 */
import { TimeoutError, type ViewAccessor } from "@isthmus/core";

/** How many bytes of memory a game needs: one word per side, each on a cache line of its own. */
export const PING_PONG_BYTES = 128;

/** How long a game may take. */
export interface PingPongLimits {
  /** At most so many rounds are counted. */
  readonly rounds: number;
  /** After so much time no further round is begun. */
  readonly durationMs: number;
}

const PING_WORD = 0;
const PONG_WORD = 16;
/** What `ping` writes when it has had enough. */
const GAME_OVER = -1;

const WAIT_TIMEOUT_MS = 10_000;
/** Looks at the clock, and lets another process have the processor, every so many attempts. */
const SPINS_BEFORE_SLEEP = 2000;
const SLEEP_MS = 0.05;

/** Nothing ever wakes this word: waiting on it is sleeping for less than a millisecond. */
const SLEEP_WORD: Int32Array = new Int32Array(new SharedArrayBuffer(4));

/**
 * Plays the side that asks: writes a number and waits until it comes back.
 *
 * @param view The shared memory, all zeros at first.
 * @param limits When to stop.
 * @returns How long each round took in milliseconds, without the first, which waits for the other
 * process to start.
 * @throws {TimeoutError} when the other side does not answer for a long time.
 */
export function playPing(view: ViewAccessor, { rounds, durationMs }: PingPongLimits): number[] {
  const words = wordsOf(view);
  const times: number[] = [];
  playRound(words, 1);
  const endMs = performance.now() + durationMs;
  for (let number = 2; times.length < rounds; number += 1) {
    const startMs = performance.now();
    if (startMs > endMs) break;
    playRound(words, number);
    times.push(performance.now() - startMs);
  }
  Atomics.store(words, PING_WORD, GAME_OVER);
  return times;
}

/**
 * Plays the side that answers, until the other one has had enough.
 *
 * @param view The shared memory.
 * @throws {TimeoutError} when the other side does not ask for a long time.
 */
export function playPong(view: ViewAccessor): void {
  const words = wordsOf(view);
  let number = 0;
  for (;;) {
    waitWhile(words, PING_WORD, number);
    number = Atomics.load(words, PING_WORD);
    if (number === GAME_OVER) return;
    Atomics.store(words, PONG_WORD, number);
  }
}

function playRound(words: Int32Array, number: number): void {
  Atomics.store(words, PING_WORD, number);
  waitWhile(words, PONG_WORD, number - 1);
  const answer = Atomics.load(words, PONG_WORD);
  if (answer !== number) throw new Error(`The answer to ${number} was ${answer}`);
}

function waitWhile(words: Int32Array, word: number, value: number): void {
  let deadlineMs = 0;
  for (let spins = 1; Atomics.load(words, word) === value; spins += 1) {
    if (spins % SPINS_BEFORE_SLEEP !== 0) continue;
    const now = performance.now();
    deadlineMs ||= now + WAIT_TIMEOUT_MS;
    if (now > deadlineMs) throw new TimeoutError(`No answer for ${WAIT_TIMEOUT_MS} ms`);
    Atomics.wait(SLEEP_WORD, 0, 0, SLEEP_MS);
  }
}

function wordsOf(view: ViewAccessor): Int32Array {
  const bytes = view.bytes(0, PING_PONG_BYTES);
  return new Int32Array(bytes.buffer, bytes.byteOffset, PING_PONG_BYTES / 4);
}

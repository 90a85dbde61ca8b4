/**
 * A ring of messages between one producer and one consumer, with what the core offers.
 *
 * ```text
 * offset    0         4 …      64        68 …     128       132 …   256               256 + 64 n
 *           ┌─────────┬────────┬─────────┬────────┬─────────┬───────┬───────┬───────┬───┐
 *           │ head    │        │ tail    │        │ closed  │       │ slot 0│ slot 1│ … │
 *           │ consumer│        │ producer│        │ producer│       │ 64 B  │ 64 B  │   │
 *           └─────────┴────────┴─────────┴────────┴─────────┴───────┴───────┴───────┴───┘
 * one slot  0          4      8        16          24       60         64
 *           ┌──────────┬──────┬────────┬───────────┬────────┬──────────┐
 *           │ sequence │ kind │ price  │ quantity  │ words  │ checksum │
 *           │ uint32   │ int32│ float64│ float64   │ 9 int32│ int32    │
 *           └──────────┴──────┴────────┴───────────┴────────┴──────────┘
 * ```
 *
 * `head` and `tail` only grow; each is written by one side, on a cache line of its own. A slot is
 * written before `tail` is stored and read after it is loaded: `Atomics` orders the two.
 *
 * @module
 */
import { TimeoutError, type ViewAccessor } from "@isthmus/core";
import { fillMessage, isMessageIntact, MESSAGE_BYTES } from "./message.ts";

const HEAD_WORD = 0;
const TAIL_WORD = 16;
const CLOSED_WORD = 32;
const SLOTS_OFFSET = 256;

/** Longer than any pause of a busy machine; only a dead partner makes a wait this long. */
const WAIT_TIMEOUT_MS = 10_000;
const SPINS_BEFORE_SLEEP = 500;
const SLEEP_MS = 0.05;

/** Nothing ever wakes this word: waiting on it is sleeping for less than a millisecond. */
const SLEEP_WORD: Int32Array = new Int32Array(new SharedArrayBuffer(4));

/** How many bytes a ring of so many messages needs. */
export function ringBytes(slotCount: number): number {
  return SLOTS_OFFSET + slotCount * MESSAGE_BYTES;
}

/** What a consumer has found so far. */
export interface ReceivedCount {
  /** Messages received. */
  readonly messages: number;
  /** Messages whose sequence number was not the next one. */
  readonly lost: number;
  /** Messages whose checksum was wrong. */
  readonly corrupt: number;
}

/** One side of a ring; which side is decided by the methods that are called. */
export class MessageRing {
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #slotCount: number;
  #messages = 0;
  #lost = 0;
  #corrupt = 0;

  /** @param view Memory of {@link ringBytes} bytes for a power of two of slots. */
  constructor(view: ViewAccessor) {
    const bytes = view.bytes();
    this.#slotCount = (bytes.length - SLOTS_OFFSET) / MESSAGE_BYTES;
    if (this.#slotCount < 1 || !Number.isInteger(Math.log2(this.#slotCount))) {
      throw new RangeError(`The ring must have a power of two of slots: ${this.#slotCount}`);
    }
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#floats = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  }

  /** How many messages have ever been published. */
  get published(): number {
    return Atomics.load(this.#words, TAIL_WORD);
  }

  /** Whether everything published has been taken. */
  get isEmpty(): boolean {
    return Atomics.load(this.#words, TAIL_WORD) === Atomics.load(this.#words, HEAD_WORD);
  }

  /** Whether the producer has said that nothing more will come. */
  get isClosed(): boolean {
    return Atomics.load(this.#words, CLOSED_WORD) !== 0;
  }

  /** What the consumer has found so far. */
  get received(): ReceivedCount {
    return { messages: this.#messages, lost: this.#lost, corrupt: this.#corrupt };
  }

  /**
   * Publishes messages with the next sequence numbers; waits while the ring is full.
   *
   * @param count How many.
   * @throws {TimeoutError} when the consumer takes nothing for a long time.
   */
  send(count: number): void {
    const words = this.#words;
    const mask = this.#slotCount - 1;
    let tail = Atomics.load(words, TAIL_WORD);
    let room = Atomics.load(words, HEAD_WORD) + this.#slotCount - tail;
    for (let sent = 0; sent < count; sent += 1) {
      while (room === 0) {
        this.#waitWhile(HEAD_WORD, tail - this.#slotCount);
        room = Atomics.load(words, HEAD_WORD) + this.#slotCount - tail;
      }
      fillMessage(words, this.#floats, SLOTS_OFFSET + (tail & mask) * MESSAGE_BYTES, tail);
      tail += 1;
      room -= 1;
      Atomics.store(words, TAIL_WORD, tail);
    }
  }

  /** Tells the consumer that nothing more will come. */
  close(): void {
    Atomics.store(this.#words, CLOSED_WORD, 1);
  }

  /**
   * Takes and checks what is there, and counts it in {@link MessageRing.received}.
   *
   * @param limit How many at most.
   * @returns How many there were; 0 when the ring is empty.
   */
  poll(limit: number): number {
    const words = this.#words;
    const mask = this.#slotCount - 1;
    const head = Atomics.load(words, HEAD_WORD);
    const count = Math.min(limit, Atomics.load(words, TAIL_WORD) - head);
    for (let sequence = head; sequence < head + count; sequence += 1) {
      const slot = (SLOTS_OFFSET + (sequence & mask) * MESSAGE_BYTES) / 4;
      if (words[slot] !== sequence) this.#lost += 1;
      if (!isMessageIntact(words, slot)) this.#corrupt += 1;
    }
    this.#messages += count;
    if (count > 0) Atomics.store(words, HEAD_WORD, head + count);
    return count;
  }

  /**
   * Waits until there is a message.
   *
   * @returns False when the ring is empty and closed.
   * @throws {TimeoutError} when nothing comes for a long time.
   */
  waitForMessage(): boolean {
    if (this.isEmpty) this.#waitWhile(TAIL_WORD, Atomics.load(this.#words, HEAD_WORD));
    return !this.isEmpty;
  }

  /** Spins, then sleeps, while a word has a value and the ring is open. */
  #waitWhile(word: number, value: number): void {
    const words = this.#words;
    let deadlineMs = 0;
    for (let spins = 1; Atomics.load(words, word) === value; spins += 1) {
      if (this.isClosed) return;
      if (spins % SPINS_BEFORE_SLEEP !== 0) continue;
      const now = performance.now();
      deadlineMs ||= now + WAIT_TIMEOUT_MS;
      if (now > deadlineMs)
        throw new TimeoutError(`The other side did nothing for ${WAIT_TIMEOUT_MS} ms`);
      Atomics.wait(SLEEP_WORD, 0, 0, SLEEP_MS);
    }
  }
}

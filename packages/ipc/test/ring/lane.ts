/**
 * Lanes of one sender and one receiver, in memory in which somebody lies.
 *
 * @module
 */
import { expect } from "bun:test";
import { type ByteRecord, ByteRingConsumer, ByteRingProducer } from "../../src/ring/byte-ring.ts";
import { FixedRingConsumer, FixedRingProducer } from "../../src/ring/fixed-ring.ts";
import { LANE, LANE_HEADER_BYTES } from "../../src/ring/lane-layout.ts";
import { type Lie, LyingWords } from "./lying-words.ts";

const DATA = LANE_HEADER_BYTES / 4;

/** A lane as both of its ends use it. What they are given must be inside the ring. */
export interface Lane {
  readonly words: LyingWords;
  /** Sends and publishes; returns how many records there was room for. */
  send(count: number): number;
  /** Receives and releases; returns how many records there were. */
  receive(count: number): number;
  reopenSender(): void;
  reopenReceiver(): void;
}

function wordsOf(ringBytes: number, start: number, lies: readonly Lie[]): LyingWords {
  const bytes = new Uint8Array(new ArrayBuffer(LANE_HEADER_BYTES + ringBytes));
  const view = new Int32Array(bytes.buffer);
  for (const word of [LANE.tail, LANE.head]) {
    view[word] = start | 0;
    view[word + 1] = Math.floor(start / 2 ** 31);
  }
  return new LyingWords(bytes, lies);
}

/** A lane of slots of one word. */
export class FixedLane implements Lane {
  readonly words: LyingWords;
  readonly #slots: number;
  #producer: FixedRingProducer;
  #consumer: FixedRingConsumer;

  constructor(slots: number, start: number, lies: readonly Lie[]) {
    this.#slots = slots;
    this.words = wordsOf(slots * 4, start, lies);
    this.#producer = new FixedRingProducer(this.words, 0, slots);
    this.#consumer = new FixedRingConsumer(this.words, 0, slots);
  }

  reopenSender(): void {
    this.#producer = new FixedRingProducer(this.words, 0, this.#slots);
  }

  reopenReceiver(): void {
    this.#consumer = new FixedRingConsumer(this.words, 0, this.#slots);
  }

  send(count: number): number {
    const producer = this.#producer;
    let sent = 0;
    while (sent < count) {
      const claimed = producer.claim(count - sent);
      this.#check(producer.slot, claimed);
      if (claimed === 0) break;
      for (let i = 0; i < claimed; i++) this.words.set(DATA + producer.slot + i, sent);
      producer.commit(claimed);
      producer.publish();
      sent += claimed;
    }
    return sent;
  }

  receive(count: number): number {
    const consumer = this.#consumer;
    let received = 0;
    while (received < count) {
      const adjacent = consumer.adjacent();
      this.#check(consumer.slot, adjacent);
      if (adjacent === 0) break;
      const taken = Math.min(adjacent, count - received);
      consumer.advance(taken);
      consumer.release();
      received += taken;
    }
    return received;
  }

  #check(slot: number, count: number): void {
    expect(slot).toBeWithin(0, this.#slots);
    expect(count).toBeWithin(0, this.#slots - slot + 1);
  }
}

/** A lane of records of any size. */
export class ByteLane implements Lane {
  readonly words: LyingWords;
  readonly #capacity: number;
  readonly #record: ByteRecord = { offset: 0, length: 0, tag: 0 };
  #producer: ByteRingProducer;
  #consumer: ByteRingConsumer;

  constructor(capacity: number, start: number, lies: readonly Lie[]) {
    this.#capacity = capacity;
    this.words = wordsOf(capacity, start, lies);
    this.#producer = new ByteRingProducer(this.words, 0, DATA, capacity);
    this.#consumer = new ByteRingConsumer(this.words, 0, DATA, capacity);
  }

  reopenSender(): void {
    this.#producer = new ByteRingProducer(this.words, 0, DATA, this.#capacity);
  }

  reopenReceiver(): void {
    this.#consumer = new ByteRingConsumer(this.words, 0, DATA, this.#capacity);
  }

  send(count: number): number {
    for (let sent = 0; sent < count; sent++) {
      const length = (sent * 7) % 60;
      const offset = this.#producer.claim(length, sent);
      if (offset === -1) return sent;
      this.#check(offset, length);
      this.#producer.commit();
      this.#producer.publish();
    }
    return count;
  }

  receive(count: number): number {
    let received = 0;
    while (received < count && this.#consumer.take(this.#record)) {
      this.#check(this.#record.offset, this.#record.length);
      received++;
      this.#consumer.release();
    }
    return received;
  }

  #check(offset: number, length: number): void {
    expect(offset).toBeWithin(8, this.#capacity + 1);
    expect(length).toBeWithin(0, this.#capacity - offset + 1);
  }
}

/**
 * A ring with a publisher and subscribers of every kind, in memory of this process, whose records prove themselves.
 *
 * @module
 */
import type { PrivateCopy } from "../../../src/ring/broadcast-lapped.ts";
import type { ByteReading, FixedReading, Start } from "../../../src/ring/broadcast-reading.ts";
import type * as Source from "./ring-source.ts";
import { SteppedWords } from "./stepped-words.ts";

/** The sources of the ring, as they are or with a mistake in them. */
export type RingSource = typeof Source;

export type Kind = "fixed" | "bytes";

/** How a subscriber reads. */
export interface Style {
  readonly isGating: boolean;
  readonly isHistory: boolean;
}

const SLOT_WORDS = 4;
/** Words of the publisher's counters, of the bits, of the places of 64 participants; then the ring. */
const BITS = 16;
const PLACES = 32;
const PLACE_WORDS = 4;
const RING = PLACES + 64 * PLACE_WORDS;

function wordsOf(number: number, kind: Kind): number {
  return kind === "fixed" ? SLOT_WORDS : 1 + (number % 5);
}

/** As topics do it: `oldest` may be a lie that is beyond the tail. */
const START_ATTEMPTS_MAX = 64;

/** What a record's first word is multiplied with, and what undoes it. */
const FACTOR = 0x9e37_79b1;
const INVERSE = 0x0e8b_2f51;

function wordAt(number: number, index: number): number {
  return (Math.imul(number + 1, FACTOR) ^ index) | 0;
}

/** What a subscriber has made of what it read. */
export interface Account {
  /** Records that were whole. */
  received: number;
  /** The number of the next record, as the last one told; undefined before the first. */
  next: number | undefined;
  /** What was wrong. */
  readonly mistakes: string[];
}

type RingPublisher = Source.FixedBroadcastPublisher | Source.ByteBroadcastPublisher;

/** The ring's memory and its publisher. */
export class RingWorld {
  readonly words: SteppedWords;
  readonly kind: Kind;
  readonly source: RingSource;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of the ring: in slots, or in bytes. */
  readonly length: number;
  /** How many records were sent. */
  sent = 0;
  readonly #publisher: RingPublisher;

  /** @param makeWords Words of the memory; absent: those that do what they are told. */
  constructor(
    source: RingSource,
    kind: Kind,
    length: number,
    start = 0,
    makeWords: (bytes: Uint8Array<ArrayBuffer>) => SteppedWords = (bytes) =>
      new SteppedWords(bytes),
  ) {
    this.source = source;
    this.kind = kind;
    this.length = length;
    const ringBytes = kind === "fixed" ? length * SLOT_WORDS * 4 : length;
    this.bytes = new Uint8Array(new ArrayBuffer(RING * 4 + ringBytes));
    this.words = makeWords(this.bytes);
    // Both positions of the publisher, and what it would have written at the tail.
    const high = Math.floor(start / 2 ** 31);
    for (const word of [0, 2]) {
      this.words.store(word, start | 0);
      this.words.store(word + 1, high);
    }
    this.#publisher = this.#open();
  }

  /** Another publisher takes over. */
  succeed(): RingWorld["send"] {
    const successor = this.#open();
    return (count) => this.#send(successor, count);
  }

  /** Sends records, each published alone; returns how many there was room for. */
  send(count: number): number {
    return this.#send(this.#publisher, count);
  }

  /** Commits without publishing, as a publisher that is killed does. */
  commit(count: number): void {
    for (let i = 0; i < count; i++) this.#write(this.#publisher, this.sent + i);
  }

  /** Lets go of all who gate, as a publisher does with those who have died. */
  stopGating(): void {
    for (const word of [BITS, BITS + 1]) this.words.store(word, 0);
  }

  join(slot: number, style: Style): RingSubscriber {
    return new RingSubscriber(this, slot, style);
  }

  #open(): RingPublisher {
    const { source, words, kind, length } = this;
    const gates = new source.Gates(words, {
      bits: BITS,
      bitWords: 2,
      places: PLACES,
      placeWords: PLACE_WORDS,
    });
    return kind === "fixed"
      ? new source.FixedBroadcastPublisher(words, 0, length, gates)
      : new source.ByteBroadcastPublisher(words, 0, RING, length, gates);
  }

  #send(publisher: RingPublisher, count: number): number {
    for (let i = 0; i < count; i++) {
      if (!this.#write(publisher, this.sent)) return i;
      publisher.publish();
      this.sent++;
    }
    return count;
  }

  #write(publisher: RingPublisher, number: number): boolean {
    const { words, kind } = this;
    const count = wordsOf(number, kind);
    let word: number;
    if ("slot" in publisher) {
      if (publisher.claim(1) === 0) return false;
      word = RING + publisher.slot * SLOT_WORDS;
    } else {
      const offset = publisher.claim(count * 4);
      if (offset < 0) return false;
      word = RING + offset / 4;
    }
    for (let i = 0; i < count; i++) words.set(word + i, wordAt(number, i));
    publisher.commit(1);
    return true;
  }
}

/** A subscriber that checks every record. */
export class RingSubscriber {
  readonly account: Account = { received: 0, next: undefined, mistakes: [] };
  /** Records that were sent before it joined. */
  readonly joinedAt: number;
  readonly reading: FixedReading | ByteReading;
  readonly #world: RingWorld;
  readonly #slot: number;
  readonly #copy: Copy | undefined;
  #told = 0;
  #toldLost = 0;

  constructor(world: RingWorld, slot: number, style: Style) {
    this.#world = world;
    this.#slot = slot;
    const { source, words, kind, length } = world;
    const place = PLACES + slot * PLACE_WORDS;
    let position = source.takePlace(words, 0, place, style.isHistory);
    if (style.isGating) {
      const { word, bit } = source.gateBit(BITS, slot);
      words.or(word, bit);
      position = source.settlePlace(words, 0, place, style.isHistory, position);
    }
    const start = this.#startAt(position, place, style);
    this.joinedAt = world.sent;
    if (!style.isGating) this.#copy = new Copy(world, kind === "fixed" ? SLOT_WORDS : 2, RING);
    const memory = this.#copy;
    if (kind === "fixed") {
      this.reading =
        memory === undefined
          ? new source.FixedGatedReader(words, 0, place, length, start)
          : new source.FixedLappedReader(words, 0, place, length, memory, start);
    } else {
      this.reading =
        memory === undefined
          ? new source.ByteGatedReader(words, 0, place, RING, length, start)
          : new source.ByteLappedReader(words, 0, place, RING, length, memory, start);
    }
  }

  get lost(): number {
    return this.reading.lost;
  }

  /** Reads up to so many records, and releases them. */
  read(limit: number = Number.POSITIVE_INFINITY): number {
    let count = 0;
    for (; count < limit; count++) {
      const record = this.#next();
      if (record === undefined) {
        // Lapped: what follows can be read now.
        if (this.reading.laps === this.#told) break;
        this.#told = this.reading.laps;
        if (this.account.next !== undefined) this.account.next += this.lost - this.#toldLost;
        this.#toldLost = this.lost;
        continue;
      }
      this.#note(record);
    }
    this.reading.release();
    return count;
  }

  leave(): void {
    const { word, bit } = this.#world.source.gateBit(BITS, this.#slot);
    this.#world.words.and(word, ~bit);
  }

  #startAt(taken: number, place: number, { isHistory }: Style): Start {
    const { source, words, kind, length } = this.#world;
    if (kind === "fixed") return { position: taken, sequence: 0 };
    let position = taken;
    for (let attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
      const sequence = source.sequenceAt(words, 0, RING, length / 8, position);
      if (sequence !== undefined) return { position, sequence };
      position = source.takePlace(words, 0, place, isHistory);
    }
    return { position, sequence: undefined };
  }

  /** The words of the next record; undefined when there is none, or some were lost. */
  #next(): readonly number[] | undefined {
    const { reading } = this;
    if ("slot" in reading) {
      if (reading.adjacent() === 0 || reading.laps !== this.#told) return undefined;
      const record = this.#wordsAt(reading.slot * SLOT_WORDS, SLOT_WORDS);
      reading.advance(1);
      return record;
    }
    const place = { offset: 0, length: 0 };
    if (!reading.take(place)) return undefined;
    return this.#wordsAt(place.offset / 4, place.length / 4);
  }

  #wordsAt(start: number, count: number): readonly number[] {
    const { words } = this.#world;
    return Array.from({ length: count }, (_, i) =>
      this.#copy === undefined
        ? words.get(RING + start + i)
        : (this.#copy.words[start + i] as number),
    );
  }

  /** Finds out which record it is, and whether it is whole and in its turn. */
  #note(record: readonly number[]): void {
    const { account } = this;

    const number = Math.imul(record[0] ?? 0, INVERSE) - 1;
    const isWhole =
      record.length === wordsOf(number, this.#world.kind) &&
      record.every((word, i) => word === wordAt(number, i));
    if (!isWhole) account.mistakes.push(`torn: ${record.join(" ")}`);
    if (account.next !== undefined && number !== account.next) {
      account.mistakes.push(`${number} instead of ${account.next}`);
    }
    account.next = number + 1;
    account.received++;
  }
}

/** Copies word by word, so that others can act in between. */
class Copy implements PrivateCopy {
  words: Int32Array;
  length: number;
  readonly #world: RingWorld;
  readonly #unitWords: number;
  readonly #ring: number;

  constructor(world: RingWorld, unitWords: number, ring: number) {
    this.#world = world;
    this.#unitWords = unitWords;
    this.#ring = ring;
    this.length = 4;
    this.words = new Int32Array(this.length * unitWords);
  }

  copy(from: number, count: number): void {
    for (let i = 0; i < count * this.#unitWords; i++) {
      this.words[i] = this.#world.words.get(this.#ring + from * this.#unitWords + i);
    }
  }

  grow(length: number): void {
    this.length = length;
    this.words = new Int32Array(length * this.#unitWords);
  }
}

/**
 * The ring that many read: a publisher and its successor, a subscriber for which it waits, and one that is lapped.
 *
 * ```text
 *   0   the publisher's counters    4  bits of those who gate    8  a place of 4 words for each subscriber
 *   16  the ring: slots of two words
 * ```
 *
 * Both words of a record are its number.
 *
 * @module
 */

import type { PrivateCopy } from "../../../src/ring/broadcast-lapped.ts";
import { BROADCAST, PLACE } from "../../../src/ring/broadcast-layout.ts";
import type { Actor, ActorSpec, Model } from "../checker/model.ts";

/** The source under test. */
export type BroadcastSource = typeof import("./stand-ins/broadcast-entry.ts");

/** What is modelled. */
export interface BroadcastBounds {
  readonly slots: number;
  readonly records: number;
  /** How many are published at a time at most. Absent: 1. */
  readonly batch?: number;
  /** The position of the first record. Absent: 0. */
  readonly start?: number;
  /** `"joining"`: gates only when it has joined, while others run. */
  readonly subscribers: readonly ("gating" | "joining" | "lapped")[];
}

const BITS = 4;
const PLACES = 8;
const PLACE_WORDS = 4;
const RING = 16;
const SLOT_WORDS = 2;
const TABLE = { bits: BITS, bitWords: 2, places: PLACES, placeWords: PLACE_WORDS };

const TWO_POW_31 = 2 ** 31;

/** The model. */
export function broadcastRing(source: BroadcastSource, bounds: BroadcastBounds): Model {
  const { slots, records, start = 0, subscribers } = bounds;
  const publisher: ActorSpec = {
    name: "publisher",
    body: (actor) => publish(source, actor, bounds),
  };
  const positions: number[] = [BROADCAST.tail, BROADCAST.oldest];
  subscribers.forEach((_, slot) => {
    positions.push(placeOf(slot) + PLACE.head);
  });
  return {
    name: `broadcast ring of ${slots}, ${records} records from ${start}, one ${subscribers.join(", one ")}`,
    wordCount: RING + slots * SLOT_WORDS,
    init: (words) => {
      for (const index of positions) {
        words.store(index, start | 0);
        words.store(index + 1, Math.floor(start / TWO_POW_31));
      }
      subscribers.forEach((kind, slot) => {
        if (kind === "gating") words.or(BITS, 1 << slot);
      });
    },
    actors: [
      { ...publisher, successor: publisher },
      ...subscribers.map((kind, slot): ActorSpec => {
        const body = (actor: Actor): void => subscribe(source, actor, bounds, slot);
        return { name: `${kind} subscriber`, body, isImmortal: true };
      }),
    ],
    atEnd: ({ actors, memory }) => {
      const waiting = actors.find(({ status }) => status === "blocked");
      if (waiting !== undefined) return `the ${waiting.name} waits for ever, ${waiting.blockedIn}`;
      return memory[BROADCAST.tail] === ((start + records) | 0) ? undefined : "records are missing";
    },
    nameOf,
  };
}

function publish(source: BroadcastSource, actor: Actor, bounds: BroadcastBounds): void {
  const { words, call, lookAt } = actor;
  const { slots, records, batch = 1, start = 0 } = bounds;
  const end = (start + records) | 0;
  const first = lookAt(BROADCAST.tail);
  const gates = new source.Gates(words, TABLE);
  const ring = new source.FixedBroadcastPublisher(words, 0, slots, gates);
  for (let tail = first; tail !== end; ) {
    const count = ring.claim(Math.min(batch, (end - tail) | 0));
    for (let i = 0; i < count * SLOT_WORDS; i++) {
      const number = numberOf(tail + Math.floor(i / SLOT_WORDS), start);
      words.set(RING + ring.slot * SLOT_WORDS + i, number);
    }
    ring.commit(count);
    ring.publish();
    tail = (tail + count) | 0;
    if (count > 0) continue;
    const now = tail;
    const guard = (memory: Readonly<Int32Array>): boolean => lagOf(memory, now) < slots;
    call("for subscribers", () => undefined, { guard });
  }
}

function subscribe(
  source: BroadcastSource,
  actor: Actor,
  bounds: BroadcastBounds,
  slot: number,
): void {
  const { words, call, report } = actor;
  const { slots, records, start = 0, subscribers } = bounds;
  const place = placeOf(slot);
  const isLapped = subscribers[slot] === "lapped";
  let position = start;
  if (subscribers[slot] === "joining") {
    // In the order in which topics do it: tell where it is, gate, and look whether it was overtaken.
    const from = source.takePlace(words, 0, place, true);
    words.or(BITS, 1 << slot);
    position = source.settlePlace(words, 0, place, true, from);
  }
  const copied: number[] = [];
  const reading = isLapped
    ? new source.FixedLappedReader(words, 0, place, slots, privateCopy(actor, copied), {
        position,
        sequence: undefined,
      })
    : new source.FixedGatedReader(words, 0, place, slots, { position, sequence: undefined });
  let number = numberOf(position, start);
  const last = records + 1;
  for (let isAwake = false; number < last; ) {
    const lost = reading.lost;
    const count = reading.adjacent();
    number += reading.lost - lost;
    for (let i = 0; i < count; i++, number++) {
      const at = (reading.slot + i) * SLOT_WORDS;
      const found = isLapped
        ? copied.slice(at, at + 2)
        : [words.get(RING + at), words.get(RING + at + 1)];
      if (found.every((word) => word === number)) continue;
      throw new Error(`record ${number} looks like ${found.join(" ")}`);
    }
    reading.advance(count);
    reading.release();
    if (reading.corruptions > 0) throw new Error("something seemed impossible");
    if (count === 0 && isAwake && number < last) throw new Error(`record ${number} is not seen`);
    isAwake = count === 0;
    if (!isAwake || number === last) continue;
    const due = (start + number) | 0;
    const guard = (memory: Readonly<Int32Array>): boolean =>
      (((memory[BROADCAST.tail] as number) - due) | 0) >= 0;
    call("for records", () => undefined, { guard, looksAt: [BROADCAST.tail] });
  }
  report("all");
}

/** The private memory of a lapped reader. */
function privateCopy({ words }: Actor, copied: number[]): PrivateCopy {
  return {
    words: new Int32Array(0),
    length: 1,
    copy: (from, count) => {
      for (let i = 0; i < count * SLOT_WORDS; i++) {
        copied[i] = words.get(RING + from * SLOT_WORDS + i);
      }
    },
    grow: () => {},
  };
}

function numberOf(position: number, start: number): number {
  return ((position - start) | 0) + 1;
}

function placeOf(slot: number): number {
  return PLACES + slot * PLACE_WORDS;
}

/** How far the slowest of those who gate is behind. */
function lagOf(memory: Readonly<Int32Array>, tail: number): number {
  const bits = memory[BITS] as number;
  const heads = [0, 1]
    .filter((slot) => (bits & (1 << slot)) !== 0)
    .map((slot) => memory[placeOf(slot)]);
  return Math.max(0, ...heads.map((head) => (tail - (head as number)) | 0));
}

function nameOf(index: number): string {
  if (index >= RING) return `slot ${(index - RING) >> 1} word ${(index - RING) % 2}`;
  if (index >= PLACES) {
    const [field] =
      Object.entries(PLACE).find(([, at]) => at === (index - PLACES) % PLACE_WORDS) ?? [];
    return `${field ?? "word"} of subscriber ${Math.floor((index - PLACES) / PLACE_WORDS)}`;
  }
  if (index >= BITS) return "gating";
  return Object.entries(BROADCAST).find(([, at]) => at === index)?.[0] ?? `${index}`;
}

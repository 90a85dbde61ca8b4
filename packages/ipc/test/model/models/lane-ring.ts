/**
 * The rings of one producer and one consumer: slots of one size, and records of any size.
 *
 * ```text
 *   0   the lane's counters     64  the ring
 * ```
 *
 * Records are numbered, and every word of a record's payload is its number: what is lost, repeated, out of order or
 * torn shows at once. Who comes after a producer that died goes on behind what was published; who comes after a
 * consumer that died begins with what was not released.
 *
 * @module
 */
import { LANE, LANE_HEADER_BYTES } from "../../../src/ring/lane-layout.ts";
import type { Actor, ActorSpec, Model } from "../checker/model.ts";
import type { PlainWords } from "../checker/plain-words.ts";

/** The sources under test. */
export type FixedSource = typeof import("../../../src/ring/fixed-ring.ts");
/** See {@link FixedSource}. */
export type ByteSource = typeof import("../../../src/ring/byte-ring.ts");
/** See {@link FixedSource}. */
export type LaneSource = typeof import("../../../src/ring/lane-layout.ts");

/** What goes through a ring. */
export interface Traffic {
  /** How many records. */
  readonly records: number;
  /** How many are published, and released, at a time at most. Absent: 1. */
  readonly batch?: number;
  /** The position of the first one, below 2^53. Absent: 0. */
  readonly start?: number;
  /** How many lives a producer and a consumer have: more than there are crashes. Absent: 2. */
  readonly lives?: number;
}

/** One side of a ring that can send or receive the record with a number. */
interface Sender {
  /** Writes record `number` and as many after it as are asked for and have room; returns how many. */
  write(number: number, most: number): number;
  publish(): void;
}

interface Receiver {
  /** Hands out what is there, one by one and at most so many; returns how many. */
  read(expect: (words: readonly number[]) => void, most: number): number;
  release(): void;
  readonly corruptions: number;
}

const DATA = LANE_HEADER_BYTES / 4;
const TWO_POW_31 = 2 ** 31;

/** A ring of slots of two words. */
export function fixedRing(source: FixedSource, slots: number, traffic: Traffic): Model {
  const SLOT_WORDS = 2;
  const sender = ({ words }: Actor): Sender => {
    const ring = new source.FixedRingProducer(words, 0, slots);
    return {
      write: (number, most) => {
        const count = ring.claim(most);
        for (let i = 0; i < count * SLOT_WORDS; i++) {
          words.set(DATA + ring.slot * SLOT_WORDS + i, number + Math.floor(i / SLOT_WORDS));
        }
        ring.commit(count);
        return count;
      },
      publish: () => ring.publish(),
    };
  };
  const receiver = ({ words }: Actor): Receiver => {
    const ring = new source.FixedRingConsumer(words, 0, slots);
    return {
      read: (expect, most) => {
        const count = Math.min(ring.adjacent(), most);
        for (let i = 0; i < count; i++) {
          const slot = ring.slot + i;
          expect([0, 1].map((word) => words.get(DATA + slot * SLOT_WORDS + word)));
        }
        ring.advance(count);
        return count;
      },
      release: () => ring.release(),
      get corruptions() {
        return ring.corruptions;
      },
    };
  };
  const endOf = (number: number): number => number;
  const sides = { sender, receiver, endOf, length: slots };
  return model(`fixed ring of ${slots}`, slots * SLOT_WORDS, traffic, sides);
}

/** A ring of units of two words, and records of these lengths in words, again and again. */
export function byteRing(
  source: ByteSource,
  capacityBytes: number,
  lengths: readonly number[],
  traffic: Traffic,
): Model {
  const lengthOf = (number: number): number => lengths[(number - 1) % lengths.length] as number;
  const sender = ({ words }: Actor): Sender => {
    const ring = new source.ByteRingProducer(words, 0, DATA, capacityBytes);
    const write = (number: number): boolean => {
      const length = lengthOf(number);
      const offset = ring.claim(length * 4, number);
      if (offset < 0) return false;
      for (let i = 0; i < length; i++) words.set(DATA + offset / 4 + i, number);
      ring.commit();
      return true;
    };
    return {
      write: (number, most) => {
        let count = 0;
        while (count < most && write(number + count)) count++;
        return count;
      },
      publish: () => ring.publish(),
    };
  };
  const receiver = ({ words }: Actor): Receiver => {
    const ring = new source.ByteRingConsumer(words, 0, DATA, capacityBytes);
    const record = { offset: 0, length: 0, tag: 0 };
    return {
      read: (expect, most) => {
        let count = 0;
        for (; count < most && ring.take(record); count++) {
          const payload = Array.from({ length: record.length / 4 }, (_, i) =>
            words.get(DATA + record.offset / 4 + i),
          );
          expect([record.tag, ...payload]);
        }
        return count;
      },
      release: () => ring.release(),
      get corruptions() {
        return ring.corruptions;
      },
    };
  };
  const length = capacityBytes / 8;
  const endOf = endsOf(length, lengthOf, traffic.start ?? 0);
  const sides = { sender, receiver, endOf, length };
  return model(`byte ring of ${capacityBytes}`, capacityBytes / 4, traffic, sides);
}

/** Where records end, counted in units from the start: padding belongs to the record behind it. */
function endsOf(
  units: number,
  lengthOf: (number: number) => number,
  start: number,
): (number: number) => number {
  const ends = [0];
  return (number) => {
    for (let next = ends.length; next <= number; next++) {
      const at = ends[next - 1] as number;
      const needed = Math.ceil((8 + lengthOf(next) * 4) / 8);
      const toEnd = units - ((start + at) % units);
      ends.push(at + needed + (toEnd < needed ? toEnd : 0));
    }
    return ends[number] as number;
  };
}

interface Sides {
  readonly sender: (actor: Actor) => Sender;
  readonly receiver: (actor: Actor) => Receiver;
  /** Position behind a record, counted from the start. */
  readonly endOf: (number: number) => number;
  /** Length of the ring. */
  readonly length: number;
}

function model(name: string, ringWords: number, traffic: Traffic, sides: Sides): Model {
  const { records, batch = 1, start = 0, lives = 2 } = traffic;
  const livesOf = (role: string, body: ActorSpec["body"]): ActorSpec => {
    let spec: ActorSpec = { name: role, body };
    for (let life = 1; life < lives; life++) spec = { name: role, body, successor: spec };
    return spec;
  };
  return {
    name: `${name}, ${records} records, ${batch} at a time, from ${start}`,
    wordCount: DATA + ringWords,
    init: (words) => {
      setPosition(words, LANE.tail, start);
      setPosition(words, LANE.head, start);
    },
    actors: [
      livesOf("producer", (actor) => produce(actor, sides, traffic)),
      livesOf("consumer", (actor) => consume(actor, sides, traffic)),
    ],
    atEnd: ({ actors }) => {
      const waiting = actors.find(({ status }) => status !== "done");
      return waiting && `the ${waiting.name} waits for ever, ${waiting.blockedIn}`;
    },
    nameOf,
  };
}

function produce(actor: Actor, { sender, endOf, length }: Sides, traffic: Traffic): void {
  const { records, batch = 1, start = 0 } = traffic;
  const ring = sender(actor);
  let number = numberBehind(actor.lookAt(LANE.tail), endOf, start);
  for (let isAwake = false; number <= records; ) {
    const count = ring.write(number, Math.min(batch, records - number + 1));
    ring.publish();
    if (count === 0 && isAwake) throw new Error(`there is room, but not for record ${number}`);
    isAwake = count === 0;
    number += count;
    if (!isAwake) continue;
    const end = start + endOf(number) - length;
    sleep(
      actor,
      "for room",
      LANE.head,
      (memory) => (((memory[LANE.head] as number) - end) | 0) >= 0,
    );
  }
}

function consume(actor: Actor, { receiver, endOf }: Sides, traffic: Traffic): void {
  const { records, batch = 1, start = 0 } = traffic;
  const ring = receiver(actor);
  let number = numberBehind(actor.lookAt(LANE.head), endOf, start);
  const expect = (words: readonly number[]): void => {
    if (!words.every((word) => word === number)) {
      throw new Error(`record ${number} looks like ${words.join(" ")}`);
    }
    number++;
  };
  for (let isAwake = false; number <= records; ) {
    const count = ring.read(expect, batch);
    ring.release();
    if (count === 0 && isAwake) throw new Error(`record ${number} is there, but not seen`);
    isAwake = count === 0;
    if (!isAwake) continue;
    const end = start + endOf(number);
    sleep(
      actor,
      "for records",
      LANE.tail,
      (memory) => (((memory[LANE.tail] as number) - end) | 0) >= 0,
    );
  }
  if (ring.corruptions > 0) throw new Error(`${ring.corruptions} things seemed impossible`);
}

/** The record behind a position, which is the end of one. */
function numberBehind(position: number, endOf: (number: number) => number, start: number): number {
  let number = 0;
  while (((start + endOf(number)) | 0) !== position) number++;
  return number + 1;
}

/** Waits as one does in the kernel: what was done before is over, and what follows is not begun. */
function sleep(
  { call }: Actor,
  label: string,
  index: number,
  guard: (memory: Readonly<Int32Array>) => boolean,
): void {
  call(label, () => undefined, { guard, looksAt: [index] });
}

/** A position that one side moves, its successor if it dies, and an observer that reads it in full. */
export function lanePosition(
  { positionAt: read, repairPosition: repair, storePosition: store }: LaneSource,
  start: number,
): Model {
  const moves = 3;
  const first = start | 0;
  const writer = (successor?: ActorSpec): ActorSpec => ({
    name: "owner",
    body: ({ words, lookAt }) => {
      repair(words, LANE.tail);
      for (let low = lookAt(LANE.tail); ((low - first) | 0) < moves; low = (low + 1) | 0) {
        store(words, LANE.tail, low, (low + 1) | 0);
      }
    },
    ...(successor === undefined ? {} : { successor }),
  });
  return {
    name: `position from ${start}`,
    wordCount: DATA,
    init: (words) => setPosition(words, LANE.tail, start),
    actors: [
      writer(writer()),
      {
        name: "observer",
        body: ({ words, lookAt }) => {
          const least = start + ((lookAt(LANE.tail) - first) | 0);
          const position = read(words, LANE.tail);
          const most = start + ((lookAt(LANE.tail) - first) | 0);
          if (position >= least && position <= most) return;
          throw new Error(`it is at ${position} and was at ${least} to ${most}`);
        },
      },
    ],
    atEnd: ({ words }) => {
      const position = read(words, LANE.tail);
      return position === start + moves ? undefined : `it is at ${position} in the end`;
    },
    nameOf,
  };
}

function setPosition(words: PlainWords, index: number, position: number): void {
  words.store(index, position | 0);
  words.store(index + 1, Math.floor(position / TWO_POW_31));
}

function nameOf(index: number): string {
  if (index >= DATA) return `ring word ${index - DATA}`;
  return Object.entries(LANE).find(([, offset]) => offset === index)?.[0] ?? `word ${index}`;
}

/**
 * The segment of a topic: its sizes, its lanes, and its subscribers' places.
 *
 * @module
 */

import { type LanedHeader, SPARE_PLACES, type StateSection } from "../flow/laned-segment.ts";
import { latencySection, travelTimesIn } from "../flow/latency-section.ts";
import { readGeometry, writeGeometry } from "../flow/record-geometry.ts";
import { CELL_COUNT } from "../flow/record-layout.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "../flow/record-schema.ts";
import { RecordSegment } from "../flow/record-segment.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { Counters } from "../metrics/counters.ts";
import { Gates, type GateTable, gateBit, slotsIn } from "../ring/broadcast-gates.ts";
import { BROADCAST, PLACE, UNIT_BYTES } from "../ring/broadcast-layout.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import type { SlotRange } from "../segment/participants.ts";
import { schemaSections } from "../segment/schema-section.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { clearIdle, type IdleBits, setIdle } from "./idle-bits.ts";
import {
  PLACES_OFFSET,
  SUBSCRIBER,
  SUBSCRIBER_BYTES,
  SUBSCRIBER_COUNTERS_OFFSET,
  SUBSCRIBERS_MAX,
  SUBSCRIBERS_OFFSET,
  TOPIC,
  topicLanes,
} from "./topic-layout.ts";
import {
  checkTopicOptions,
  TOPIC_PLACES_MAX,
  type TopicGeometry,
  type TopicOptions,
} from "./topic-options.ts";

/** A topic that this process has joined. */
export class Topic extends RecordSegment {
  readonly shape: SchemaShape;
  readonly geometry: TopicGeometry;

  /**
   * Creates or opens a topic.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(
    verb: OpenVerb,
    name: string,
    options: TopicOptions<ChannelSchema>,
    role: "publisher" | "subscriber",
  ) {
    const shape = shapeOf(options?.schema);
    const { geometry, isPersistent } = checkTopicOptions(options, shape);
    const { laneCount, laneBytes, places, timestampBytes } = geometry;
    super(verb, {
      name,
      kind: "topic",
      table: topicLanes(places),
      tableIn: (state) => topicLanes(placesIn(state)),
      places: {
        count: places + laneCount + SPARE_PLACES,
        limitName: role === "subscriber" ? "maxSubscribers" : "maxPublishers",
        range: (state) => rangeOf(role, placesIn(state)),
      },
      laneCount,
      laneBytes,
      cellCount: CELL_COUNT,
      moreSections: [
        ...(shape.struct ? schemaSections(shape.text) : []),
        ...(timestampBytes > 0 ? [latencySection(places)] : []),
      ],
      fingerprint: shape.fingerprint,
      schemaTexts: [shape.text],
      isPersistent,
      role,
      init: (words, base) => {
        writeGeometry(words, base, TOPIC, shape, geometry);
        words.set(base + TOPIC.places, places);
      },
      free: forgetSubscriber,
    });
    this.shape = shape;
    this.geometry = this.adopt((header) => readTopicGeometry(header, shape));
    // A lie that was told of this slot before anybody had it would count as this handle's own word.
    forgetSubscriber(this.state, this.segment.slot);
    // Publishers may wait for somebody who has died and whom joining has cleared up after.
    this.space.wake();
  }

  /** Where this handle's subscriber counts how long records took; undefined when they do not tell when they were sent. */
  get times(): TravelTimes | undefined {
    if (this.geometry.timestampBytes === 0) return undefined;
    return travelTimesIn(this.segment.memory, this.segment.slot);
  }

  /** Word of the bits of those for whom publishers wait. */
  get gating(): number {
    return this.base + TOPIC.gating;
  }

  /** The word that says whether any subscriber wants to see the next record at once. */
  get idle(): Int32Array<ArrayBuffer> {
    const word = this.segment.memory.mapping.bytes((this.base + TOPIC.isIdle) * 4, 4);
    return new Int32Array(word.buffer, word.byteOffset, 1);
  }

  /** Says for this handle's subscriber whether it wants to see the next record at once. */
  setIdle(isIdle: boolean): void {
    const tell = isIdle ? setIdle : clearIdle;
    tell(this.words, idleBits(this.state), this.segment.slot);
  }

  /** How many words of bits there are for subscribers. */
  get bitWords(): number {
    return Math.ceil(this.geometry.places / 32);
  }

  /** Those for whom a lane's publisher waits. */
  gatesOf(lane: number): Gates {
    const table: GateTable = {
      bits: this.gating,
      bitWords: this.bitWords,
      places: this.placeWord(lane, 0),
      placeWords: SUBSCRIBER_BYTES / 4,
    };
    return new Gates(this.words, table);
  }

  /** The slots of those for whom publishers wait. */
  gatingSlots(): number[] {
    return slotsIn(this.words, this.gating, this.bitWords);
  }

  /** Word at which the place of a slot's subscriber in a lane begins. */
  placeWord(lane: number, slot: number): number {
    return this.laneWord(lane) + (PLACES_OFFSET + slot * SUBSCRIBER_BYTES) / 4;
  }

  /** Word at which what a slot's subscriber says of itself begins. */
  subscriberWord(slot: number): number {
    return subscriberWord(this.base, slot);
  }

  /** What a slot's subscriber counts, in all lanes or in one. */
  subscriberCounters(slot: number, lane?: number): Counters {
    const word = lane === undefined ? this.subscriberWord(slot) : this.placeWord(lane, slot);
    return new Counters(this.segment.memory.mapping, word * 4 + SUBSCRIBER_COUNTERS_OFFSET);
  }

  /**
   * Clears up after those for whom this publisher would wait although they have died, or have never been.
   *
   * @returns Whether there were any.
   */
  reapDeadGates(): boolean {
    const { participants, slot: own } = this.segment;
    let isAnyDead = false;
    for (const slot of this.gatingSlots()) {
      if (slot === own) {
        // Who publishes does not subscribe by the same handle: somebody lies.
        forgetSubscriber(this.state, own);
        isAnyDead = true;
      } else if (!participants.isAlive(slot)) {
        isAnyDead = this.reapSlot(slot) || isAnyDead;
      }
    }
    return isAnyDead;
  }

  /** Who of those for whom publishers wait is furthest behind in a lane, for the message of a time-out. */
  describeSlowest(lane: number): string | undefined {
    if (this.segment.isDisposed) return undefined;
    const { words } = this;
    const tail = words.load(this.laneWord(lane) + BROADCAST.tail);
    const lags = this.gatingSlots().map((slot) => {
      const head = words.load(this.placeWord(lane, slot) + PLACE.head);
      return { slot, lag: (tail - head) | 0 };
    });
    const most = Math.max(1, ...lags.map(({ lag }) => lag));
    const slowest = lags.find(({ lag }) => lag === most)?.slot;
    return inTheWay(this.segment, ({ slot }) =>
      slot === slowest ? "has made no room" : undefined,
    );
  }

  /** The slots of the subscribers of this thread for whom publishers wait. */
  gatesHere(): readonly number[] {
    return this.gatingSlots().filter((slot) => this.segment.isOfThisThread(slot));
  }

  /**
   * Whether nobody is further behind in a lane than one of certain subscribers, so that its publisher waits for them.
   *
   * @param slots The subscribers' slots.
   */
  isHeldUpBy(slots: readonly number[], lane: number): boolean {
    const { ringBytes, slotBytes } = this.geometry;
    const length = ringBytes / (slotBytes === 0 ? UNIT_BYTES : slotBytes);
    const tail = this.words.load(this.laneWord(lane) + BROADCAST.tail);
    const behind = slots.map(
      (slot) => (tail - this.words.load(this.placeWord(lane, slot) + PLACE.head)) | 0,
    );
    const lag = this.gatesOf(lane).lag(tail, length);
    return lag > 0 && behind.includes(lag);
  }
}

/** How many subscribers a topic has room for, as its header says; never more than there can be. */
function placesIn({ words, base, lengthBytes }: StateSection): number {
  const places = words.get(base + TOPIC.places) >>> 0;
  const most = Math.floor((lengthBytes - SUBSCRIBERS_OFFSET) / SUBSCRIBER_BYTES);
  return Math.max(0, Math.min(places, SUBSCRIBERS_MAX, most));
}

/** Subscribers are found by the numbers of their slots: theirs come first. */
function rangeOf(role: "publisher" | "subscriber", places: number): SlotRange {
  return role === "subscriber" ? { from: 0, to: places } : { from: places, to: Infinity };
}

/** Frees what a participant may have been as a subscriber. */
function forgetSubscriber(state: StateSection, slot: number): void {
  if (slot >= placesIn(state)) return;
  const { words, base } = state;
  const { word, bit } = gateBit(base + TOPIC.gating, slot);
  words.and(word, ~bit);
  clearIdle(words, idleBits(state), slot);
  words.store(subscriberWord(base, slot) + SUBSCRIBER.onSlow, 0);
}

/** Where subscribers say that they are idle. */
function idleBits(state: StateSection): IdleBits {
  const { base } = state;
  const bitWords = Math.ceil(placesIn(state) / 32);
  return { bits: base + TOPIC.idle, bitWords, any: base + TOPIC.isIdle };
}

function subscriberWord(base: number, slot: number): number {
  return base + (SUBSCRIBERS_OFFSET + slot * SUBSCRIBER_BYTES) / 4;
}

/** Reads the sizes that the creator chose, and believes none that cannot be. */
function readTopicGeometry(header: LanedHeader, shape: SchemaShape): TopicGeometry {
  const sizes = readGeometry(header, TOPIC, shape);
  const isPossible = (n: number): boolean =>
    n >= 1 && n <= SUBSCRIBERS_MAX && n * sizes.laneCount <= TOPIC_PLACES_MAX;
  return { ...sizes, places: header.at(TOPIC.places, "number of subscribers", isPossible) };
}

/**
 * The segment of a channel: its sizes, its lanes and who owns them.
 *
 * @module
 */

import { CAPACITY_BYTES_MAX, SENDERS_MAX, slotBytesOf } from "../flow/lane-options.ts";
import { type LanedHeader, SPARE_PLACES } from "../flow/laned-segment.ts";
import { latencySection, travelTimesIn } from "../flow/latency-section.ts";
import { MODES, TIMESTAMP_BYTES } from "../flow/record-layout.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "../flow/record-schema.ts";
import { type RecordGeometry, RecordSegment } from "../flow/record-segment.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { RING_BYTES_MIN } from "../ring/byte-ring.ts";
import { LANE } from "../ring/lane-layout.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { schemaSections } from "../segment/schema-section.ts";
import type { OpenVerb } from "../segment/segment.ts";
import type { SharedWords } from "../words.ts";
import { CHANNEL, CHANNEL_LANES } from "./channel-layout.ts";
import { type ChannelOptions, checkChannelOptions } from "./channel-options.ts";

/** A channel that this process has joined. */
export class Channel extends RecordSegment {
  readonly shape: SchemaShape;
  readonly geometry: RecordGeometry;

  /**
   * Creates or opens a channel.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(
    verb: OpenVerb,
    name: string,
    options: ChannelOptions<ChannelSchema>,
    role: "producer" | "consumer",
  ) {
    const shape = shapeOf(options?.schema);
    const { geometry, isPersistent } = checkChannelOptions(options, shape);
    const { laneCount, laneBytes, timestampBytes } = geometry;
    super(verb, {
      name,
      kind: "channel",
      table: CHANNEL_LANES,
      places: { count: laneCount + SPARE_PLACES, limitName: "maxProducers" },
      laneCount,
      laneBytes,
      moreSections: [
        ...(shape.struct ? schemaSections(shape.text) : []),
        ...(timestampBytes > 0 ? [latencySection(1)] : []),
      ],
      fingerprint: shape.fingerprint,
      schemaTexts: [shape.text],
      isPersistent,
      role,
      init: (words, base) => writeGeometry(words, base, shape, geometry),
      free: ({ words, base }, slot) => {
        words.compareExchange(base + CHANNEL.consumer, slot + 1, 0);
      },
    });
    this.shape = shape;
    this.geometry = this.adopt((header) => readGeometry(header, shape));
  }

  /** Where the consumer counts how long records took; undefined when they do not tell when they were sent. */
  get times(): TravelTimes | undefined {
    if (this.geometry.timestampBytes === 0) return undefined;
    return travelTimesIn(this.segment.memory, 0);
  }

  /** The word that says whether the consumer wants to see the next record at once. */
  get idle(): Int32Array<ArrayBuffer> {
    const word = this.segment.memory.mapping.bytes((this.base + CHANNEL.isIdle) * 4, 4);
    return new Int32Array(word.buffer, word.byteOffset, 1);
  }

  /** Who does not make room, for the message of a time-out. */
  describeConsumer(): string {
    const consumer = this.base + CHANNEL.consumer;
    const why = inTheWay(this.segment, ({ slot }) =>
      slot === this.words.load(consumer) - 1 ? "has made no room" : undefined,
    );
    return why ?? "nobody consumes";
  }

  /** Whether everything in a lane has been consumed. */
  isLaneEmpty(lane: number): boolean {
    const word = this.laneWord(lane);
    return this.words.load(word + LANE.tail) === this.words.load(word + LANE.head);
  }

  /** Whether its consumer is a handle of this thread, which cannot make room while this thread waits for it. */
  get isConsumedHere(): boolean {
    return this.segment.isOfThisThread((this.words.load(this.base + CHANNEL.consumer) >>> 0) - 1);
  }
}

function writeGeometry(
  words: SharedWords,
  base: number,
  shape: SchemaShape,
  { laneCount, ringBytes, slotBytes, recordBytes, laneBytes, timestampBytes }: RecordGeometry,
): void {
  words.set(base + CHANNEL.mode, MODES[shape.mode]);
  words.set(base + CHANNEL.laneCount, laneCount);
  words.set(base + CHANNEL.ringBytes, ringBytes);
  words.set(base + CHANNEL.slotBytes, slotBytes);
  words.set(base + CHANNEL.recordBytes, recordBytes);
  words.set(base + CHANNEL.laneBytes, laneBytes);
  words.set(base + CHANNEL.timestampBytes, timestampBytes);
}

/** Reads the sizes that the creator chose, and believes none that cannot be. */
function readGeometry(header: LanedHeader, shape: SchemaShape): RecordGeometry {
  const recordBytes = shape.struct?.size ?? 0;
  const isTimestamp = (bytes: number): boolean => bytes === 0 || bytes === TIMESTAMP_BYTES;
  const timestampBytes = header.at(CHANNEL.timestampBytes, "timestamp size", isTimestamp);
  const slot = slotBytesOf(recordBytes, timestampBytes);
  header.at(CHANNEL.mode, "mode", (value) => value === MODES[shape.mode]);
  header.at(CHANNEL.recordBytes, "record size", (value) => value === recordBytes);
  const slotBytes = header.at(CHANNEL.slotBytes, "slot size", (value) => value === slot);
  const laneCount = header.at(
    CHANNEL.laneCount,
    "number of lanes",
    (n) => n >= 1 && n <= SENDERS_MAX,
  );
  const unit = slotBytes === 0 ? 1 : slotBytes;
  const largest = Math.max(CAPACITY_BYTES_MAX, unit) * 2;
  const least = slotBytes === 0 ? RING_BYTES_MIN : slotBytes;
  const isRing = (bytes: number): boolean =>
    bytes >= least && bytes <= largest && bytes % unit === 0 && Math.log2(bytes / unit) % 1 === 0;
  const ringBytes = header.at(CHANNEL.ringBytes, "ring size", isRing);
  const isLane = (bytes: number): boolean => bytes >= ringBytes && bytes % 4096 === 0;
  const laneBytes = header.at(CHANNEL.laneBytes, "lane size", isLane);
  return { laneCount, ringBytes, slotBytes, recordBytes, laneBytes, timestampBytes };
}

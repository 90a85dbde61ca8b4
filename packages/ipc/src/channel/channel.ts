/**
 * The segment of a channel: its sizes, its lanes and who owns them.
 *
 * @module
 */

import { SPARE_PLACES } from "../flow/laned-segment.ts";
import { latencySection, travelTimesIn } from "../flow/latency-section.ts";
import { readGeometry, writeGeometry } from "../flow/record-geometry.ts";
import { CELL_COUNT } from "../flow/record-layout.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "../flow/record-schema.ts";
import { type RecordGeometry, RecordSegment } from "../flow/record-segment.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { LANE } from "../ring/lane-layout.ts";
import { inTheWay } from "../segment/in-the-way.ts";
import { schemaSections } from "../segment/schema-section.ts";
import type { OpenVerb } from "../segment/segment.ts";
import { CHANNEL, CHANNEL_CELL_COUNT, CHANNEL_LANES, CONSUMER_CELL } from "./channel-layout.ts";
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
      cellCount: CHANNEL_CELL_COUNT,
      olderCellCount: CELL_COUNT,
      placeCell: CONSUMER_CELL,
      moreSections: [
        ...(shape.struct ? schemaSections(shape.text) : []),
        ...(timestampBytes > 0 ? [latencySection(1)] : []),
      ],
      fingerprint: shape.fingerprint,
      schemaTexts: [shape.text],
      isPersistent,
      role,
      init: (words, base) => writeGeometry(words, base, CHANNEL, shape, geometry),
      free: ({ words, base }, slot) => {
        words.compareExchange(base + CHANNEL.consumer, slot + 1, 0);
      },
    });
    this.shape = shape;
    this.geometry = this.adopt((header) => readGeometry(header, CHANNEL, shape));
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

/**
 * How a channel's consumer receives: its one place, its lanes, and what it tells producers.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { type LaneReader, StructReader } from "../flow/lane-reader.ts";
import type { ReceivingLanes } from "../flow/lane-scan.ts";
import { RecordMemory } from "../flow/record-codec.ts";
import { type SolePlace, takeSolePlace } from "../flow/sole-place.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { VariableReader } from "../flow/variable-reader.ts";
import { Counters } from "../metrics/counters.ts";
import { ByteRingConsumer } from "../ring/byte-ring.ts";
import { FixedRingConsumer } from "../ring/fixed-ring.ts";
import type { Channel } from "./channel.ts";
import {
  CHANNEL,
  CONSUMER_COUNTERS_OFFSET,
  LANE_CONSUMER_COUNTERS_OFFSET,
} from "./channel-layout.ts";

/** The place of a channel's consumer. */
export const CONSUMER_PLACE: SolePlace = {
  word: CHANNEL.consumer,
  verb: "consume",
  what: "consumer",
};

/**
 * Makes this handle the channel's consumer.
 *
 * @param times How long records took; undefined when they do not tell when they were sent.
 * @throws {SystemError} `EBUSY` when there is a live one; the message says who.
 */
export function receiveFrom(channel: Channel, times: TravelTimes | undefined): ReceivingLanes {
  const { words, base, segment, space } = channel;
  takeSolePlace(channel, CONSUMER_PLACE);
  const { mapping } = segment.memory;
  const { offset } = segment.memory.section(SECTION.state);
  const idleWord = base + CHANNEL.isIdle;
  return {
    lanes: channel,
    owner: "Consumer",
    sender: "producer",
    nobody: "nobody produces",
    counters: new Counters(mapping, offset + CONSUMER_COUNTERS_OFFSET),
    space,
    open: (lane) => openLane(channel, lane, times),
    setIdle: (isIdle) => words.store(idleWord, isIdle ? 1 : 0),
    onOverrun: () => {
      // A producer waits: nothing is ever lost.
    },
    close: () => {
      // Nobody will clear it: producers that send in bursts need not publish every record for nobody.
      words.store(idleWord, 0);
      words.add(base + CHANNEL.departures, 1);
    },
  };
}

function openLane(channel: Channel, lane: number, times: TravelTimes | undefined): LaneReader {
  const { shape, geometry, words } = channel;
  const { ringBytes, slotBytes } = geometry;
  const counters = channel.laneCounters(lane, LANE_CONSUMER_COUNTERS_OFFSET);
  const memory = new RecordMemory(channel.ringOf(lane));
  const source = { lane, shape, geometry, counters, memory, times };
  const base = channel.laneWord(lane);
  if (shape.struct !== undefined) {
    const ring = new FixedRingConsumer(words, base, ringBytes / slotBytes);
    return new StructReader(source, ring, shape.struct);
  }
  const data = channel.ringOffset(lane) / 4;
  return new VariableReader(source, new ByteRingConsumer(words, base, data, ringBytes));
}

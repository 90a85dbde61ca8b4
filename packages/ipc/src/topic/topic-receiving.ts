/**
 * How a topic's subscriber receives: its lanes, in place or in copies, and what it tells publishers.
 *
 * @module
 */
import { CopiedRecords } from "../flow/copied-records.ts";
import { type LaneReader, StructReader } from "../flow/lane-reader.ts";
import type { OnOverrun, ReceivingLanes } from "../flow/lane-scan.ts";
import { RecordMemory } from "../flow/record-codec.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import { VariableReader } from "../flow/variable-reader.ts";
import { ByteGatedReader, FixedGatedReader } from "../ring/broadcast-gated.ts";
import { FixedLappedReader } from "../ring/broadcast-lapped.ts";
import { ByteLappedReader } from "../ring/broadcast-lapped-bytes.ts";
import { UNIT_BYTES } from "../ring/broadcast-layout.ts";
import type { Start } from "../ring/broadcast-reading.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { type Attending, attend, stopGating } from "./attendance.ts";
import type { Topic } from "./topic.ts";

/**
 * Joins all lanes.
 *
 * @param onOverrun Told that records of a lane were lost, before those that follow are handed out.
 * @param times How long records took; undefined when they do not tell when they were sent.
 */
export function subscribe(
  topic: Topic,
  attending: Attending,
  onOverrun: OnOverrun,
  times: TravelTimes | undefined,
): ReceivingLanes {
  const { segment, space } = topic;
  const { isGating } = attending;
  // What this thread has sent and holds back was sent before.
  runPostponed();
  const starts = attend(topic, attending);
  times?.clear();
  return {
    lanes: topic,
    owner: "Subscriber",
    sender: "publisher",
    nobody: "nobody publishes",
    counters: topic.subscriberCounters(segment.slot),
    space: isGating ? space : undefined,
    open: (lane) => openLane(topic, lane, starts[lane] as Start, isGating, times),
    setIdle: (isIdle) => topic.setIdle(isIdle),
    onOverrun,
    close: () => stopGating(topic),
  };
}

function openLane(
  topic: Topic,
  lane: number,
  start: Start,
  isGating: boolean,
  times: TravelTimes | undefined,
): LaneReader {
  const { words, segment, shape, geometry } = topic;
  const { ringBytes, slotBytes } = geometry;
  const { struct } = shape;
  const bytes = topic.ringOf(lane);
  const unitBytes = struct === undefined ? UNIT_BYTES : slotBytes;
  const copied = isGating ? undefined : new CopiedRecords(bytes, unitBytes);
  const memory = copied?.memory ?? new RecordMemory(bytes);
  const counters = topic.subscriberCounters(segment.slot, lane);
  const source = { lane, shape, geometry, counters, memory, copied, times };
  const at = [words, topic.laneWord(lane), topic.placeWord(lane, segment.slot)] as const;
  if (struct !== undefined) {
    const slotCount = ringBytes / slotBytes;
    const ring =
      copied === undefined
        ? new FixedGatedReader(...at, slotCount, start)
        : new FixedLappedReader(...at, slotCount, copied, start);
    return new StructReader(source, ring, struct);
  }
  const data = topic.ringOffset(lane) / 4;
  const ring =
    copied === undefined
      ? new ByteGatedReader(...at, data, ringBytes, start)
      : new ByteLappedReader(...at, data, ringBytes, copied, start);
  return new VariableReader(source, ring);
}

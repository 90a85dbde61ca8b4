/**
 * The sizes in the header of a segment of records: what its creator writes and others check.
 *
 * @module
 */
import { RING_BYTES_MIN } from "../ring/byte-ring.ts";
import type { SharedWords } from "../words.ts";
import { CAPACITY_BYTES_MAX, SENDERS_MAX, slotBytesOf } from "./lane-options.ts";
import type { LanedHeader } from "./laned-segment.ts";
import { MODES, TIMESTAMP_BYTES } from "./record-layout.ts";
import type { SchemaShape } from "./record-schema.ts";
import type { RecordGeometry } from "./record-segment.ts";

/** The smallest page of any system, in bytes: a ring is mapped by whole ones. */
const PAGE_BYTES_MIN = 4096;

/** The words of section "state" that hold the sizes. */
export type GeometryWords = Readonly<Record<"mode" | keyof RecordGeometry, number>>;

/** Writes the sizes into a new segment whose section "state" begins at the word `base`. */
export function writeGeometry(
  words: SharedWords,
  base: number,
  at: GeometryWords,
  shape: SchemaShape,
  geometry: RecordGeometry,
): void {
  words.set(base + at.mode, MODES[shape.mode]);
  words.set(base + at.laneCount, geometry.laneCount);
  words.set(base + at.ringBytes, geometry.ringBytes);
  words.set(base + at.slotBytes, geometry.slotBytes);
  words.set(base + at.recordBytes, geometry.recordBytes);
  words.set(base + at.laneBytes, geometry.laneBytes);
  words.set(base + at.timestampBytes, geometry.timestampBytes);
}

/**
 * Reads the sizes that the creator chose, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readGeometry(
  header: LanedHeader,
  at: GeometryWords,
  shape: SchemaShape,
): RecordGeometry {
  const recordBytes = shape.struct?.size ?? 0;
  const isTimestamp = (bytes: number): boolean => bytes === 0 || bytes === TIMESTAMP_BYTES;
  const timestampBytes = header.at(at.timestampBytes, "timestamp size", isTimestamp);
  const slot = slotBytesOf(recordBytes, timestampBytes);
  header.at(at.mode, "mode", (value) => value === MODES[shape.mode]);
  header.at(at.recordBytes, "record size", (value) => value === recordBytes);
  const slotBytes = header.at(at.slotBytes, "slot size", (value) => value === slot);
  const isCount = (count: number): boolean => count >= 1 && count <= SENDERS_MAX;
  const laneCount = header.at(at.laneCount, "number of lanes", isCount);
  const unit = slotBytes === 0 ? 1 : slotBytes;
  const largest = Math.max(CAPACITY_BYTES_MAX, unit) * 2;
  const least = slotBytes === 0 ? RING_BYTES_MIN : slotBytes;
  const isRing = (bytes: number): boolean =>
    bytes >= least && bytes <= largest && bytes % unit === 0 && Math.log2(bytes / unit) % 1 === 0;
  const ringBytes = header.at(at.ringBytes, "ring size", isRing);
  const isLane = (bytes: number): boolean => bytes >= ringBytes && bytes % PAGE_BYTES_MIN === 0;
  const laneBytes = header.at(at.laneBytes, "lane size", isLane);
  return { laneCount, ringBytes, slotBytes, recordBytes, laneBytes, timestampBytes };
}

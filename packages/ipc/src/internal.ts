/**
 * The back door for sibling packages of this workspace: the algorithms below the public classes, to be measured by
 * themselves and to build on. Nothing here is a public contract.
 *
 * @module
 */

export { anchorOf } from "./flow/anchor.ts";
export { codecOf, type PlaceReader, type RecordCodec, RecordMemory } from "./flow/record-codec.ts";
export { type SchemaShape, schemaOf, shapeOf } from "./flow/record-schema.ts";
export { recordBytesMaxOf } from "./flow/sender.ts";
export { sharedClock } from "./metrics/clock.ts";
export { Counters } from "./metrics/counters.ts";
export { Histogram } from "./metrics/histogram.ts";
export { HISTOGRAM_BYTES } from "./metrics/histogram-layout.ts";
export { machineStart } from "./metrics/machine-start.ts";
export { KIND_NAMES, kindName } from "./observe/kind-figures.ts";
export { mergeLatencies } from "./observe/latencies.ts";
export { type RelayBatch, RelayLane } from "./relay/relay-lane.ts";
export { type KeptLane, RelaySink } from "./relay/relay-sink.ts";
export { RelaySource } from "./relay/relay-source.ts";
export { ByteRingConsumer, ByteRingProducer } from "./ring/byte-ring.ts";
export { LANE_HEADER_BYTES } from "./ring/lane-layout.ts";
export {
  disposeEarlier,
  noteDisposed,
  noteHandle,
  type OpenHandle,
} from "./segment/handles.ts";
export { NamedHandle } from "./segment/named-handle.ts";
export { SLOT_BYTES } from "./segment/participant-layout.ts";
export { sharedPlaces } from "./segment/participants-option.ts";
export { schemaSections } from "./segment/schema-section.ts";
export { type OpenVerb, Segment, type SegmentMemory } from "./segment/segment.ts";
export { isSameLife } from "./segment/slot-record.ts";
export { decodeError, encodeError } from "./service/error-body.ts";
export { type Copies, VersionedCells } from "./shared-struct/versioned-cells.ts";
export {
  BRIDGE,
  BRIDGE_BYTES,
  BRIDGE_CONDITION,
  BRIDGE_END,
  BRIDGE_END_COUNT,
  BRIDGE_END_WORDS,
  BRIDGE_NAME_BYTES,
  BRIDGE_NUMBER,
  BRIDGE_REASON_BYTES,
  BRIDGE_SERVER_BYTES,
  BRIDGE_SOURCES,
} from "./store-kinds/bridge-layout.ts";
export {
  BUCKET_WORDS,
  CACHE,
  CACHE_HEADER_BYTES,
  COUNT,
  COUNTERS,
  COUNTS_BYTES,
  copyWords,
  DROPPED,
  FOLLOWER,
  FOLLOWER_COUNT,
  FOLLOWER_NAME_BYTES,
  FOLLOWER_WORDS,
  HEAD,
  HEAD_BYTES,
  HEAD_PATH_BYTES,
  LIVES_OFFSET,
  LOCK_COUNT,
  LOCK_OFFSET,
  limiterSchema,
  logWordOf,
  ROW,
  rowWords,
  SHARD,
  type ShardShape,
  shapeOfLog,
  shardBytes,
  TABLE,
  TABLE_HEADER_BYTES,
  TABLE_STATE_BYTES,
  UNIT_BYTES,
} from "./store-kinds/store-layout.ts";
export { fingerprintOf } from "./struct/fingerprint.ts";
export { differenceOf } from "./struct/schema-difference.ts";
export { HOLDER, MUTEX, MUTEX_BYTES, STRATEGY } from "./sync/mutex-layout.ts";
export { type Life, type Lives, OwnerWord } from "./sync/owner-word.ts";
export { pause } from "./wait/pause.ts";
export { type Bells, CELL, WaitCell } from "./wait/wait-cell.ts";
export {
  type AsyncWaitOptions,
  type CheckedWait,
  checkSignal,
  checkTime,
  checkWait,
  timedOut,
  waitAsync,
  waitSync,
} from "./wait/wait-for.ts";
export { SharedWords, type Words } from "./words.ts";

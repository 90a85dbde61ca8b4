/**
 * Communication between processes through named shared memory, for Bun.
 *
 * @module
 */
export type { ConsumerMetrics, LaneMetrics, ProducerMetrics } from "./channel/channel-metrics.ts";
export type { ChannelOptions } from "./channel/channel-options.ts";
export type {
  BytesSchema,
  ChannelSchema,
  RecordCursor,
  RecordInput,
  RecordValue,
} from "./channel/channel-schema.ts";
export { Consumer, type PollOptions, type RecordsOptions } from "./channel/consumer.ts";
export { type JsonSchema, json } from "./channel/json.ts";
export { type Batch, Producer, type ProducerOptions } from "./channel/producer.ts";
export {
  type CollectOptions,
  type CollectReport,
  collectSegments,
  type Leftover,
} from "./segment/garbage.ts";
export { listSegments } from "./segment/list.ts";
export { observe } from "./segment/observe.ts";
export type { Role } from "./segment/participant-layout.ts";
export { type RemoveOptions, removeSegment } from "./segment/remove.ts";
export type {
  CellInfo,
  MutexInfo,
  ParticipantInfo,
  SectionInfo,
  SegmentInfo,
  SegmentProblem,
} from "./segment/segment-info.ts";
export * from "./struct/index.ts";
export { type EventOptions, type EventResetMode, NamedEvent } from "./sync/named-event.ts";
export { MutexLock, NamedMutex } from "./sync/named-mutex.ts";
export { NamedSemaphore, type SemaphoreOptions } from "./sync/named-semaphore.ts";
export type { MutexOwner } from "./sync/segment-mutex.ts";
export type { AsyncWaitOptions, WaitOptions } from "./wait/wait-for.ts";

/**
 * Communication between processes through named shared memory, for Bun.
 *
 * @module
 */
export {
  CorruptSegmentError,
  DisposedError,
  FileTruncatedError,
  NotSupportedError,
  PeerDiedError,
  SystemError,
  type SystemErrorDetails,
  TimeoutError,
} from "@isthmus/core";
export type {
  ConsumerMetrics,
  ConsumerState,
  LaneMetrics,
  ProducerMetrics,
} from "./channel/channel-metrics.ts";
export type { ChannelOptions } from "./channel/channel-options.ts";
export { Consumer } from "./channel/consumer.ts";
export { Producer, type ProducerOptions } from "./channel/producer.ts";
export type {
  Figure,
  FigureTable,
  FigureUnit,
  FlowColumn,
  KindFigures,
} from "./figures/figure.ts";
export { type AnyJson, type JsonSchema, json } from "./flow/json.ts";
export type { PollAsyncOptions, PollOptions } from "./flow/poll-options.ts";
export type { RecordsOptions } from "./flow/receiver.ts";
export type {
  BytesSchema,
  ChannelSchema,
  RecordCursor,
  RecordInput,
  RecordValue,
} from "./flow/record-schema.ts";
export type { Batch } from "./flow/sender.ts";
export { type HistogramBucket, HistogramSnapshot } from "./metrics/histogram-snapshot.ts";
export type { BridgeEndInfo, BridgeInfo, BridgeSource } from "./observe/bridge-reader.ts";
export type {
  ChannelConsumerInfo,
  ChannelInfo,
  ChannelLaneInfo,
} from "./observe/channel-info.ts";
export { DirectoryObserver } from "./observe/directory-observer.ts";
export {
  type FigureTotal,
  type FlowTotals,
  figureHistograms,
  figureTotals,
  flowLatency,
  flowTotals,
  type HistogramTotal,
} from "./observe/figure-totals.ts";
export type {
  PublisherRates,
  QueueRates,
  RequestRates,
  ServiceRates,
  SubscriberRates,
  TopicRates,
} from "./observe/flow-rates.ts";
export {
  type CollectOptions,
  type CollectReport,
  collectSegments,
  type Leftover,
} from "./observe/garbage.ts";
export { FIGURES } from "./observe/kind-figures.ts";
export type { TailedRecord } from "./observe/lane-tail.ts";
export { listSegments } from "./observe/list.ts";
export { observe } from "./observe/observe.ts";
export {
  type DeadLetterInfo,
  type ObserveDeadLettersOptions,
  observeDeadLetters,
} from "./observe/observe-dead-letters.ts";
export {
  type ObserveStructOptions,
  observeSchema,
  observeStruct,
  type StructValueInfo,
} from "./observe/observe-struct.ts";
export { type ParticipantState, participantStates } from "./observe/participant-state.ts";
export type { QueueDeadLetterInfo, QueueInfo, QueueJobInfo } from "./observe/queue-info.ts";
export {
  type ChannelRates,
  type LaneRates,
  ratesBetween,
  type SegmentRates,
} from "./observe/rates.ts";
export { RecordTail, type TailOptions } from "./observe/record-tail.ts";
export { type RemoveOptions, removeSegment } from "./observe/remove.ts";
export type {
  CellInfo,
  MutexInfo,
  ParticipantInfo,
  SectionInfo,
  SegmentInfo,
  SegmentProblem,
} from "./observe/segment-info.ts";
export { SegmentObserver, type SegmentSample } from "./observe/segment-observer.ts";
export type {
  ServiceFlow,
  ServiceInfo,
  ServiceRequesterInfo,
  ServiceResponderInfo,
} from "./observe/service-info.ts";
export type {
  CacheInfo,
  CountersInfo,
  FollowerInfo,
  JournalInfo,
  LimiterInfo,
  TableInfo,
} from "./observe/store-readers.ts";
export type { EventInfo, PermitsInfo, SemaphoreInfo, StructInfo } from "./observe/sync-info.ts";
export { type FollowOptions, tailRecords } from "./observe/tail-records.ts";
export type {
  TopicInfo,
  TopicPlaceInfo,
  TopicPublisherInfo,
  TopicSubscriberInfo,
} from "./observe/topic-info.ts";
export { listUnreachable, type UnreachableSegment } from "./observe/unreachable.ts";
export type { AddAsyncOptions, AddOptions, JobOptions } from "./queue/adding.ts";
export { type DeadLetter, DeadLetters } from "./queue/dead-letters.ts";
export { type FailOptions, Job } from "./queue/job.ts";
export type { QueueMetrics } from "./queue/queue-metrics.ts";
export type { WorkQueueOptions } from "./queue/queue-options.ts";
export { WorkQueue } from "./queue/work-queue.ts";
export type { Role } from "./segment/participant-layout.ts";
export type { ParticipantsOptions } from "./segment/participants-option.ts";
export { RemoteError, type RemoteErrorDetails } from "./service/remote-error.ts";
export {
  Requester,
  type RequesterOptions,
  type RequestSyncOptions,
} from "./service/requester.ts";
export {
  type PollHandler,
  type PollRequestsAsyncOptions,
  type PollRequestsOptions,
  Responder,
  type ServeHandler,
  type ServeOptions,
} from "./service/responder.ts";
export type {
  RequesterMetrics,
  ResponderMetrics,
  ServiceLaneMetrics,
} from "./service/service-metrics.ts";
export type { ServiceOptions } from "./service/service-options.ts";
export { SharedStruct } from "./shared-struct/shared-struct.ts";
export type { ChangesOptions, Versioned } from "./shared-struct/struct-changes.ts";
export type { SharedStructOptions } from "./shared-struct/struct-segment.ts";
export * from "./struct/index.ts";
export type { SchemaReading } from "./struct/schema-reading.ts";
export { MutexLock } from "./sync/mutex-lock.ts";
export { type EventOptions, type EventResetMode, NamedEvent } from "./sync/named-event.ts";
export { type MutexOptions, NamedMutex } from "./sync/named-mutex.ts";
export { NamedSemaphore } from "./sync/named-semaphore.ts";
export type { MutexOwner } from "./sync/segment-mutex.ts";
export type { SemaphoreOptions } from "./sync/semaphore-segment.ts";
export { Publisher, type PublisherOptions } from "./topic/publisher.ts";
export { type Overrun, Subscriber, type SubscriberOptions } from "./topic/subscriber.ts";
export type {
  PublisherMetrics,
  SubscriberInfo,
  SubscriberMetrics,
  TopicLaneMetrics,
} from "./topic/topic-metrics.ts";
export type { TopicOptions } from "./topic/topic-options.ts";
export type { AsyncWaitOptions, WaitOptions } from "./wait/wait-for.ts";

/**
 * State that the processes of a server share, through shared memory, for Bun.
 *
 * @module
 */
export { type KeyvStore, type KeyvStoreEntry, keyvStore } from "./adapters/keyv-store.ts";
export {
  type ClientRateLimitInfo,
  type RateLimitStore,
  type RateLimitStoreOptions,
  rateLimitStore,
} from "./adapters/rate-limit-store.ts";
export {
  type Broadcast,
  type BroadcastMetrics,
  type BroadcastOptions,
  broadcast,
  type Publishing,
} from "./broadcast/broadcast.ts";
export type { MessageData } from "./broadcast/message.ts";
export type { CacheMetrics } from "./cache/cache-metrics.ts";
export type {
  CacheSchema,
  GetOptions,
  SharedCacheOptions,
  TtlOptions,
} from "./cache/cache-options.ts";
export type { CacheChange, WatchOptions } from "./cache/cache-watch.ts";
export type { ComputeOptions } from "./cache/computations.ts";
export { SharedCache } from "./cache/shared-cache.ts";
export type { SharedCountersOptions } from "./counters/counters-segment.ts";
export type {
  CounterOptions,
  GaugeAggregate,
  GaugeOptions,
  HistogramOptions,
} from "./counters/definition.ts";
export type { HistogramSample, MetricFamily, NumberSample } from "./counters/exposition.ts";
export type { Counter, Gauge, Histogram, LabelValues } from "./counters/metrics.ts";
export type { CounterSeries, GaugeSeries, HistogramSeries } from "./counters/series.ts";
export { SharedCounters, type SharedCountersMetrics } from "./counters/shared-counters.ts";
export { Journal } from "./journal/journal.ts";
export {
  type CheckJournalOptions,
  checkJournal,
  inspectJournal,
  type JournalCheck,
  type JournalFiles,
  type JournalSegmentInfo,
} from "./journal/journal-files.ts";
export type {
  JournalBatch,
  JournalEntry,
  JournalGap,
  JournalMetrics,
  JournalOptions,
  JournalReadOnlyOptions,
  JournalReadOptions,
  JournalRecord,
  JournalSchema,
  JournalSync,
  JournalTailer,
  JournalVisitOptions,
  PruneOptions,
} from "./journal/journal-options.ts";
export type { JournalReading } from "./journal/journal-reading.ts";
export { type JournalRepair, repairJournal } from "./journal/repair-journal.ts";
export {
  JournalPublisher,
  type JournalPublisherMetrics,
} from "./journal-topic/journal-publisher.ts";
export {
  JournalSubscriber,
  type JournalSubscriberMetrics,
} from "./journal-topic/journal-subscriber.ts";
export type {
  JournalPublisherOptions,
  JournalSubscriberOptions,
  TopicSizes,
} from "./journal-topic/topic-options.ts";
export type { RateLimit, RateLimiterMetrics, RateLimiterOptions } from "./limiter/rate-limiter.ts";
export { RateLimiter } from "./limiter/rate-limiter.ts";
export { SharedTable } from "./table/shared-table.ts";
export type { SharedTableOptions } from "./table/table-segment.ts";

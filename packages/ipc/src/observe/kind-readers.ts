/**
 * What is read of a segment besides what all kinds have. A kind's reader is one file, and one line here.
 *
 * @module
 */
import type { SegmentKind } from "@isthmus/core/internal";
import { type BridgeInfo, readBridge } from "./bridge-reader.ts";
import type { ChannelInfo } from "./channel-info.ts";
import { readChannel } from "./channel-reader.ts";
import { KIND_NAMES } from "./kind-figures.ts";
import type { QueueInfo } from "./queue-info.ts";
import { readQueue } from "./queue-reader.ts";
import type { SectionReader } from "./section-reader.ts";
import type { CellInfo, ParticipantInfo } from "./segment-info.ts";
import type { ServiceInfo } from "./service-info.ts";
import { readService } from "./service-reader.ts";
import {
  type CacheInfo,
  type CountersInfo,
  type JournalInfo,
  type LimiterInfo,
  readCache,
  readCounters,
  readJournal,
  readTable,
  type TableInfo,
} from "./store-readers.ts";
import type { EventInfo, SemaphoreInfo, StructInfo } from "./sync-info.ts";
import { readEvent, readSemaphore, readStruct } from "./sync-readers.ts";
import type { TopicInfo } from "./topic-info.ts";
import { readTopic } from "./topic-reader.ts";

/** What a reader has to go by. */
export interface KindSource {
  /** The segment's name, for messages. */
  readonly name: string;
  /** Of the schema, as 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly reader: SectionReader;
  readonly participants: readonly ParticipantInfo[];
  readonly cells: readonly CellInfo[];
}

/**
 * What the readers find. Each is there for segments of its kind only; all but the first may be left out altogether, so
 * that a value that was made before they were known is still one.
 */
export interface KindDetails {
  /** The channel, for segments of that kind. */
  readonly channel: ChannelInfo | undefined;
  /** The topic. */
  readonly topic?: TopicInfo | undefined;
  /** The service. */
  readonly service?: ServiceInfo | undefined;
  /** The work queue. */
  readonly queue?: QueueInfo | undefined;
  /** The cache. */
  readonly cache?: CacheInfo | undefined;
  /** The rate limiter, which is a segment of kind `cache`. */
  readonly limiter?: LimiterInfo | undefined;
  /** The table. */
  readonly table?: TableInfo | undefined;
  /** The shared counters. */
  readonly counters?: CountersInfo | undefined;
  /** The journal, as far as it is open here. */
  readonly journal?: JournalInfo | undefined;
  /** The bridge to other machines. */
  readonly bridge?: BridgeInfo | undefined;
  /** The semaphore. */
  readonly semaphore?: SemaphoreInfo | undefined;
  /** The event. */
  readonly event?: EventInfo | undefined;
  /** The shared struct. */
  readonly struct?: StructInfo | undefined;
}

const NOTHING = Object.fromEntries(
  KIND_NAMES.map((name) => [name, undefined]),
) as unknown as KindDetails;

/**
 * A reader finds numbers that anybody may have written: it throws `CorruptSegmentError` when the sizes in a header
 * cannot be, and makes the best of everything else.
 */
const READERS: Readonly<
  Partial<Record<SegmentKind, (source: KindSource) => Partial<KindDetails>>>
> = {
  channel: (source) => ({ channel: readChannel(source) }),
  topic: (source) => ({ topic: readTopic(source) }),
  service: (source) => ({ service: readService(source) }),
  queue: (source) => ({ queue: readQueue(source) }),
  cache: readCache,
  table: (source) => ({ table: readTable(source) }),
  counters: (source) => ({ counters: readCounters(source) }),
  journal: (source) => ({ journal: readJournal(source) }),
  bridge: (source) => ({ bridge: readBridge(source) }),
  semaphore: (source) => ({ semaphore: readSemaphore(source) }),
  event: (source) => ({ event: readEvent(source) }),
  struct: (source) => ({ struct: readStruct(source) }),
};

/**
 * Reads what only one kind of segment has.
 *
 * @throws {CorruptSegmentError} When it cannot be what it says it is.
 */
export function readKind(kind: SegmentKind | "unknown", source: KindSource): KindDetails {
  return { ...NOTHING, ...(kind === "unknown" ? {} : READERS[kind]?.(source)) };
}

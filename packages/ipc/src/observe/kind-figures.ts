/**
 * The figures of all kinds of segments. A kind is one line in each table here.
 *
 * @module
 */
import { CHANNEL_FIGURES } from "../channel/channel-figures.ts";
import { QUEUE_FIGURES } from "../queue/queue-figures.ts";
import { SERVICE_FIGURES } from "../service/service-figures.ts";
import { STRUCT_FIGURES } from "../shared-struct/struct-figures.ts";
import { BRIDGE_FIGURES } from "../store-kinds/bridge-figures.ts";
import { CACHE_FIGURES } from "../store-kinds/cache-figures.ts";
import { COUNTERS_FIGURES } from "../store-kinds/counters-figures.ts";
import { JOURNAL_FIGURES } from "../store-kinds/journal-figures.ts";
import { LIMITER_FIGURES } from "../store-kinds/limiter-figures.ts";
import { TABLE_FIGURES } from "../store-kinds/table-figures.ts";
import {
  CELL_FIGURES,
  EVENT_FIGURES,
  MUTEX_FIGURES,
  SEMAPHORE_FIGURES,
} from "../sync/sync-figures.ts";
import { TOPIC_FIGURES } from "../topic/topic-figures.ts";
import type { SegmentRates } from "./rates.ts";
import type { SegmentInfo } from "./segment-info.ts";

/**
 * Every figure that segments tell of themselves: by kind, then by the part of it, then by name. Frozen.
 *
 * @example What does a topic count?
 * ```ts
 * import { FIGURES } from "@isthmus/ipc";
 *
 * const { type, unit, help } = FIGURES.topic.publisher.drops;
 * console.log(type, unit, help); // counter records Records that were refused because there was no room.
 * ```
 */
export const FIGURES: {
  readonly channel: typeof CHANNEL_FIGURES;
  readonly topic: typeof TOPIC_FIGURES;
  readonly service: typeof SERVICE_FIGURES;
  readonly queue: typeof QUEUE_FIGURES;
  readonly cache: typeof CACHE_FIGURES;
  readonly limiter: typeof LIMITER_FIGURES;
  readonly table: typeof TABLE_FIGURES;
  readonly counters: typeof COUNTERS_FIGURES;
  readonly journal: typeof JOURNAL_FIGURES;
  readonly bridge: typeof BRIDGE_FIGURES;
  readonly semaphore: typeof SEMAPHORE_FIGURES;
  readonly event: typeof EVENT_FIGURES;
  readonly struct: typeof STRUCT_FIGURES;
  readonly lock: typeof MUTEX_FIGURES;
  readonly segment: typeof CELL_FIGURES;
} = deepFreeze({
  channel: CHANNEL_FIGURES,
  topic: TOPIC_FIGURES,
  service: SERVICE_FIGURES,
  queue: QUEUE_FIGURES,
  cache: CACHE_FIGURES,
  limiter: LIMITER_FIGURES,
  table: TABLE_FIGURES,
  counters: COUNTERS_FIGURES,
  journal: JOURNAL_FIGURES,
  bridge: BRIDGE_FIGURES,
  semaphore: SEMAPHORE_FIGURES,
  event: EVENT_FIGURES,
  struct: STRUCT_FIGURES,
  lock: MUTEX_FIGURES,
  segment: CELL_FIGURES,
});

/** Where an observer finds the parts of a kind; where it has added them up itself, that is what is asked. */
type Parts<Kind extends keyof typeof FIGURES> = Readonly<
  Record<keyof (typeof FIGURES)[Kind], (info: SegmentInfo) => readonly object[] | undefined>
>;

const PARTS: { readonly [Kind in keyof typeof FIGURES]: Parts<Kind> } = {
  channel: {
    segment: ({ channel }) => some(channel),
    producer: ({ channel }) => some(channel),
    lane: ({ channel }) => channel?.lanes ?? [],
    consumer: ({ channel }) => some(channel?.consumer),
    latency: ({ channel }) => some(channel),
  },
  topic: {
    segment: ({ topic }) => some(topic),
    publisher: ({ topic }) => some(topic),
    place: ({ topic }) => (topic?.subscribers ?? []).flatMap(({ places }) => places),
    subscriber: ({ topic }) => topic?.subscribers ?? [],
    latency: ({ topic }) => some(topic),
  },
  service: {
    segment: ({ service }) => some(service),
    flow: ({ service }) => some(service),
    requester: ({ service }) => service?.requesters ?? [],
    responder: ({ service }) => some(service?.responder),
    latency: ({ service }) => some(service),
  },
  queue: { segment: ({ queue }) => some(queue), times: ({ queue }) => some(queue) },
  cache: { segment: ({ cache }) => some(cache) },
  limiter: { segment: ({ limiter }) => some(limiter) },
  table: { segment: ({ table }) => some(table) },
  counters: { segment: ({ counters }) => some(counters) },
  journal: {
    segment: ({ journal }) => some(journal),
    follower: ({ journal }) => journal?.followers ?? [],
  },
  bridge: { end: ({ bridge }) => bridge?.ends ?? [] },
  semaphore: {
    segment: ({ semaphore }) => some(semaphore),
    // Where nobody notes who has what, nobody knows how many permits are held.
    held: ({ semaphore }) => (semaphore?.returnsOnDeath ? semaphore.held : undefined),
  },
  event: { segment: ({ event }) => some(event) },
  struct: { segment: ({ struct }) => some(struct) },
  lock: { mutex: ({ mutex }) => some(mutex) },
  segment: { cell: ({ cells }) => cells },
};

/** Where the rates of a part are; of a part that is not named, among those of the segment. */
const RATES: Readonly<Record<string, (rates: SegmentRates) => readonly object[]>> = {
  channel: ({ channel }) => some(channel),
  "topic.publisher": ({ topic }) => some(topic),
  "topic.place": ({ topic }) => topic?.subscribers ?? [],
  "topic.subscriber": ({ topic }) => topic?.subscribers ?? [],
  "topic.latency": ({ topic }) => some(topic),
  service: ({ service }) => some(service),
  queue: ({ queue }) => some(queue),
  cache: ({ cache }) => some(cache),
  limiter: ({ limiter }) => some(limiter),
  table: ({ table }) => some(table),
  counters: ({ counters }) => some(counters),
  journal: ({ journal }) => some(journal),
  bridge: ({ bridge }) => some(bridge),
};

/** The keys of {@link FIGURES}. */
export const KINDS: readonly (keyof typeof FIGURES)[] = Object.keys(
  FIGURES,
) as (keyof typeof FIGURES)[];

/** Under which names a segment tells what only its kind has. */
export const KIND_NAMES: readonly Exclude<keyof typeof FIGURES, "lock" | "segment">[] =
  KINDS.filter((kind) => kind !== "lock" && kind !== "segment");

/** What a segment is called: a rate limiter lies in memory as a cache does, and is none. */
export function kindName({ kind, limiter }: Pick<SegmentInfo, "kind" | "limiter">): string {
  return limiter === undefined ? kind : "limiter";
}

/** Where an observer finds a part of a kind, and its rates. */
export interface FigurePlace {
  readonly itemsOf: (info: SegmentInfo) => readonly object[] | undefined;
  readonly ratesOf: (rates: SegmentRates) => readonly object[];
}

/** Finds a part of a kind. */
export function placeOf(kind: keyof typeof FIGURES, part: string): FigurePlace {
  return {
    itemsOf: PARTS[kind][part as never] as FigurePlace["itemsOf"],
    ratesOf: RATES[`${kind}.${part}`] ?? RATES[kind] ?? some<SegmentRates>,
  };
}

function some<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const each of Object.values(value)) if (typeof each === "object") deepFreeze(each);
  return Object.freeze(value);
}

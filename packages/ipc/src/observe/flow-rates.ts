/**
 * What happened in a topic or a service between two samples.
 *
 * @module
 */

import { type PerSecond, type Rates, ratesOf, rateTotals } from "../figures/rates-of.ts";
import { totalOf } from "../figures/read-figures.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { QUEUE_FIGURES } from "../queue/queue-figures.ts";
import { isSameLife } from "../segment/slot-record.ts";
import { SERVICE_FIGURES } from "../service/service-figures.ts";
import { TOPIC_FIGURES } from "../topic/topic-figures.ts";
import { mergeLatencies } from "./latencies.ts";
import type { QueueInfo } from "./queue-info.ts";
import type { ServiceInfo } from "./service-info.ts";
import type { TopicInfo, TopicSubscriberInfo } from "./topic-info.ts";

/** Traffic of one publisher, or of all of them: the rate of every counter of its lane. */
export interface PublisherRates extends Rates<typeof TOPIC_FIGURES.publisher> {}

/** Traffic of one subscriber: the rate of every counter of its places, and of its own. */
export interface SubscriberRates
  extends Rates<typeof TOPIC_FIGURES.place>,
    Rates<typeof TOPIC_FIGURES.subscriber> {
  /** Its slot among the participants. */
  readonly slot: number;
  /** Whether there was something to read at both times, and it has read and lost nothing in between. */
  readonly isStandingStill: boolean;
  /** How long the records that were handed out to it in between took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** Traffic of a topic: of its publishers together. */
export interface TopicRates extends PublisherRates {
  /** Records that subscribers read, all together. */
  readonly readPerSecond: number;
  /** Records that subscribers found to be lost, all together. */
  readonly lostPerSecond: number;
  /** The lanes of the later sample, each with its number. */
  readonly publishers: readonly (PublisherRates & { readonly lane: number })[];
  /** The subscribers of the later sample. */
  readonly subscribers: readonly SubscriberRates[];
  /** How long the records that were handed out in between took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** Traffic of one requester, or of all of them: the rate of every counter of its lane. */
export interface RequestRates extends Rates<typeof SERVICE_FIGURES.flow> {}

/** Traffic of a service. */
export interface ServiceRates extends RequestRates {
  /** Whether requests were waiting at both times, and the responder has taken none in between. */
  readonly isStandingStill: boolean;
  /** The lanes of the later sample, each with its number. */
  readonly requesters: readonly (RequestRates & { readonly lane: number })[];
  /** How long the requests that were answered in between took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** Traffic of a work queue. */
export interface QueueRates extends Rates<typeof QUEUE_FIGURES.segment> {
  /** Whether jobs were ready and the queue was not paused at both times, and nobody has taken one in between. */
  readonly isStandingStill: boolean;
  /** How long the jobs that were taken in between had waited. */
  readonly waitTime: HistogramSnapshot | undefined;
  /** How long the jobs that were done in between were worked on. */
  readonly runTime: HistogramSnapshot | undefined;
}

/** Compares two looks at a topic; undefined without an earlier one. */
export function topicRates(
  previous: TopicInfo | undefined,
  current: TopicInfo,
  per: PerSecond,
): TopicRates | undefined {
  if (previous === undefined) return undefined;
  const publishers = current.publishers.map((one) => {
    const before = previous.publishers.find(({ lane }) => lane === one.lane);
    return { lane: one.lane, ...ratesOf(TOPIC_FIGURES.publisher, before, one, per) };
  });
  const subscribers = current.subscribers.map((one) => {
    // A slot's next owner is somebody else, who counts from nothing.
    const before = previous.subscribers.find(({ participant }) =>
      isSameLife(participant, one.participant),
    );
    return subscriberRates(before, one, per);
  });
  const read = rateTotals(TOPIC_FIGURES.place, subscribers);
  return {
    ...rateTotals(TOPIC_FIGURES.publisher, publishers),
    readPerSecond: read.recordsPerSecond,
    lostPerSecond: read.lostPerSecond,
    publishers,
    subscribers,
    latency: mergeLatencies(subscribers.map(({ latency }) => latency)),
  };
}

/** Compares two looks at a service; undefined without an earlier one. */
export function serviceRates(
  previous: ServiceInfo | undefined,
  current: ServiceInfo,
  per: PerSecond,
): ServiceRates | undefined {
  if (previous === undefined) return undefined;
  const requesters = current.requesters.map((one) => {
    const before = previous.requesters.find(({ lane }) => lane === one.lane);
    return { lane: one.lane, ...ratesOf(SERVICE_FIGURES.flow, before, one, per) };
  });
  const taken = ({ requests, queued }: ServiceInfo): number => requests - queued;
  const isStandingStill =
    previous.queued > 0 && current.queued > 0 && taken(previous) === taken(current);
  return {
    ...ratesOf(SERVICE_FIGURES.flow, previous, current, per),
    isStandingStill,
    requesters,
    latency: latencySince(previous, current),
  };
}

/** Compares two looks at a work queue; undefined without an earlier one. */
export function queueRates(
  previous: QueueInfo | undefined,
  current: QueueInfo,
  per: PerSecond,
): QueueRates | undefined {
  if (previous === undefined) return undefined;
  return {
    ...ratesOf(QUEUE_FIGURES.segment, previous, current, per),
    isStandingStill: isOpen(previous) && isOpen(current) && previous.taken === current.taken,
    waitTime: durationsSince(previous.waitTime, current.waitTime),
    runTime: durationsSince(previous.runTime, current.runTime),
  };
}

/** Whether there is something to be taken. */
function isOpen({ waiting, isPaused }: QueueInfo): boolean {
  return waiting > 0 && !isPaused;
}

function subscriberRates(
  previous: TopicSubscriberInfo | undefined,
  current: TopicSubscriberInfo,
  per: PerSecond,
): SubscriberRates {
  const position = ({ places }: TopicSubscriberInfo): number =>
    totalOf(TOPIC_FIGURES.place, "position", places);
  return {
    slot: current.participant.slot,
    ...ratesOf(TOPIC_FIGURES.place, previous, current, per),
    ...ratesOf(TOPIC_FIGURES.subscriber, previous, current, per),
    isStandingStill:
      previous !== undefined &&
      previous.lag > 0 &&
      current.lag > 0 &&
      position(previous) === position(current),
    latency: latencySince(previous, current),
  };
}

/** What has been counted since an earlier look; all that there is without one. */
export function latencySince(
  previous: { readonly latency: HistogramSnapshot | undefined } | undefined,
  { latency }: { readonly latency: HistogramSnapshot | undefined },
): HistogramSnapshot | undefined {
  return durationsSince(previous?.latency, latency);
}

function durationsSince(
  previous: HistogramSnapshot | undefined,
  current: HistogramSnapshot | undefined,
): HistogramSnapshot | undefined {
  return previous ? current?.since(previous) : current;
}

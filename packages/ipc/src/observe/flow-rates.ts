/**
 * What happened in a topic or a service between two samples.
 *
 * @module
 */
import { grown, type PerSecond } from "./growth.ts";
import { sumOf } from "./participant-state.ts";
import type { ServiceFlow, ServiceInfo } from "./service-info.ts";
import type { TopicInfo, TopicPublisherInfo, TopicSubscriberInfo } from "./topic-info.ts";

/** Traffic of one publisher, or of all of them. */
export interface PublisherRates {
  /** Records that were published. */
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Records that were refused because there was no room. */
  readonly dropsPerSecond: number;
  /** Waits of publishers for room. */
  readonly fullWaitsPerSecond: number;
}

/** Traffic of one subscriber. */
export interface SubscriberRates {
  /** Its slot among the participants. */
  readonly slot: number;
  /** Records that it read. */
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Records that it found to be lost. */
  readonly lostPerSecond: number;
  /** Whether there was something to read at both times, and it has read and lost nothing in between. */
  readonly isStandingStill: boolean;
}

/** Traffic of a topic. */
export interface TopicRates extends PublisherRates {
  /** Records that subscribers read, all together. */
  readonly readPerSecond: number;
  /** Records that subscribers found to be lost, all together. */
  readonly lostPerSecond: number;
  /** The lanes of the later sample, each with its number. */
  readonly publishers: readonly (PublisherRates & { readonly lane: number })[];
  /** The subscribers of the later sample. */
  readonly subscribers: readonly SubscriberRates[];
}

/** Traffic of one requester, or of all of them. */
export interface RequestRates {
  /** Requests that were sent. */
  readonly requestsPerSecond: number;
  readonly requestBytesPerSecond: number;
  /** Replies that came, errors included. */
  readonly repliesPerSecond: number;
  readonly replyBytesPerSecond: number;
  readonly errorsPerSecond: number;
  /** Requests whose time was over. */
  readonly timeoutsPerSecond: number;
  /** Waits of requesters for room or for a responder. */
  readonly waitsPerSecond: number;
}

/** Traffic of a service. */
export interface ServiceRates extends RequestRates {
  /** Whether requests were waiting at both times, and the responder has taken none in between. */
  readonly isStandingStill: boolean;
  /** The lanes of the later sample, each with its number. */
  readonly requesters: readonly (RequestRates & { readonly lane: number })[];
}

/** Compares two looks at a topic; undefined without an earlier one. */
export function topicRates(
  previous: TopicInfo | undefined,
  current: TopicInfo,
  per: PerSecond,
): TopicRates | undefined {
  if (previous === undefined) return undefined;
  const publishers = current.publishers.map((one) => ({
    lane: one.lane,
    ...publisherRates(
      previous.publishers.find(({ lane }) => lane === one.lane),
      one,
      per,
    ),
  }));
  const subscribers = current.subscribers.map((one) => {
    // A slot's next owner is somebody else, who counts from nothing.
    const before = previous.subscribers.find(({ participant }) =>
      isSameLife(participant, one.participant),
    );
    return subscriberRates(before, one, per);
  });
  return {
    recordsPerSecond: sumOf(publishers, "recordsPerSecond"),
    bytesPerSecond: sumOf(publishers, "bytesPerSecond"),
    dropsPerSecond: sumOf(publishers, "dropsPerSecond"),
    fullWaitsPerSecond: sumOf(publishers, "fullWaitsPerSecond"),
    readPerSecond: sumOf(subscribers, "recordsPerSecond"),
    lostPerSecond: sumOf(subscribers, "lostPerSecond"),
    publishers,
    subscribers,
  };
}

/** Compares two looks at a service; undefined without an earlier one. */
export function serviceRates(
  previous: ServiceInfo | undefined,
  current: ServiceInfo,
  per: PerSecond,
): ServiceRates | undefined {
  if (previous === undefined) return undefined;
  const requesters = current.requesters.map((one) => ({
    lane: one.lane,
    ...requestRates(
      previous.requesters.find(({ lane }) => lane === one.lane),
      one,
      per,
    ),
  }));
  const taken = ({ requests, queued }: ServiceInfo): number => requests - queued;
  const isStandingStill =
    previous.queued > 0 && current.queued > 0 && taken(previous) === taken(current);
  return { ...requestRates(previous, current, per), isStandingStill, requesters };
}

function publisherRates(
  previous: TopicPublisherInfo | undefined,
  current: TopicPublisherInfo,
  per: PerSecond,
): PublisherRates {
  const rate = (name: "records" | "bytes" | "drops" | "fullWaits"): number =>
    per(grown(previous?.[name] ?? 0, current[name]));
  return {
    recordsPerSecond: rate("records"),
    bytesPerSecond: rate("bytes"),
    dropsPerSecond: rate("drops"),
    fullWaitsPerSecond: rate("fullWaits"),
  };
}

function subscriberRates(
  previous: TopicSubscriberInfo | undefined,
  current: TopicSubscriberInfo,
  per: PerSecond,
): SubscriberRates {
  const rate = (name: "records" | "bytes" | "lost"): number =>
    per(grown(previous?.[name] ?? 0, current[name]));
  const position = (one: TopicSubscriberInfo): number => sumOf(one.places, "position");
  return {
    slot: current.participant.slot,
    recordsPerSecond: rate("records"),
    bytesPerSecond: rate("bytes"),
    lostPerSecond: rate("lost"),
    isStandingStill:
      previous !== undefined &&
      previous.lag > 0 &&
      current.lag > 0 &&
      position(previous) === position(current),
  };
}

function requestRates(
  previous: ServiceFlow | undefined,
  current: ServiceFlow,
  per: PerSecond,
): RequestRates {
  const rate = (name: keyof ServiceFlow): number =>
    per(grown(previous?.[name] ?? 0, current[name]));
  return {
    requestsPerSecond: rate("requests"),
    requestBytesPerSecond: rate("requestBytes"),
    repliesPerSecond: rate("replies"),
    replyBytesPerSecond: rate("replyBytes"),
    errorsPerSecond: rate("errors"),
    timeoutsPerSecond: rate("timeouts"),
    waitsPerSecond: rate("waits"),
  };
}

interface Life {
  readonly slot: number;
  readonly generation: number;
}

function isSameLife(one: Life, two: Life): boolean {
  return one.slot === two.slot && one.generation === two.generation;
}

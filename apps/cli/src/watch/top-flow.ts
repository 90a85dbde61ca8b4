/**
 * What flows through a segment, in the columns that all kinds share.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";

/** The figures of one line of `top`; undefined for what its kind does not have, or what cannot be known yet. */
export interface TopFlow {
  /** Records, requests, updates, settings of an event, acquisitions of a mutex. */
  readonly perSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** How full the fullest ring is, 0 to 1. */
  readonly fill: number | undefined;
  /** Records that are not read, requests that are not answered. */
  readonly lag: number | undefined;
  /** Refused or lost records, requests whose time was over. */
  readonly lost: number | undefined;
  /** How often somebody had to wait: for room, for a responder, for a lock. */
  readonly waits: number | undefined;
}

const NOTHING: TopFlow = {
  perSecond: undefined,
  bytesPerSecond: undefined,
  fill: undefined,
  lag: undefined,
  lost: undefined,
  waits: undefined,
};

/** Chooses the figures of a segment. */
export function flowOf(sample: SegmentSample, rates: SegmentRates | undefined): TopFlow {
  const { channel, topic, service, event, struct, mutex } = sample;
  if (channel) {
    const flow = rates?.channel;
    return {
      ...NOTHING,
      perSecond: flow?.recordsPerSecond,
      bytesPerSecond: flow?.bytesPerSecond,
      fill: channel.fill,
      lag: channel.lag,
      lost: channel.drops,
      waits: channel.fullWaits,
    };
  }
  if (topic) {
    const flow = rates?.topic;
    return {
      perSecond: flow?.recordsPerSecond,
      bytesPerSecond: flow?.bytesPerSecond,
      fill: topic.fill,
      lag: topic.lag,
      lost: topic.drops + topic.lost,
      waits: topic.fullWaits,
    };
  }
  if (service) {
    const flow = rates?.service;
    return {
      perSecond: flow?.requestsPerSecond,
      bytesPerSecond: flow && flow.requestBytesPerSecond + flow.replyBytesPerSecond,
      fill: service.fill,
      lag: service.pending,
      lost: service.timeouts,
      waits: service.waits + service.replyWaits,
    };
  }
  if (event) return { ...NOTHING, perSecond: rates?.setsPerSecond };
  const perSecond = struct ? rates?.updatesPerSecond : mutex && rates?.acquisitionsPerSecond;
  return { ...NOTHING, perSecond, waits: mutex?.contentions };
}

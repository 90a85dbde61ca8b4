/**
 * What flows through a segment, in the columns that all kinds share.
 *
 * @module
 */
import { flowTotals, type SegmentRates, type SegmentSample } from "@isthmus/ipc";

/** The figures of one line of `top`; undefined for what its kind does not have, or what cannot be known yet. */
export interface TopFlow {
  /** Records, requests, updates, what is asked of a cache or a rate limiter, how often an event was set, acquisitions of a mutex. */
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

/** Chooses the figures of a segment. */
export function flowOf(sample: SegmentSample, rates: SegmentRates | undefined): TopFlow {
  const { event, struct, mutex } = sample;
  const flow = flowTotals(sample, rates);
  const updates = struct ? rates?.updatesPerSecond : mutex && rates?.acquisitionsPerSecond;
  const others = event ? rates?.setsPerSecond : (storePerSecond(rates) ?? updates);
  // Of a service the replies, too, are bytes that flow.
  const replyBytes = rates?.service?.replyBytesPerSecond ?? 0;
  const bytes = flow?.bytes.perSecond;
  return {
    perSecond: flow ? flow.records.perSecond : others,
    bytesPerSecond: bytes === undefined ? undefined : bytes + replyBytes,
    fill: flow?.fill.value ?? fillOf(sample.cache ?? sample.limiter ?? sample.counters),
    lag: flow?.lag.value,
    lost: flow ? flow.drops.value : sample.counters?.dropped,
    waits: flow ? flow.fullWaits.value : mutex?.contentions,
  };
}

/** How often a cache or a limiter is asked, or a table is updated. */
function storePerSecond(rates: SegmentRates | undefined): number | undefined {
  const { cache, limiter, table } = rates ?? {};
  if (cache) return cache.hitsPerSecond + cache.missesPerSecond + cache.staleHitsPerSecond;
  return limiter ? limiter.allowedPerSecond + limiter.deniedPerSecond : table?.updatesPerSecond;
}

function fillOf(
  room: { readonly bytes: number; readonly capacityBytes: number } | undefined,
): number | undefined {
  return room && Math.min(1, room.bytes / room.capacityBytes);
}

/**
 * What flows through a segment, in the columns that all kinds share.
 *
 * @module
 */
import {
  type BridgeEndInfo,
  flowTotals,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";

/** The figures of one line of `top`; undefined for what its kind does not have, or what cannot be known yet. */
export interface TopFlow {
  /**
   * Records, also those that are appended to a journal or carried by a bridge, requests, updates, what is asked of a cache or a rate limiter, how often an
   * event was set, acquisitions of a mutex.
   */
  readonly perSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** How full the fullest ring is, 0 to 1. */
  readonly fill: number | undefined;
  /** Records that are not read, of a journal by its slowest follower; requests that are not answered. */
  readonly lag: number | undefined;
  /** Refused or lost records, requests whose time was over. */
  readonly lost: number | undefined;
  /** How often somebody had to wait: for room, for a responder, for a lock. */
  readonly waits: number | undefined;
}

/** Chooses the figures of a segment. */
export function flowOf(sample: SegmentSample, rates: SegmentRates | undefined): TopFlow {
  const { event, struct, mutex, journal, bridge } = sample;
  const flow = flowTotals(sample, rates);
  const updates = struct ? rates?.updatesPerSecond : mutex && rates?.acquisitionsPerSecond;
  const others = event ? rates?.setsPerSecond : (storePerSecond(rates) ?? updates);
  // Of a service the replies, too, are bytes that flow.
  const replyBytes = rates?.service?.replyBytesPerSecond ?? 0;
  const bytes = flow ? flow.bytes.perSecond : (rates?.journal ?? rates?.bridge)?.bytesPerSecond;
  const carried = bridge && sumOf(bridge.ends);
  return {
    perSecond: flow ? flow.records.perSecond : others,
    bytesPerSecond: bytes === undefined ? undefined : bytes + replyBytes,
    fill: flow?.fill.value ?? fillOf(sample.cache ?? sample.limiter ?? sample.counters),
    lag: flow?.lag.value ?? carried?.lag ?? (journal && lagOf(journal.followers)),
    lost: flow ? flow.drops.value : (carried?.lost ?? sample.counters?.dropped),
    waits: flow ? flow.fullWaits.value : (carried?.stalls ?? mutex?.contentions),
  };
}

/** How many records the slowest follower has before it; undefined where nobody follows. */
function lagOf(followers: readonly { readonly lag: number }[]): number | undefined {
  if (followers.length === 0) return undefined;
  return Math.max(...followers.map(({ lag }) => lag));
}

/** What all ends of a bridge still have before them, have lost or given up, and how often they had to wait. */
function sumOf(ends: readonly BridgeEndInfo[]): { lag: number; lost: number; stalls: number } {
  const sum = { lag: 0, lost: 0, stalls: 0 };
  for (const { lag, lost, drops, stalls } of ends) {
    sum.lag += lag;
    sum.lost += lost + drops;
    sum.stalls += stalls;
  }
  return sum;
}

/** How often a cache or a limiter is asked, a table is updated, a journal is appended to, or a bridge carries. */
function storePerSecond(rates: SegmentRates | undefined): number | undefined {
  const { cache, limiter, table, journal, bridge } = rates ?? {};
  if (journal) return journal.recordsPerSecond;
  if (bridge) return bridge.recordsPerSecond;
  if (cache) return cache.hitsPerSecond + cache.missesPerSecond + cache.staleHitsPerSecond;
  return limiter ? limiter.allowedPerSecond + limiter.deniedPerSecond : table?.updatesPerSecond;
}

function fillOf(
  room: { readonly bytes: number; readonly capacityBytes: number } | undefined,
): number | undefined {
  return room && Math.min(1, room.bytes / room.capacityBytes);
}

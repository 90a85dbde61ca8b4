/**
 * What a bridge counts.
 *
 * @module
 */

/** How a bridge is. */
export type BridgeState =
  /** It has not reached the server yet. */
  | "connecting"
  /** It is connected, and records go through. */
  | "live"
  /** The connection is lost; it comes back by itself. */
  | "away"
  /** What it fills has no room: the stream, or what is here. It waits, and those before it. */
  | "full"
  /** It has ended because another bridge does the same. */
  | "fenced"
  /** It has ended because it cannot go on: see `closed`. */
  | "failed"
  /** It has been disposed. */
  | "closed";

/** Figures of one direction of a bridge. */
export interface FlowMetrics {
  /** Records that have arrived: acknowledged by the server, or put into what is here. */
  readonly records: number;
  /** Bytes of those. */
  readonly bytes: number;
  /** Messages in which they were. */
  readonly messages: number;
  /** Records that came again and were left out. */
  readonly duplicates: number;
  /** How often records were missing, as positions tell. */
  readonly gaps: number;
  /** Records that are known to be missing. */
  readonly lost: number;
  /** Records that were not sent because the server was away or its stream was full. */
  readonly drops: number;
  /** How often there was no room, in the stream or here. */
  readonly stalls: number;
  /** Messages that were sent again because the server had not kept them. */
  readonly resends: number;
  /** How often the connection came back. */
  readonly reconnects: number;
  /** Messages that the server has not acknowledged yet. */
  readonly inFlight: number;
  /** Records that wait here to be sent, as positions count; 0 of a bridge that receives. */
  readonly lag: number;
  /** Bytes of the journal in which they wait while the server is away. */
  readonly spilledBytes: number;
  /** When records arrived last, in milliseconds since 1970; 0: never. */
  readonly lastActivityMs: number;
}

/** The same, as it is counted. */
export type FlowCounts = { -readonly [K in keyof FlowMetrics]: FlowMetrics[K] };

/** Nothing yet. */
export function newCounts(): FlowCounts {
  return {
    records: 0,
    bytes: 0,
    messages: 0,
    duplicates: 0,
    gaps: 0,
    lost: 0,
    drops: 0,
    stalls: 0,
    resends: 0,
    reconnects: 0,
    inFlight: 0,
    lag: 0,
    spilledBytes: 0,
    lastActivityMs: 0,
  };
}

/**
 * What the two ends of a service tell about themselves.
 *
 * @module
 */
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { LANE } from "../ring/lane-layout.ts";
import type { Answering } from "./answering.ts";
import type { RequestLane } from "./request-lane.ts";
import type { Service } from "./service.ts";
import { SERVICE_COUNTERS, SERVICE_LANE } from "./service-layout.ts";

/** Counters of one requester's lane, its earlier owners included. */
export interface RequesterMetrics {
  /** Number of the lane. */
  readonly lane: number;
  /** Requests that were sent. */
  readonly requests: number;
  /** Replies that came, late ones included. */
  readonly replies: number;
  /** Requests whose handler threw. */
  readonly errors: number;
  /** Requests whose time was over. */
  readonly timeouts: number;
  /** Replies that came when nobody waited for them any more. */
  readonly droppedReplies: number;
  /** Requests that had to wait for room or for a responder. */
  readonly waits: number;
  /** Impossible positions, lengths and contents that were found. */
  readonly corruptions: number;
  /** Requests of this requester that have not been answered. */
  readonly pending: number;
  /** When it last sent, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** How long requests took from being made to being answered; undefined unless made with `latency: true`. */
  readonly latency: HistogramSnapshot | undefined;
}

/** Counters of a lane as the responder sees it. */
export interface ServiceLaneMetrics {
  readonly lane: number;
  /** The requester's process; undefined when the lane has no live one. */
  readonly requesterPid: number | undefined;
  /** Requests that were taken, skipped ones included. */
  readonly requests: number;
  /** Requests that were skipped: they were for an earlier responder, or from a requester that has gone. */
  readonly skippedRequests: number;
  /** Replies that were sent, errors included. */
  readonly replies: number;
  /** Replies that were errors. */
  readonly errors: number;
  /** Replies that were dropped because their requester had gone. */
  readonly droppedReplies: number;
  /** How often a reply had to wait for room. */
  readonly waits: number;
  /** Impossible positions, lengths and contents that were found. */
  readonly corruptions: number;
  /** Whether requests wait to be taken. */
  readonly hasRequests: boolean;
}

/** Counters of the responder, its predecessors included: the sums of its lanes. */
export interface ResponderMetrics
  extends Omit<ServiceLaneMetrics, "lane" | "requesterPid" | "hasRequests"> {
  /** Requests that are with asynchronous handlers now. */
  readonly inFlight: number;
  /** Replies that wait for room now. */
  readonly blockedReplies: number;
  /** When a reply was last sent, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** The lanes that have ever had a requester. */
  readonly lanes: readonly ServiceLaneMetrics[];
}

/** Reads what a requester's lane says. */
export function requesterMetrics(lane: number, requests: RequestLane): RequesterMetrics {
  const { counters, received } = requests;
  return {
    lane,
    requests: counters.get("records"),
    replies: received.get("records"),
    errors: received.get("errors"),
    timeouts: counters.get("timeouts"),
    droppedReplies: received.get("drops"),
    waits: counters.get("waits"),
    corruptions: received.get("corruptions"),
    pending: requests.pendingCount,
    lastActivityMs: counters.get("lastActivity"),
    latency: requests.times?.read(),
  };
}

/** Reads what the responder and its lanes say. */
export function responderMetrics(service: Service, answering: Answering): ResponderMetrics {
  const ready = service.readyLanes();
  const lanes = ready.map((lane) => laneMetrics(service, lane));
  const activities = ready.map((lane) =>
    service.laneCounters(lane, SERVICE_COUNTERS.answered).get("lastActivity"),
  );
  type Summed = keyof Omit<ServiceLaneMetrics, "lane" | "requesterPid" | "hasRequests">;
  const sum = (name: Summed): number => lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    requests: sum("requests"),
    skippedRequests: sum("skippedRequests"),
    replies: sum("replies"),
    errors: sum("errors"),
    droppedReplies: sum("droppedReplies"),
    waits: sum("waits"),
    corruptions: sum("corruptions"),
    inFlight: answering.inFlight,
    blockedReplies: answering.blockedCount,
    lastActivityMs: Math.max(0, ...activities),
    lanes,
  };
}

function laneMetrics(service: Service, lane: number): ServiceLaneMetrics {
  const { words } = service;
  const taken = service.laneCounters(lane, SERVICE_COUNTERS.taken);
  const answered = service.laneCounters(lane, SERVICE_COUNTERS.answered);
  const ring = service.laneWord(lane) + SERVICE_LANE.requests;
  return {
    lane,
    requesterPid: service.laneOwnerPid(lane),
    requests: taken.get("records"),
    skippedRequests: taken.get("drops"),
    replies: answered.get("records"),
    errors: answered.get("errors"),
    droppedReplies: answered.get("drops"),
    waits: answered.get("waits"),
    corruptions: taken.get("corruptions"),
    hasRequests: words.load(ring + LANE.tail) !== words.load(ring + LANE.head),
  };
}

/**
 * What an observer sees of a service.
 *
 * @module
 */
import type { Mode } from "../channel/channel-layout.ts";
import type { ParticipantState } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** Figures of one requester's lane, or of all of them together. */
export interface ServiceFlow {
  /** Requests that were sent. */
  readonly requests: number;
  /** Bytes of their payloads. */
  readonly requestBytes: number;
  /** Replies that came, errors and late ones included. */
  readonly replies: number;
  /** Bytes of their payloads. */
  readonly replyBytes: number;
  /** Replies that were errors, as the responder sent them. */
  readonly errors: number;
  /** Requests whose time was over before a reply came. */
  readonly timeouts: number;
  /** Replies that came when nobody waited for them any more. */
  readonly lateReplies: number;
  /** Replies that were not sent because their requester had gone. */
  readonly droppedReplies: number;
  /** Requests that the responder skipped: for an earlier one, or from a requester that has gone. */
  readonly skippedRequests: number;
  /** Requests that had to wait for room or for a responder. */
  readonly waits: number;
  /** How often a reply had to wait for room. */
  readonly replyWaits: number;
  /** Impossible positions, lengths and contents that both sides found. */
  readonly corruptions: number;
  /** Requests that were sent and not taken. */
  readonly queued: number;
  /** Requests that were taken and not answered: with a handler now, or lost with a responder that died. */
  readonly unanswered: number;
}

/** One requester's lane. What it counts goes on from one owner to the next. */
export interface ServiceRequesterInfo extends ServiceFlow {
  /** Number of the lane. */
  readonly lane: number;
  /** Who asks on it; undefined when nobody does. One that is not alive died before it left. */
  readonly requester: ParticipantInfo | undefined;
  /** Stalled: replies have waited in its ring for a second or more. Undefined without a requester. */
  readonly state: ParticipantState | undefined;
  /** Where requests are published up to, in units of 8 bytes. */
  readonly requestPosition: number;
  /** Where replies are published up to, in units of 8 bytes. */
  readonly replyPosition: number;
  /** Replies that were sent and that it has not fetched. */
  readonly waitingReplies: number;
  /** Whether it waits for room for a request. */
  readonly wantsRoom: boolean;
  /** How full the fuller one of its two rings is, 0 to 1. */
  readonly fill: number;
  /** When it last sent, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
}

/** The answering end. */
export interface ServiceResponderInfo {
  /** Who answers; undefined when nobody does. One that is not alive died before it left. */
  readonly participant: ParticipantInfo | undefined;
  /** Stalled: requests have waited to be taken for a second or more. Undefined without a responder. */
  readonly state: ParticipantState | undefined;
  /** Whether requests are taken. */
  readonly isServing: boolean;
  /** How many responders there have been, this one included, modulo 2^32. */
  readonly terms: number;
  /** When a reply was last sent, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
}

/** A service at one moment. */
export interface ServiceInfo extends ServiceFlow {
  /** Requests of a struct, of raw bytes, or of JSON. */
  readonly requestMode: Mode;
  /** The same of responses. */
  readonly responseMode: Mode;
  /** Room for the requests of one requester, in bytes. */
  readonly requestCapacityBytes: number;
  /** Room for the replies to one requester, in bytes. */
  readonly replyCapacityBytes: number;
  /** How many requesters there can be. */
  readonly maxRequesters: number;
  /** Requests that still can be answered: those that were not taken and, while somebody serves, not answered. */
  readonly pending: number;
  /** How full the fullest ring is, 0 to 1. */
  readonly fill: number;
  /** How often a sleeping responder was woken, for requests or for room. */
  readonly responderWakes: number;
  /** How often sleeping requesters were woken. */
  readonly requesterWakes: number;
  /** Waiters that found what they waited for without having been woken. Should be 0 while nobody dies. */
  readonly timeoutWakes: number;
  /** The lanes that have ever had a requester. */
  readonly requesters: readonly ServiceRequesterInfo[];
  readonly responder: ServiceResponderInfo;
}

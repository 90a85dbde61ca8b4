/**
 * Where the rings of each kind of segment are, for somebody who reads along.
 *
 * @module
 */

import type { SegmentKind } from "@isthmus/core/internal";
import { LANE_OWNER } from "../channel/channel-layout.ts";
import type { Mode } from "../flow/record-layout.ts";
import { UNIT_BYTES } from "../ring/byte-ring.ts";
import { MESSAGE_HEADER_BYTES, SERVICE_LANE } from "../service/service-layout.ts";
import { TOPIC_LANE_OWNER } from "../topic/topic-layout.ts";
import { laneWord, readChannelSizes, STATE_BYTES_MAX } from "./channel-state.ts";
import { CHANNEL_RULES, type RingRules, TOPIC_RULES } from "./ring-rules.ts";
import { readServiceSizes, SERVICE_STATE_BYTES_MAX, serviceLaneWord } from "./service-state.ts";
import type { StateBytes } from "./state-bytes.ts";
import { readTopicSizes, TOPIC_STATE_BYTES_MAX, topicLaneWord } from "./topic-state.ts";

/** The kinds of segments whose records pass. */
export const TAILED_KINDS = ["channel", "topic", "service", "queue"] as const;

/** One of them. */
export type TailedKind = (typeof TAILED_KINDS)[number];

/** Those that have rings. */
export type RingKind = Exclude<TailedKind, "queue">;

/** A ring, relative to its lane. */
export interface RingPlan {
  /** Whether its records are messages, and of which side. */
  readonly part: "record" | "request" | "response";
  readonly rules: RingRules;
  /** Word of section "state" at which its positions begin, from the beginning of the lane. */
  readonly headerWord: number;
  /** Where it begins in the memory of the lane, in bytes. */
  readonly ringOffset: number;
  readonly ringBytes: number;
  /** What positions count. */
  readonly stepBytes: number;
  /** Bytes of every record; 0 where each says its own. */
  readonly recordBytes: number;
  /** Bytes in front of what the sender gave, where each record says its own length. */
  readonly leadBytes: number;
}

/** Where everything is. */
export interface TailPlan {
  /** What records are, of a service requests. */
  readonly mode: Mode;
  /** What the responses of a service are. */
  readonly responseMode: Mode | undefined;
  readonly laneCount: number;
  /** From one lane to the next in section "lanes". */
  readonly laneBytes: number;
  /** Word of section "state" at which a lane begins. */
  readonly laneWord: (lane: number) => number;
  /** Word of a lane that is 1 once its memory is there. */
  readonly isReadyWord: number;
  readonly rings: readonly RingPlan[];
}

/** Whether records of a kind of segment can be followed. */
export function isTailed(kind: SegmentKind | "unknown"): kind is TailedKind {
  return (TAILED_KINDS as readonly string[]).includes(kind);
}

/** The most of section "state" that is needed for a plan. */
export const PLAN_BYTES_MAX: Readonly<Record<RingKind, number>> = {
  channel: STATE_BYTES_MAX,
  topic: TOPIC_STATE_BYTES_MAX,
  service: SERVICE_STATE_BYTES_MAX,
};

/**
 * Makes the plan of a segment.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be.
 */
export function planOf(kind: RingKind, state: StateBytes): TailPlan {
  return PLANS[kind](state);
}

/** The one ring of a lane of records. */
const RECORDS = { part: "record", headerWord: 0, ringOffset: 0 } as const;

const PLANS: Readonly<Record<RingKind, (state: StateBytes) => TailPlan>> = {
  channel: (state) => {
    const { mode, laneCount, laneBytes, timestampBytes, ...ring } = readChannelSizes(state);
    return {
      mode,
      responseMode: undefined,
      laneCount,
      laneBytes,
      laneWord,
      isReadyWord: LANE_OWNER.isReady,
      rings: [{ ...ring, ...RECORDS, leadBytes: timestampBytes, rules: CHANNEL_RULES }],
    };
  },
  topic: (state) => {
    const sizes = readTopicSizes(state);
    const { mode, laneCount, laneBytes, places: _, timestampBytes, ...ring } = sizes;
    return {
      mode,
      responseMode: undefined,
      laneCount,
      laneBytes,
      laneWord: (lane) => topicLaneWord(sizes, lane),
      isReadyWord: TOPIC_LANE_OWNER.isReady,
      rings: [{ ...ring, ...RECORDS, leadBytes: timestampBytes, rules: TOPIC_RULES }],
    };
  },
  service: (state) => {
    const { requestMode, responseMode, laneCount, laneBytes, ...sizes } = readServiceSizes(state);
    const { requestBytes, replyBytes } = sizes;
    const ring = { recordBytes: 0, stepBytes: UNIT_BYTES, leadBytes: MESSAGE_HEADER_BYTES };
    return {
      mode: requestMode,
      responseMode,
      laneCount,
      laneBytes,
      laneWord: serviceLaneWord,
      isReadyWord: SERVICE_LANE.isReady,
      rings: [
        {
          ...ring,
          rules: CHANNEL_RULES,
          part: "request",
          headerWord: SERVICE_LANE.requests,
          ringOffset: 0,
          ringBytes: requestBytes,
        },
        {
          ...ring,
          rules: CHANNEL_RULES,
          part: "response",
          headerWord: SERVICE_LANE.replies,
          ringOffset: requestBytes,
          ringBytes: replyBytes,
        },
      ],
    };
  },
};

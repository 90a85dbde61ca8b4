/**
 * Reading how a bridge is doing, from outside.
 *
 * @module
 */
import type { Figures } from "../figures/figure.ts";
import type { BRIDGE_FIGURES } from "../store-kinds/bridge-figures.ts";
import {
  BRIDGE,
  BRIDGE_BYTES,
  BRIDGE_CONDITION,
  BRIDGE_END,
  BRIDGE_END_COUNT,
  BRIDGE_END_WORDS,
  BRIDGE_NAME_BYTES,
  BRIDGE_NUMBER,
  BRIDGE_REASON_BYTES,
  BRIDGE_SERVER_BYTES,
  BRIDGE_SOURCES,
} from "../store-kinds/bridge-layout.ts";
import type { KindSource } from "./kind-readers.ts";
import { participantOf } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import { readState } from "./state-bytes.ts";

/** What a bridge carries. */
export type BridgeSource = (typeof BRIDGE_SOURCES)[number];

/** One end of a bridge, at one moment. */
export interface BridgeEndInfo extends Figures<typeof BRIDGE_FIGURES.end> {
  readonly participant: ParticipantInfo;
  /** `"out"`: from here to the server; `"in"`: from the server to here. */
  readonly direction: "out" | "in";
  /** What kind of thing it carries. */
  readonly source: BridgeSource;
  /** The address of the server; of a long one the beginning. */
  readonly server: string;
  /** Why it is away, has stalled or stopped; empty when it goes on. */
  readonly reason: string;
  /** When it last carried something, in milliseconds since 1970; 0: never. */
  readonly lastActivityMs: number;
}

/** A bridge at one moment. */
export interface BridgeInfo {
  /** The name of what it carries. */
  readonly target: string;
  /** Those that are worked on by somebody who lives, in no order. */
  readonly ends: readonly BridgeEndInfo[];
}

/** Describes a bridge. */
export function readBridge(source: KindSource): BridgeInfo {
  const { participants } = source;
  const state = readState(source, BRIDGE_BYTES);
  const ends = Array.from({ length: BRIDGE_END_COUNT }, (_, index): BridgeEndInfo[] => {
    const base = BRIDGE.ends + index * BRIDGE_END_WORDS;
    const participant = participantOf(state.slot(base + BRIDGE_END.owner), participants);
    // Who has died carries nothing any more, and its place is cleared by whoever takes it next.
    if (!participant?.isAlive) return [];
    const count = (one: keyof typeof BRIDGE_NUMBER): number =>
      state.count((base + BRIDGE_END.numbers + BRIDGE_NUMBER[one] * 2) * 4);
    const condition = state.word(base + BRIDGE_END.condition);
    const isAway = (condition & BRIDGE_CONDITION.away) !== 0;
    const isStalled = (condition & BRIDGE_CONDITION.stalled) !== 0;
    const end: BridgeEndInfo = {
      participant,
      direction: state.word(base + BRIDGE_END.direction) === 1 ? "in" : "out",
      source: BRIDGE_SOURCES[state.word(base + BRIDGE_END.source)] ?? "unknown",
      server: state.paddedText(base + BRIDGE_END.server, BRIDGE_SERVER_BYTES),
      reason: state.paddedText(base + BRIDGE_END.reason, BRIDGE_REASON_BYTES),
      records: count("records"),
      bytes: count("bytes"),
      messages: count("messages"),
      resends: count("resends"),
      duplicates: count("duplicates"),
      gaps: count("gaps"),
      lost: count("lost"),
      drops: count("drops"),
      stalls: count("stalls"),
      reconnects: count("reconnects"),
      lag: count("lag"),
      inFlight: count("inFlight"),
      spilledBytes: count("spilledBytes"),
      acknowledgeMs: count("acknowledgeMs"),
      isAway,
      isStalled,
      haltedMs: isAway || isStalled ? Math.max(0, Date.now() - count("haltedSinceMs")) : 0,
      isStopped: (condition & BRIDGE_CONDITION.stopped) !== 0,
      lastActivityMs: count("lastActivityMs"),
    };
    return [end];
  });
  const nameBytes = Math.min(state.word(BRIDGE.nameBytes), BRIDGE_NAME_BYTES);
  return { target: state.text(BRIDGE.name, nameBytes), ends: ends.flat() };
}

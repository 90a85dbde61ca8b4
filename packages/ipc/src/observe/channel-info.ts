/**
 * What an observer sees of a channel.
 *
 * @module
 */
import type { CHANNEL_FIGURES } from "../channel/channel-figures.ts";
import type { CounterFigures, Figures } from "../figures/figure.ts";
import type { Mode } from "../flow/record-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { ParticipantInfo } from "./segment-info.ts";

type Lane = Figures<typeof CHANNEL_FIGURES.lane>;

/** One producer's lane. What it counts goes on from one owner to the next. */
export interface ChannelLaneInfo extends Figures<typeof CHANNEL_FIGURES.producer>, Lane {
  /** Number of the lane. */
  readonly lane: number;
  /** Who sends on it; undefined when nobody does. One that is not alive died before it left. */
  readonly producer: ParticipantInfo | undefined;
}

/** The consuming end. What it counts goes on from one consumer to the next. */
export interface ChannelConsumerInfo extends Figures<typeof CHANNEL_FIGURES.consumer> {
  /** Who consumes; undefined when nobody does. One that is not alive died before it left. */
  readonly participant: ParticipantInfo | undefined;
  /** Records that were consumed. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
}

/** A channel at one moment: its own figures, and those of its lanes together; `fill` is that of the fullest. */
export interface ChannelInfo
  extends Figures<typeof CHANNEL_FIGURES.segment>,
    CounterFigures<typeof CHANNEL_FIGURES.producer>,
    Pick<Lane, "lag" | "fill"> {
  /** Records of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** The lanes that have ever had a producer. */
  readonly lanes: readonly ChannelLaneInfo[];
  readonly consumer: ChannelConsumerInfo;
  /** How long records took from being sent to being consumed; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

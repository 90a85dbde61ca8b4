/**
 * What an observer sees of a topic.
 *
 * @module
 */
import type { CounterFigures, Figures } from "../figures/figure.ts";
import type { Mode } from "../flow/record-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { TOPIC_FIGURES } from "../topic/topic-figures.ts";
import type { ParticipantState } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";

type Publisher = Figures<typeof TOPIC_FIGURES.publisher>;
type Place = Figures<typeof TOPIC_FIGURES.place>;

/** One publisher's lane. What it counts goes on from one owner to the next. */
export interface TopicPublisherInfo extends Publisher {
  /** Number of the lane. */
  readonly lane: number;
  /** Who publishes on it; undefined when nobody does. One that is not alive died before it left. */
  readonly publisher: ParticipantInfo | undefined;
}

/** A subscriber in one lane, since it has joined. */
export interface TopicPlaceInfo extends Place {
  readonly lane: number;
}

/** Somebody who subscribes, or died subscribing. What it counts begins when it joins: in all lanes together. */
export interface TopicSubscriberInfo
  extends CounterFigures<typeof TOPIC_FIGURES.place>,
    Figures<typeof TOPIC_FIGURES.subscriber> {
  readonly participant: ParticipantInfo;
  readonly state: ParticipantState;
  /** Whether publishers wait for it, or lap it; undefined before it has begun and after others cleared up after it. */
  readonly onSlow: "gate" | "lap" | undefined;
  /** The lanes that have ever had a publisher. */
  readonly places: readonly TopicPlaceInfo[];
  /** How long records took from being sent to being handed out to it; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/**
 * A topic at one moment: its own figures, and those of its publishers together; `fill` is that of the fullest ring,
 * `lag` that of the slowest subscriber, `lost` what the subscribers that there are have lost.
 */
export interface TopicInfo
  extends Figures<typeof TOPIC_FIGURES.segment>,
    CounterFigures<typeof TOPIC_FIGURES.publisher>,
    Pick<Publisher, "fill">,
    Pick<Place, "lost" | "lag"> {
  /** Records of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** The lanes that have ever had a publisher. */
  readonly publishers: readonly TopicPublisherInfo[];
  readonly subscribers: readonly TopicSubscriberInfo[];
  /** How long records took to the subscribers that there are; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/**
 * What the participants of a topic tell about themselves and each other.
 *
 * @module
 */
import type { CounterFigures, Figures } from "../figures/figure.ts";
import { counterTotals, readFigures, totalOf } from "../figures/read-figures.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import type { Counters } from "../metrics/counters.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { BROADCAST, PLACE, UNIT_BYTES, UNIT_WORDS } from "../ring/broadcast-layout.ts";
import { positionAt } from "../ring/lane-layout.ts";
import type { Topic } from "./topic.ts";
import { TOPIC_FIGURES } from "./topic-figures.ts";
import { ON_SLOW, SUBSCRIBER } from "./topic-layout.ts";

/** A live subscriber as a publisher sees it. */
export interface SubscriberInfo {
  readonly pid: number;
  /** What it calls itself. */
  readonly name: string;
  /** Whether publishers wait for it, or lap it. */
  readonly onSlow: "gate" | "lap";
  /** Records of this publisher's lane that were published and that it has not read or lost yet. */
  readonly lag: number;
  /** Records of all lanes that it has found to be lost. */
  readonly lost: number;
}

type Publisher = Figures<typeof TOPIC_FIGURES.publisher>;
type Place = Figures<typeof TOPIC_FIGURES.place>;

/** Counters of one publisher's lane, its earlier owners included. */
export interface PublisherMetrics
  extends CounterFigures<typeof TOPIC_FIGURES.publisher>,
    Pick<Publisher, "position" | "lastActivityMs"> {
  /** Number of the lane. */
  readonly lane: number;
  /** How often subscribers of the topic were woken. */
  readonly wakes: number;
  /** Who subscribes now. */
  readonly subscribers: readonly SubscriberInfo[];
}

/** Counters of a lane as a subscriber sees it. */
export interface TopicLaneMetrics extends Place {
  readonly lane: number;
  /** The publisher's process; undefined when the lane has no live one. */
  readonly publisherPid: number | undefined;
}

/** Counters of one subscriber, since it has joined: of its lanes together, and its own. */
export interface SubscriberMetrics
  extends CounterFigures<typeof TOPIC_FIGURES.place>,
    CounterFigures<typeof TOPIC_FIGURES.subscriber>,
    Pick<Figures<typeof TOPIC_FIGURES.subscriber>, "lag" | "lastActivityMs"> {
  /** How often a waiting publisher of the topic was woken. */
  readonly wakes: number;
  /** The lanes that have ever had a publisher. */
  readonly lanes: readonly TopicLaneMetrics[];
  /** How long records took from being sent to being handed out; undefined unless made with `latency: true`. */
  readonly latency: HistogramSnapshot | undefined;
}

/** Reads what a publisher's lane says. */
export function publisherMetrics(topic: Topic, lane: number, counters: Counters): PublisherMetrics {
  return {
    lane,
    ...readFigures(TOPIC_FIGURES.publisher, { publisher: counters }),
    position: positionAt(topic.words, topic.laneWord(lane) + BROADCAST.tail),
    wakes: topic.data.wakes,
    subscribers: subscribersOf(topic, lane),
  };
}

/** Reads what a subscriber and its lanes say. */
export function subscriberMetrics(
  topic: Topic,
  counters: Counters,
  times: TravelTimes | undefined,
): SubscriberMetrics {
  const lanes = topic.readyLanes().map((lane) => laneMetrics(topic, lane));
  return {
    ...counterTotals(TOPIC_FIGURES.place, lanes),
    lag: totalOf(TOPIC_FIGURES.place, "lag", lanes),
    ...readFigures(TOPIC_FIGURES.subscriber, { subscriber: counters }),
    wakes: topic.space.wakes,
    lanes,
    latency: times?.read(),
  };
}

function subscribersOf(topic: Topic, lane: number): SubscriberInfo[] {
  const found: SubscriberInfo[] = [];
  for (const { slot, role, pid, name, isAlive } of topic.segment.participants.list()) {
    if (role !== "subscriber" || !isAlive || slot >= topic.geometry.places) continue;
    const code = topic.words.load(topic.subscriberWord(slot) + SUBSCRIBER.onSlow);
    // It has joined the segment and not yet the topic, or says what cannot be.
    if (code !== ON_SLOW.gate && code !== ON_SLOW.lap) continue;
    const onSlow = code === ON_SLOW.gate ? "gate" : "lap";
    found.push({ pid, name, onSlow, lag: lagOf(topic, lane, slot), lost: lostBy(topic, slot) });
  }
  return found;
}

function lostBy(topic: Topic, slot: number): number {
  let lost = 0;
  for (let lane = 0; lane < topic.laneCount; lane++) {
    lost += topic.subscriberCounters(slot, lane).get("drops");
  }
  return lost;
}

function laneMetrics(topic: Topic, lane: number): TopicLaneMetrics {
  const { slot } = topic.segment;
  const place = topic.placeWord(lane, slot);
  return {
    lane,
    publisherPid: topic.laneOwnerPid(lane),
    ...readFigures(TOPIC_FIGURES.place, { subscriber: topic.subscriberCounters(slot, lane) }),
    laps: topic.words.load(place + PLACE.laps) >>> 0,
    position: positionAt(topic.words, place + PLACE.head),
    lag: lagOf(topic, lane, slot),
  };
}

/** How far a subscriber is behind a lane's publisher, in records. */
function lagOf(topic: Topic, lane: number, slot: number): number {
  const { words, shape, geometry } = topic;
  const place = topic.placeWord(lane, slot);
  const tail = positionAt(words, topic.laneWord(lane) + BROADCAST.tail);
  const behind = tail - positionAt(words, place + PLACE.head);
  if (shape.mode === "fixed") return Math.max(0, behind);
  if (behind === 0 || !topic.isLaneReady(lane)) return 0;
  // Where the tail is, there is the number of the next record.
  const unit = (tail | 0) & (geometry.ringBytes / UNIT_BYTES - 1);
  const next = words.load(topic.ringOffset(lane) / 4 + unit * UNIT_WORDS + 1);
  return (next - words.load(place + PLACE.sequence)) >>> 0;
}

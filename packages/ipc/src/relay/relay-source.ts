/**
 * A channel or a topic as somebody reads it who carries its records elsewhere.
 *
 * @module
 */

import { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import { receiveFrom } from "../channel/channel-receiving.ts";
import type { ReceivingLanes } from "../flow/lane-scan.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import type { RecordSegment } from "../flow/record-segment.ts";
import { BROADCAST } from "../ring/broadcast-layout.ts";
import { RECORD_HEADER_BYTES } from "../ring/byte-ring.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import { Topic } from "../topic/topic.ts";
import type { TopicOptions } from "../topic/topic-options.ts";
import { subscribe } from "../topic/topic-receiving.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { waitAsync } from "../wait/wait-for.ts";
import { RelayLane } from "./relay-lane.ts";

/** Reads all lanes of a segment of records but those that are kept, which somebody fills from elsewhere. */
export class RelaySource implements Disposable {
  readonly #segment: RecordSegment;
  readonly #how: ReceivingLanes;
  readonly #isTopic: boolean;
  readonly #lanes: RelayLane[] = [];
  readonly #known = new Set<number>();
  #readyCount = -1;
  #isIdle = true;

  private constructor(segment: RecordSegment, isTopic: boolean, open: () => ReceivingLanes) {
    this.#segment = segment;
    this.#isTopic = isTopic;
    try {
      this.#how = open();
    } catch (error) {
      segment.leave();
      throw error;
    }
    this.#how.setIdle(true);
    const how = this.#how;
    segment.segment.whenForgotten(this, () => leave(segment, how));
  }

  /**
   * Becomes the consumer of a channel, which is made when there is none.
   *
   * @throws {SystemError} `EBUSY` when it has a live one.
   */
  static channel(name: string, options: ChannelOptions<ChannelSchema>): RelaySource {
    const channel = new Channel("createOrOpen", name, options, "consumer");
    return new RelaySource(channel, false, () => receiveFrom(channel, undefined));
  }

  /**
   * Becomes a subscriber of a topic, which is made when there is none; it begins with the oldest records that are kept.
   *
   * @param isGating Whether publishers wait for it.
   */
  static topic(name: string, options: TopicOptions<ChannelSchema>, isGating: boolean): RelaySource {
    const topic = new Topic("createOrOpen", name, options, "subscriber");
    const attending = { isHistory: true, isGating };
    return new RelaySource(topic, true, () => subscribe(topic, attending, () => {}, undefined));
  }

  /** What its records are. */
  get shape(): SchemaShape {
    return this.#segment.shape;
  }

  /** Bytes of a record of a struct; 0 otherwise. */
  get recordBytes(): number {
    return this.#segment.geometry.recordBytes;
  }

  /** Room of one lane, as positions count. */
  get capacity(): number {
    const { ringBytes, slotBytes } = this.#segment.geometry;
    return ringBytes / (slotBytes === 0 ? RECORD_HEADER_BYTES : slotBytes);
  }

  /** Random number of the segment's creation. */
  get epoch(): bigint {
    return this.#segment.segment.superblock.epoch;
  }

  /** Whether the name still leads to this segment. */
  get isReachable(): boolean {
    return this.#segment.segment.isReachable;
  }

  /** The lanes that have ever had a sender. */
  get lanes(): readonly RelayLane[] {
    const { words, readyWord } = this.#segment;
    if (words.glance(readyWord) !== this.#readyCount) this.#findNew();
    return this.#lanes;
  }

  /** Where a lane is published up to. */
  tailOf(lane: number): number {
    // Channels and topics have it at the same place.
    return positionAt(this.#segment.words, this.#segment.laneWord(lane) + LANE.tail);
  }

  /** Says that there is much to do: senders need not publish every single record for this reader. */
  noteBusy(): void {
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#how.setIdle(false);
  }

  /** Notes the time of the last activity. */
  touch(): void {
    this.#how.counters.touch();
  }

  /**
   * Waits in the event loop until there is something to be taken.
   *
   * @returns Rejects with `DisposedError` when disposed meanwhile.
   */
  async wait(): Promise<void> {
    const { segment, data } = this.#segment;
    segment.checkOpen(this.#how.owner);
    this.#how.counters.add("waits", 1);
    const attempt = (): true | undefined => {
      if (this.lanes.some((lane) => lane.available() > 0)) return true;
      segment.checkOpen(this.#how.owner);
      runPostponed();
      if (!this.#isIdle) {
        this.#isIdle = true;
        this.#how.setIdle(true);
      }
      return undefined;
    };
    const description = `receive from "${this.#segment.name}"`;
    const condition = { attempt, description, owner: this.#how.owner, cell: data };
    await waitAsync(condition, segment.doorbell, { timeoutMs: Infinity, signal: undefined });
  }

  [Symbol.dispose](): void {
    if (!this.#segment.segment.isDisposed) leave(this.#segment, this.#how);
  }

  #findNew(): void {
    const segment = this.#segment;
    this.#readyCount = segment.words.load(segment.readyWord);
    for (let lane = 0; lane < segment.laneCount; lane++) {
      if (this.#known.has(lane) || !segment.isLaneReady(lane)) continue;
      // A sender becomes the keeper of its lane before it sends: whoever looks at it before finds it empty.
      if (this.#isTopic && segment.isLaneKept(lane)) continue;
      this.#known.add(lane);
      this.#lanes.push(this.#open(lane));
    }
  }

  #open(lane: number): RelayLane {
    const { words, space } = this.#segment;
    const reader = this.#how.open(lane);
    const word = this.#segment.laneWord(lane);
    const tail = this.tailOf(lane);
    const position = tail - ((tail - reader.ring.position) >>> 0);
    const oldest = (): number =>
      this.#isTopic ? positionAt(words, word + BROADCAST.oldest) : opened.released;
    const wakes = this.#how.space === undefined ? () => {} : () => space.wake();
    const opened: RelayLane = new RelayLane(reader, position, oldest, wakes);
    return opened;
  }
}

function leave(segment: RecordSegment, how: ReceivingLanes): void {
  how.close();
  segment.leave();
}

/**
 * A lane of a channel or a topic that somebody fills with records from elsewhere, and that is kept for this.
 *
 * @module
 */
import { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import { channelLane, claimChannelLane } from "../channel/channel-sending.ts";
import type { ChannelSchema, SchemaShape } from "../flow/record-schema.ts";
import type { RecordSegment } from "../flow/record-segment.ts";
import type { SendingLane } from "../flow/sending-end.ts";
import type { SlotRing } from "../flow/struct-sender.ts";
import type { VariableRing } from "../flow/variable-sender.ts";
import { sharedClock } from "../metrics/clock.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import { Topic } from "../topic/topic.ts";
import type { TopicOptions } from "../topic/topic-options.ts";
import { claimTopicLane, topicLane } from "../topic/topic-sending.ts";
import { waitAsync } from "../wait/wait-for.ts";

/** The two kinds of rings. */
interface Rings {
  readonly slots?: SlotRing;
  readonly bytes?: VariableRing;
}

/** Fills one lane. */
export class RelaySink implements Disposable {
  readonly lane: number;
  readonly #segment: RecordSegment;
  readonly #how: SendingLane;
  readonly #rings: Rings;
  readonly #memory: Buffer<ArrayBuffer>;
  readonly #now = sharedClock();
  #records = 0;
  #bytes = 0;

  private constructor(
    segment: RecordSegment,
    claim: () => number,
    how: (lane: number) => SendingLane,
    kept: KeptLane | undefined,
  ) {
    this.#segment = segment;
    try {
      const { epoch } = segment.segment.superblock;
      const isOwn = kept !== undefined && kept.epoch === epoch && segment.isLaneKept(kept.lane);
      this.lane = isOwn ? kept.lane : claim();
      // Before anything is put into it: who carries the records of this segment elsewhere leaves them out.
      segment.keepLane(this.lane);
      this.#how = how(this.lane);
      this.#rings =
        segment.shape.struct === undefined
          ? { bytes: this.#how.bytes() }
          : { slots: this.#how.slots() };
    } catch (error) {
      segment.leave();
      throw error;
    }
    const { buffer, byteOffset, byteLength } = segment.ringOf(this.lane);
    this.#memory = Buffer.from(buffer, byteOffset, byteLength);
    segment.segment.whenForgotten(this, () => segment.leave());
  }

  /** Fills a lane of a channel, which is made when there is none. Of its `kept` one nobody else has had a part. */
  static channel(
    name: string,
    options: ChannelOptions<ChannelSchema>,
    kept: KeptLane | undefined,
  ): RelaySink {
    const channel = new Channel("createOrOpen", name, options, "producer");
    const how = (lane: number): SendingLane => channelLane(channel, lane, false);
    return new RelaySink(channel, () => claimChannelLane(channel), how, kept);
  }

  /** The same of a topic. */
  static topic(
    name: string,
    options: TopicOptions<ChannelSchema>,
    kept: KeptLane | undefined,
  ): RelaySink {
    const topic = new Topic("createOrOpen", name, options, "publisher");
    const how = (lane: number): SendingLane => topicLane(topic, lane, false);
    return new RelaySink(topic, () => claimTopicLane(topic), how, kept);
  }

  /** What its records are. */
  get shape(): SchemaShape {
    return this.#segment.shape;
  }

  /** Random number of the segment's creation. */
  get epoch(): bigint {
    return this.#segment.segment.superblock.epoch;
  }

  /** Whether the name still leads to this segment. */
  get isReachable(): boolean {
    return this.#segment.segment.isReachable;
  }

  /** Where the lane is published up to. */
  get tail(): number {
    return positionAt(this.#segment.words, this.#segment.laneWord(this.lane) + LANE.tail);
  }

  /** How far that will move with `publish`, as positions count. */
  get unpublished(): number {
    return (this.#rings.slots ?? this.#rings.bytes)?.unpublished ?? 0;
  }

  /**
   * Puts records of one size into the lane, as many as there is room for; nobody sees them before `publish`.
   *
   * @param payload The records, one behind the other.
   * @param from Which one comes first.
   * @param to Behind which one it ends.
   * @returns How many it has taken.
   */
  putSlots(payload: Uint8Array, from: number, to: number): number {
    const ring = this.#rings.slots as SlotRing;
    const { recordBytes, slotBytes, timestampBytes } = this.#segment.geometry;
    let done = from;
    while (done < to) {
      let count = ring.claim(to - done);
      if (count === 0 && this.#how.makeRoom()) count = ring.claim(to - done);
      if (count === 0) break;
      const at = ring.slot * slotBytes;
      if (slotBytes === recordBytes) {
        const start = done * recordBytes;
        this.#memory.set(payload.subarray(start, start + count * recordBytes), at);
      } else {
        for (let i = 0; i < count; i++) {
          const start = (done + i) * recordBytes;
          const slot = at + i * slotBytes;
          this.#memory.set(payload.subarray(start, start + recordBytes), slot);
          if (timestampBytes > 0) this.#memory.writeDoubleLE(this.#now(), slot + slotBytes - 8);
        }
      }
      ring.commit(count);
      done += count;
    }
    this.#records += done - from;
    this.#bytes += (done - from) * recordBytes;
    return done - from;
  }

  /**
   * Puts a record of any size into the lane; nobody sees it before `publish`.
   *
   * @returns Whether there was room.
   */
  putBytes(record: Uint8Array): boolean {
    const ring = this.#rings.bytes as VariableRing;
    const { timestampBytes } = this.#segment.geometry;
    const length = record.length + timestampBytes;
    let at = ring.claim(length);
    if (at < 0 && this.#how.makeRoom()) at = ring.claim(length);
    if (at < 0) return false;
    if (timestampBytes > 0) this.#memory.writeDoubleLE(this.#now(), at);
    this.#memory.set(record, at + timestampBytes);
    ring.commit();
    this.#records++;
    this.#bytes += record.length;
    return true;
  }

  /** The longest record that ever has room, in bytes. */
  get recordBytesMax(): number {
    const { bytes } = this.#rings;
    const { recordBytes, timestampBytes } = this.#segment.geometry;
    return bytes === undefined ? recordBytes : bytes.payloadBytesMax - timestampBytes;
  }

  /** Makes what was put into the lane visible, all at once. */
  publish(): void {
    (this.#rings.slots ?? this.#rings.bytes)?.publish();
    this.#how.counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
    this.#how.counters.touch();
    this.#segment.data.wake();
    this.#segment.segment.checkWhole();
  }

  /**
   * Waits in the event loop until something that needs room has found it.
   *
   * @param attempt Puts something into the lane; returns whether.
   * @param signal Ends the wait with its reason.
   */
  async waitForRoom(attempt: () => boolean, signal: AbortSignal): Promise<void> {
    const { segment, space } = this.#segment;
    segment.checkOpen(this.#how.owner);
    this.#how.counters.add("waits", 1);
    const condition = {
      attempt: () => (attempt() ? true : undefined),
      description: `send to "${this.#segment.name}"`,
      owner: this.#how.owner,
      cell: space,
    };
    await waitAsync(condition, segment.doorbell, { timeoutMs: Infinity, signal }, this.#how.watch);
  }

  [Symbol.dispose](): void {
    if (!this.#segment.segment.isDisposed) this.#segment.leave();
  }
}

/** A lane that was kept by an earlier process. */
export interface KeptLane {
  /** Of the segment. */
  readonly epoch: bigint;
  readonly lane: number;
}

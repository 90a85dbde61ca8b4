/**
 * A journal on disk between what is sent and the server: senders never wait for the server, and what it has lost is sent again.
 *
 * Records go from their rings into the journal, a message each, and their room is given back at once. They are sent from there, in
 * the order in which they came, and stay until they are acknowledged and older than the time in which a server brings to its disk
 * what it has.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import type { RelayBatch } from "@isthmus/ipc/internal";
import { Journal } from "@isthmus/store";
import type { BridgeHead } from "../bridge-head.ts";
import type { CheckedBridge } from "../bridge-options.ts";
import { decodeFrame, encodeFrame, type Frame, type LaneKey } from "../stream/frame.ts";
import { mergeFrames } from "./merge-frames.ts";
import type { OutLane, OutSource } from "./out-source.ts";
import { SpillCursor, type SpilledMessage } from "./spill-cursor.ts";

/** Files of the journal: an eighth of its room, so that it can be given back in parts. */
const SEGMENT_BYTES_MIN: number = 2 ** 20;
const SEGMENT_BYTES_MAX: number = 2 ** 26;
/** How often what is not needed any more is removed. */
const PRUNE_MS = 1000;
/** How long to wait for room on the disk before looking again. */
const FULL_MS = 20;

/** What was sent and has not been acknowledged. */
interface Unacknowledged extends LaneKey {
  readonly sequence: number;
  readonly time: number;
  readonly to: number;
}

/** One lane of what is in the journal. */
class SpillLane implements OutLane {
  readonly epoch: bigint;
  readonly lane: number;
  next = 0;
  released = 0;
  tail = 0;
  /** What is in the ring may have been sent before there was a journal. */
  readonly positionMax: number = Infinity;
  readonly #spill: SpillSource;

  constructor(spill: SpillSource, { epoch, lane }: LaneKey) {
    this.#spill = spill;
    this.epoch = epoch;
    this.lane = lane;
  }

  available(): number {
    return this.#spill.availableOf(this);
  }

  take(bytesMax: number): RelayBatch | undefined {
    return this.#spill.take(this, bytesMax);
  }

  release(to: number): void {
    this.#spill.release(this, to);
  }

  goTo(position: number): number {
    this.#spill.goTo(this, position);
    return position;
  }
}

/** All lanes of a source, by way of a journal. */
export class SpillSource implements OutSource {
  readonly capacity = undefined;
  readonly #source: OutSource;
  readonly #journal: Journal<typeof bytes>;
  readonly #options: CheckedBridge;
  readonly #teller: BridgeHead;
  readonly #lanes: SpillLane[] = [];
  /** Lanes of the source that go on behind what is in the journal. */
  readonly #begun = new Set<OutLane>();
  #unacknowledged: Unacknowledged[] = [];
  readonly #cursor: SpillCursor;
  #onAppended: () => void = () => {};
  #failure: unknown;
  #isDisposed = false;
  #prunedAt = 0;

  private constructor(options: CheckedBridge, source: OutSource, head: BridgeHead) {
    const { spill = "", spillMaxBytes } = options;
    const eighth = 2 ** Math.floor(Math.log2(spillMaxBytes / 8));
    const segmentBytes = Math.max(SEGMENT_BYTES_MIN, Math.min(SEGMENT_BYTES_MAX, eighth));
    this.#options = options;
    this.#source = source;
    this.#teller = head;
    this.#journal = Journal.open(spill, { schema: bytes, segmentBytes });
    this.#cursor = new SpillCursor(this.#journal);
    this.#journal.forEachRecord((record) => this.#laneOf(decodeFrame(record), true), {
      onGap: () => {},
    });
  }

  /** Begins to fill the journal; undefined when none is wanted. */
  static begin(
    options: CheckedBridge,
    source: OutSource,
    head: BridgeHead,
  ): SpillSource | undefined {
    if (options.whenAway !== "spill") return undefined;
    const spill = new SpillSource(options, source, head);
    void spill.#fill();
    return spill;
  }

  get fingerprint(): bigint {
    return this.#source.fingerprint;
  }

  get isSized(): boolean {
    return this.#source.isSized;
  }

  get lanes(): readonly OutLane[] {
    return this.#lanes;
  }

  noteBusy(): void {
    // Whoever fills the journal says it.
  }

  async wait(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isDisposed) throw new DisposedError("bridge");
    if (this.#peek() !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAppended = resolve;
    await promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#onAppended();
    this.#journal.dispose();
  }

  /** @internal See `SpillLane`. */
  availableOf(lane: SpillLane): number {
    const head = this.#peek();
    return head !== undefined && isOf(lane, head.frame) ? Number.MAX_SAFE_INTEGER : 0;
  }

  /** @internal */
  take(lane: SpillLane, bytesMax: number): RelayBatch | undefined {
    const frames: Frame[] = [];
    let length = 0;
    for (let head = this.#peek(); head !== undefined; head = this.#peek()) {
      const { frame, sequence, time } = head;
      const before = frames.at(-1);
      const isNext = before === undefined || (before.to === frame.from && frame.lost === 0);
      length += frame.payload.length;
      const isLong = frames.length > 0 && length > bytesMax;
      if (!isOf(lane, frame) || !isNext || isLong) break;
      frames.push(frame);
      this.#unacknowledged.push({
        epoch: lane.epoch,
        lane: lane.lane,
        sequence,
        time,
        to: frame.to,
      });
      this.#cursor.pass();
      lane.next = frame.to;
    }
    return frames.length === 0 ? undefined : mergeFrames(frames, this.isSized);
  }

  /** @internal */
  release(lane: SpillLane, to: number): void {
    lane.released = Math.max(lane.released, to);
    this.#unacknowledged = this.#unacknowledged.filter((one) => !isOf(lane, one) || one.to > to);
    this.#prune();
  }

  /** @internal */
  goTo(lane: SpillLane, position: number): void {
    // Where the cursor is, another lane may have sent it back to.
    const oldest = Math.min(this.#oldest?.sequence ?? Infinity, this.#cursor.next);
    // What was acknowledged, too, when the server has lost it.
    const isLost = position < lane.released;
    this.#cursor.seek(isLost ? 0 : oldest);
    this.#unacknowledged = this.#unacknowledged.filter((one) => !isOf(lane, one));
    lane.next = position;
    lane.released = position;
  }

  /** Moves records into the journal as they come. */
  async #fill(): Promise<void> {
    try {
      while (!this.#isDisposed) {
        if (this.#isFull()) await pause(FULL_MS);
        else if (!this.#fillOnce()) await this.#source.wait();
        else if (isTurnDue()) await takeTurn();
      }
    } catch (error) {
      if (!this.#isDisposed) this.#failure = error;
      this.#onAppended();
    }
  }

  #fillOnce(): boolean {
    let isBusy = false;
    for (const lane of this.#source.lanes) {
      if (!this.#begun.has(lane)) this.#begin(lane);
      const batch = lane.take(this.#options.batchBytes);
      if (batch === undefined) continue;
      isBusy = true;
      if (batch.count > 1) this.#source.noteBusy();
      const { epoch, lane: number } = lane;
      const header = { ...batch, epoch, lane: number, fingerprint: this.fingerprint, bridge: 0n };
      const frame = encodeFrame(header, batch.payload);
      this.#cursor.last = this.#journal.append(frame);
      this.#laneOf(header, true);
      // From here on it survives the death of this process in the journal.
      lane.release(batch.to);
    }
    if (isBusy) this.#onAppended();
    return isBusy;
  }

  /** Goes on behind what an earlier process has put into the journal and not given back. */
  #begin(lane: OutLane): void {
    this.#begun.add(lane);
    const { tail } = this.#laneOf(lane, false);
    if (tail <= lane.released || tail > lane.tail) return;
    lane.goTo(tail);
    lane.release(tail);
  }

  #laneOf(key: LaneKey & Partial<Frame>, isTail: boolean): SpillLane {
    let lane = this.#lanes.find((one) => isOf(one, key));
    if (lane === undefined) {
      lane = new SpillLane(this, key);
      this.#lanes.push(lane);
      lane.next = key.from ?? 0;
      lane.released = lane.next;
    }
    if (isTail && key.to !== undefined) lane.tail = Math.max(lane.tail, key.to);
    return lane;
  }

  /** What is to be sent next; what was sent since the cursor went back is passed over. */
  #peek(): SpilledMessage | undefined {
    for (;;) {
      const head = this.#cursor.peek();
      if (head === undefined || head.frame.to > this.#laneOf(head.frame, false).next) return head;
      this.#cursor.pass();
    }
  }

  /** The first message that the server has not acknowledged; undefined when all are that have been read. */
  get #oldest(): Pick<SpilledMessage, "sequence" | "time"> | undefined {
    let oldest: Pick<SpilledMessage, "sequence" | "time"> | undefined = this.#cursor.head;
    for (const one of this.#unacknowledged) {
      if (oldest === undefined || one.sequence < oldest.sequence) oldest = one;
    }
    return oldest;
  }

  #isFull(): boolean {
    const { spillMaxBytes } = this.#options;
    if (this.#bytes() < spillMaxBytes) return false;
    this.#prune(0);
    const isFull = this.#bytes() >= spillMaxBytes;
    if (isFull) this.#teller.tell("full", "the journal of what waits for the server is full");
    return isFull;
  }

  #bytes(): number {
    const { bytes: taken } = this.#journal.metrics;
    this.#teller.counts.spilledBytes = taken;
    return taken;
  }

  /** Removes what is acknowledged and old enough. */
  #prune(keepMs: number = this.#options.spillKeepMs): void {
    const nowMs = performance.now();
    if (keepMs > 0 && nowMs - this.#prunedAt < PRUNE_MS) return;
    this.#prunedAt = nowMs;
    this.#peek();
    const oldest = this.#oldest;
    const neededMs = oldest === undefined ? 0 : Date.now() - oldest.time + 1;
    this.#journal.prune({
      maxAgeMs: Math.ceil(Math.max(keepMs, neededMs, 0)),
      keepForTailers: false,
    });
    this.#bytes();
  }
}

function isOf(lane: LaneKey, other: LaneKey): boolean {
  return lane.epoch === other.epoch && lane.lane === other.lane;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

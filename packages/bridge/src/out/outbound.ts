/**
 * Sending records to the server: each once, and in order, whatever is killed or cut meanwhile.
 *
 * The window of messages under way, and who has acknowledged what, are kept here: what the client library is given while the
 * connection is lost it throws away without a word. Every message says which number the last one of its lane must have in the
 * stream, so that the server refuses whatever does not follow: one that was lost before it, one that comes late, and those of a
 * second bridge. Whenever anything is doubtful, the lane's last message in the stream says where to go on.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import type { RelayBatch } from "@isthmus/ipc/internal";
import type { PubAck, StreamState } from "@nats-io/jetstream";
import type { BridgeGap } from "../bridge-gap.ts";
import type { BridgeHead } from "../bridge-head.ts";
import type { ServerConnection } from "../connection.ts";
import type { Description } from "../stream/description.ts";
import { encodeFrame, RECORD_HEADER_BYTES } from "../stream/frame.ts";
import { isFinal, type NameStream, type StoredFrame } from "../stream/name-stream.ts";
import type { Positions } from "../stream/positions.ts";
import { hex, subjectOf } from "../stream/subjects.ts";
import { type InFlight, LaneFlow } from "./lane-flow.ts";
import type { OutSource } from "./out-source.ts";
import { ahead, fenced, isFull, isUnexpected, payloadMax, tooLong } from "./refusals.ts";
import { StreamRoom } from "./stream-room.ts";

/** How long the server is given for an acknowledgement. */
const ACKNOWLEDGED_MS = 10_000;
/** How long after something went wrong it is tried again. */
const AGAIN_MS = 100;
/** How long after the stream was full. */
const FULL_MS = 50;
/** How often a lane is looked after that gives records up while the server is away. */
const AWAY_MS = 10;
/** How often it is told how much waits. */
const MEASURE_MS = 200;
/** After how many acknowledgements as expected it is believed again that nobody else writes to the stream. */
const SHY_MESSAGES = 256;

/** What a bridge sends with. */
export interface OutboundParts {
  readonly connection: ServerConnection;
  readonly source: OutSource;
  readonly stream: NameStream;
  /** Makes the stream where there is none. */
  readonly ensure: () => Promise<Description>;
  readonly positions: Positions;
  /** Random number of this bridge. */
  readonly bridge: bigint;
  /** How many bytes of records a message has at most. */
  readonly batchBytes: number;
  /** How many messages may be under way. */
  readonly window: number;
  /** Whether records are given up while the server is away, when half of the room is taken. */
  readonly isDropping: boolean;
  readonly head: BridgeHead;
  readonly onGap: (gap: BridgeGap) => void;
}

/** Sends all lanes of a source. */
export class Outbound {
  readonly #parts: OutboundParts;
  readonly #flows: LaneFlow[] = [];
  #wake: () => void = () => {};
  /** Whether the source is being waited for. */
  #isWaiting = false;
  #isClosing = false;
  #failure: unknown;
  /** The number that the stream's last message has, or will have. */
  #streamLast = 0;
  /** For how many messages each lane has one under way only, because others write to the stream. */
  #shy = 0;
  #isEnsured = false;
  readonly #room: StreamRoom;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    this.#room = new StreamRoom(parts.stream);
  }

  /**
   * Sends until `close`.
   *
   * @throws {SystemError} `EBUSY` when another bridge has taken a lane over.
   * @throws {CorruptSegmentError} When the server has other records.
   */
  async run(): Promise<void> {
    const { connection, head } = this.#parts;
    using _ = connection.watch((isConnected) => {
      if (isConnected) head.counts.reconnects++;
      head.tell(isConnected ? "live" : "away");
      this.#lose();
    });
    head.tell(connection.isConnected ? "live" : "away");
    const timer = setInterval(() => this.#measure(), MEASURE_MS);
    try {
      await this.#sendAll();
    } finally {
      clearInterval(timer);
      this.#measure();
    }
  }

  /** Ends it when what is under way has been acknowledged, or at once while the server is away. */
  close(): void {
    this.#isClosing = true;
    this.#wake();
  }

  async #sendAll(): Promise<void> {
    while (!this.#isDone) {
      if (this.#failure !== undefined) throw this.#failure;
      const isBusy = this.#advanceAll();
      if (this.#failure !== undefined) continue;
      if (!isBusy) await this.#sleep();
      else if (isTurnDue()) await takeTurn();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Tells how much waits to be sent. */
  #measure(): void {
    const { head } = this.#parts;
    const waiting = ({ source }: LaneFlow): number => Math.max(0, source.tail - source.released);
    head.counts.lag = this.#flows.reduce((sum, flow) => sum + waiting(flow), 0);
    head.counts.inFlight = this.#underWay;
  }

  get #isDone(): boolean {
    if (!this.#isClosing) return false;
    return this.#underWay === 0 || !this.#parts.connection.isConnected;
  }

  get #underWay(): number {
    return this.#flows.reduce((sum, { inFlight }) => sum + inFlight.length, 0);
  }

  #advanceAll(): boolean {
    const { source, stream, connection } = this.#parts;
    const { lanes } = source;
    for (const lane of lanes.slice(this.#flows.length)) {
      this.#flows.push(new LaneFlow(lane, subjectOf(stream.name, lane)));
    }
    if (this.#isClosing) return false;
    let isBusy = false;
    for (const flow of this.#flows) {
      const isOn = connection.isConnected ? this.#advance(flow) : this.#holdOut(flow);
      isBusy = isOn || isBusy;
    }
    return isBusy;
  }

  /** Sends one message of a lane; false when there is nothing to be sent, or it must not be. */
  #advance(flow: LaneFlow): boolean {
    if (flow.syncing === flow.generation || performance.now() < flow.notBefore) return false;
    if (!flow.isSynced) {
      void this.#sync(flow);
      return false;
    }
    const { window, source, connection, stream } = this.#parts;
    const batchBytes = this.#room.limit(this.#parts.batchBytes);
    if (this.#underWay >= window || this.#room.isFull) return false;
    // A small message waits for the one before it, and becomes larger; when others write to the stream, any does.
    const available = flow.source.available();
    const isSmall = available < batchBytes / 8;
    if (flow.inFlight.length > 0 && (isSmall || this.#shy > 0)) return false;
    const bytesMax = payloadMax(connection.maxPayload);
    if (!this.#room.has(Math.min(batchBytes, available))) {
      void this.#waitForRoom(batchBytes);
      return false;
    }
    const batch = flow.source.take(Math.min(batchBytes, bytesMax));
    if (batch === undefined) return false;
    if (batch.payload.length > bytesMax) {
      this.#failure = tooLong(stream.name, batch, connection.maxPayload);
      this.#wake();
      return false;
    }
    if (batch.count > 1) source.noteBusy();
    this.#send(flow, batch);
    return true;
  }

  /** While the server is away: gives up what is oldest where this was wanted, so that senders never wait. */
  #holdOut(flow: LaneFlow): boolean {
    const { isDropping, source, head } = this.#parts;
    const { capacity } = source;
    if (!isDropping || capacity === undefined) return false;
    const waiting = flow.source.tail - flow.source.released;
    const excess = waiting - capacity / 2;
    if (excess <= 0) return false;
    // No more than has to go.
    const batch = flow.source.take(Math.ceil((flow.source.available() * excess) / waiting));
    if (batch === undefined) return false;
    head.counts.drops += batch.count;
    flow.giveUp(batch);
    return true;
  }

  #send(flow: LaneFlow, batch: RelayBatch): void {
    const { bridge, source } = this.#parts;
    const { client, name, stream } = this.#parts.stream;
    const { epoch, lane } = flow.source;
    const { fingerprint } = source;
    const lost = batch.lost + flow.lost;
    if (batch.lost > 0) this.#noteGap(flow, batch.from - batch.lost, batch.from, batch.lost);
    flow.lost = 0;
    const header = { ...batch, epoch, lane, fingerprint, bridge, lost };
    const lastSubjectSequence = flow.inFlight.at(-1)?.expected ?? flow.lastSequence;
    const headBytes = source.isSized ? 0 : RECORD_HEADER_BYTES * batch.count;
    const bytes = batch.payload.length - headBytes;
    const entry: InFlight = {
      batch,
      bytes,
      sentMs: performance.now(),
      expected: ++this.#streamLast,
      sequence: undefined,
    };
    flow.inFlight.push(entry);
    this.#room.take(batch.payload.length);
    flow.sentTo = batch.to;
    const { generation } = flow;
    const again = flow.again === 0 ? "" : `:${flow.again}`;
    client
      .publish(flow.subject, encodeFrame(header, batch.payload), {
        msgID: `${name}:${hex(epoch)}:${lane}:${batch.from}${again}`,
        expect: { streamName: stream, lastSubjectSequence },
        timeout: ACKNOWLEDGED_MS,
      })
      .then(
        (ack) => {
          if (flow.generation === generation) this.#acknowledge(flow, entry, ack);
        },
        (error: unknown) => {
          if (flow.generation === generation) this.#refuse(flow, error);
        },
      );
  }

  /** Waits for room in the stream. */
  async #waitForRoom(batchBytes: number): Promise<void> {
    const { head, connection } = this.#parts;
    const onFull = (reason: string): boolean => {
      if (head.state !== "full") head.counts.stalls++;
      head.tell("full", reason);
      return !this.#isClosing && connection.isConnected;
    };
    await this.#room.wait(batchBytes, () => this.#underWay * batchBytes, onFull);
    this.#wake();
  }

  #acknowledge(flow: LaneFlow, entry: InFlight, { seq, duplicate }: PubAck): void {
    const { head, positions } = this.#parts;
    if (duplicate) {
      // It knows the identity; whether it has the message, the lane's last one says.
      flow.again++;
      this.#doubt(flow);
      return;
    }
    entry.sequence = seq;
    if (seq === entry.expected) {
      if (this.#shy > 0) this.#shy--;
    } else {
      this.#shy = SHY_MESSAGES;
      this.#streamLast += seq - entry.expected;
    }
    while (flow.inFlight[0]?.sequence !== undefined) {
      const { batch, bytes, sentMs, sequence = 0 } = flow.inFlight.shift() as InFlight;
      flow.lastSequence = sequence;
      flow.again = 0;
      positions.set(flow.source, { position: batch.to, sequence });
      flow.source.release(batch.to);
      const { counts } = head;
      counts.records += batch.count;
      counts.bytes += bytes;
      counts.messages++;
      counts.lastActivityMs = Date.now();
      head.counts.acknowledgeMs = performance.now() - sentMs;
    }
    head.tell("live");
    this.#wake();
  }

  #refuse(flow: LaneFlow, error: unknown): void {
    const { head } = this.#parts;
    let pauseMs = AGAIN_MS;
    if (isUnexpected(error)) {
      this.#shy = SHY_MESSAGES;
      pauseMs = 0;
    } else if (isFull(error)) {
      head.counts.stalls++;
      head.tell("full", `the stream is full: ${(error as Error).message}`);
      pauseMs = FULL_MS;
    } else {
      flow.isLost = true;
      // The stream may have been removed.
      this.#isEnsured = false;
      head.tell("full", `the server does not take it: ${(error as Error).message}`);
    }
    this.#doubt(flow, pauseMs);
  }

  #doubt(flow: LaneFlow, pauseMs = 0): void {
    flow.doubt(pauseMs === 0 ? 0 : performance.now() + pauseMs);
    this.#wake();
  }

  /** What is under way may have arrived, or not. */
  #lose(): void {
    for (const flow of this.#flows) {
      flow.isLost ||= flow.inFlight.length > 0;
      flow.doubt();
      // From here on it is taken again, or given up.
      flow.source.goTo(flow.source.released);
    }
    this.#wake();
  }

  /** Asks the server how far a lane has come. */
  async #sync(flow: LaneFlow): Promise<void> {
    const { ensure, stream } = this.#parts;
    const { generation } = flow;
    flow.syncing = generation;
    try {
      if (!this.#isEnsured) this.#room.bytesMax = (await ensure()).holdBytes ?? Infinity;
      const last = await stream.lastOf(flow.source);
      const info = await stream.info();
      if (flow.generation !== generation) return;
      this.#isEnsured = info !== undefined;
      if (info === undefined) throw new Error("The stream has gone");
      this.#adopt(flow, last, info.state);
    } catch (error) {
      if (isFinal(error)) this.#failure = error;
      else this.#isEnsured = false;
      if (flow.generation === generation) flow.notBefore = performance.now() + AGAIN_MS;
    } finally {
      if (flow.syncing === generation) flow.syncing = undefined;
      this.#wake();
    }
  }

  /** Goes on behind a lane's last message in the stream. */
  #adopt(flow: LaneFlow, last: StoredFrame | undefined, state: StreamState): void {
    const { bridge, positions, head } = this.#parts;
    const { source } = flow;
    // What is older than this bridge's last message comes up again when the server has lost its end.
    const isNews = last !== undefined && last.sequence > flow.lastSequence;
    if (flow.isAdopted && isNews && last.bridge !== bridge) {
      throw fenced(this.#parts.stream.name, last);
    }
    const known = positions.get(source);
    // The lane's last message is not there any more: it was removed, as all before it, or the server has lost its end, and may have
    // given its number to another one.
    const isTorn = known !== undefined && known.sequence >= state.first_seq;
    const reached = last?.to ?? (isTorn ? 0 : (known?.position ?? flow.firstPosition));
    if (reached > source.positionMax) {
      throw ahead(this.#parts.stream.name, reached, source.positionMax);
    }
    if (reached < (known?.position ?? 0) || (flow.isLost && reached < flow.sentTo)) {
      head.counts.resends++;
    }
    flow.isLost = false;
    const missing = flow.settle(reached);
    const at = source.goTo(reached);
    if (missing === 0 && at > reached && (last !== undefined || isTorn)) {
      this.#noteGap(flow, reached, at, 0);
    }
    source.release(at);
    flow.lastSequence = last?.sequence ?? 0;
    if (last !== undefined) positions.set(source, { position: reached, sequence: last.sequence });
    if (this.#underWay === 0) {
      this.#streamLast = state.last_seq;
      this.#room.bytes = state.bytes;
    }
    flow.isAdopted = true;
    flow.isSynced = true;
  }

  #noteGap({ source }: LaneFlow, from: number, to: number, lost: number): void {
    const { head, onGap, source: all } = this.#parts;
    head.counts.gaps++;
    head.counts.lost += Math.max(lost, all.isSized ? to - from : 1);
    onGap({ lane: source.lane, from, to });
  }

  /** Sleeps until an answer comes, a record, or the time to try again. */
  async #sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const { source, isDropping, connection } = this.#parts;
    // What waits for an answer need not be told of records.
    const isBlocked = this.#flows.some((flow) => flow.source.available() > 0);
    if (!isBlocked && !this.#isWaiting && !this.#isClosing) {
      this.#isWaiting = true;
      const done = (): void => {
        this.#isWaiting = false;
        this.#wake();
      };
      source.wait().then(done, (error: unknown) => {
        this.#isWaiting = false;
        if (!(error instanceof DisposedError)) this.#failure = error;
        this.#wake();
      });
    }
    const nowMs = performance.now();
    const times = this.#flows
      .map(({ notBefore }) => notBefore)
      .filter((time) => time > nowMs)
      .map((time) => time - nowMs);
    if (isDropping && !connection.isConnected) times.push(AWAY_MS);
    const timer = times.length === 0 ? undefined : setTimeout(resolve, Math.min(...times) + 1);
    await promise;
    clearTimeout(timer);
  }
}

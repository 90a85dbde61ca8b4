/**
 * Messages on their way to the server, from the one that sends them to what the server says of them.
 *
 * Every message says which number the last one of its lane has in the stream, so that the server refuses whatever does not follow: one
 * that comes late, and those of a second bridge. So one message of a lane is under way at a time. To send the next ones, too, their
 * numbers would have to be guessed; and a guess is fulfilled by any message that gets the number: by the one before the one that was
 * meant, when another machine's came between, and a message was missing. Whenever anything is doubtful, the lane's last message in the
 * stream says where to go on.
 *
 * @module
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import type { PubAck, StreamState } from "@nats-io/jetstream";
import type { Description } from "../stream/description.ts";
import { encodeFrame, RECORD_HEADER_BYTES } from "../stream/frame.ts";
import { isFinal, type StoredFrame } from "../stream/name-stream.ts";
import { hex } from "../stream/subjects.ts";
import type { InFlight, LaneFlow } from "./lane-flow.ts";
import type { OutboundParts } from "./outbound-parts.ts";
import { ahead, fenced, isFull, isUnexpected } from "./refusals.ts";
import { resumeOf } from "./resume.ts";
import type { StreamRoom } from "./stream-room.ts";

/** How long the server is given for an acknowledgement. */
const ACKNOWLEDGED_MS = 10_000;
/** How long after something went wrong it is tried again. */
const AGAIN_MS = 100;
/** How long after the stream was full. */
const FULL_MS = 50;

/** What a delivery asks of whoever decides what is sent. */
export interface DeliveryHooks {
  /** How many messages are under way, of all lanes. */
  readonly underWay: () => number;
  /** Something has changed: there may be more to do. */
  readonly wake: () => void;
  /** It cannot go on. */
  readonly fail: (error: unknown) => void;
}

/** Brings messages of all lanes to one stream. */
export class Delivery {
  readonly #parts: OutboundParts;
  readonly #room: StreamRoom;
  readonly #hooks: DeliveryHooks;
  /** What the stream is; undefined when it is to be looked at, or made, first. */
  #described: Promise<Description> | undefined;

  constructor(parts: OutboundParts, room: StreamRoom, hooks: DeliveryHooks) {
    this.#parts = parts;
    this.#room = room;
    this.#hooks = hooks;
  }

  /** The connection was lost: whether the stream is still as it was is to be looked at. */
  lose(): void {
    this.#described = undefined;
  }

  /** Sends records of a lane. */
  send(flow: LaneFlow, batch: RelayBatch): void {
    const { bridge, source } = this.#parts;
    const { client, name, stream } = this.#parts.stream;
    const { epoch, lane } = flow.source;
    const { fingerprint } = source;
    const lost = batch.lost + flow.lost;
    if (batch.lost > 0) this.#noteGap(flow, batch.from - batch.lost, batch.from, batch.lost);
    flow.lost = 0;
    const header = { ...batch, epoch, lane, fingerprint, bridge, lost };
    const { lastSequence: lastSubjectSequence } = flow;
    const headBytes = source.isSized ? 0 : RECORD_HEADER_BYTES * batch.count;
    const bytes = batch.payload.length - headBytes;
    const sent: InFlight = { batch, bytes, sentMs: performance.now() };
    flow.inFlight = sent;
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
          if (flow.generation === generation) this.#acknowledge(flow, sent, ack);
        },
        (error: unknown) => {
          if (flow.generation === generation) this.#refuse(flow, error);
        },
      );
  }

  #acknowledge(flow: LaneFlow, sent: InFlight, { seq, duplicate }: PubAck): void {
    const { head, positions } = this.#parts;
    const { counts } = head;
    const { batch, bytes, sentMs } = sent;
    if (duplicate) {
      // It knows the identity; whether it has the message, the lane's last one says.
      flow.again++;
      this.#doubt(flow);
      return;
    }
    flow.inFlight = undefined;
    flow.isOwn = true;
    flow.lastSequence = seq;
    flow.again = 0;
    positions.set(flow.source, { position: batch.to, sequence: seq });
    flow.source.release(batch.to);
    counts.records += batch.count;
    counts.bytes += bytes;
    counts.messages++;
    counts.lastActivityMs = Date.now();
    counts.acknowledgeMs = performance.now() - sentMs;
    head.tell("live");
    this.#hooks.wake();
  }

  #refuse(flow: LaneFlow, error: unknown): void {
    const { head } = this.#parts;
    let pauseMs = AGAIN_MS;
    if (isUnexpected(error)) {
      pauseMs = 0;
    } else if (isFull(error)) {
      head.counts.stalls++;
      head.tell("full", `the stream is full: ${(error as Error).message}`);
      pauseMs = FULL_MS;
    } else {
      flow.isLost = true;
      // The stream may have been removed.
      this.#described = undefined;
      head.tell("full", `the server does not take it: ${(error as Error).message}`);
    }
    this.#doubt(flow, pauseMs);
  }

  #doubt(flow: LaneFlow, pauseMs = 0): void {
    flow.doubt(pauseMs === 0 ? 0 : performance.now() + pauseMs);
    this.#hooks.wake();
  }

  /** Asks the server how far a lane has come. */
  async sync(flow: LaneFlow): Promise<void> {
    const { ensure, stream } = this.#parts;
    const { generation } = flow;
    flow.syncing = generation;
    try {
      this.#described ??= ensure();
      this.#room.bytesMax = (await this.#described).holdBytes ?? Infinity;
      const last = await stream.lastOf(flow.source);
      const info = await stream.info();
      if (flow.generation !== generation) return;
      if (info === undefined) throw new Error("The stream has gone");
      this.#adopt(flow, last, info.state);
    } catch (error) {
      if (isFinal(error)) this.#hooks.fail(error);
      else this.#described = undefined;
      if (flow.generation === generation) flow.notBefore = performance.now() + AGAIN_MS;
    } finally {
      if (flow.syncing === generation) flow.syncing = undefined;
      this.#hooks.wake();
    }
  }

  /** Goes on behind a lane's last message in the stream. */
  #adopt(flow: LaneFlow, last: StoredFrame | undefined, state: StreamState): void {
    const { bridge, positions, head } = this.#parts;
    const { source } = flow;
    // What is older than this bridge's last message comes up again when the server has lost its end.
    const isNews = last !== undefined && last.sequence > flow.lastSequence;
    const isOthers = isNews && last.bridge !== bridge;
    if (flow.isOwn && isOthers) throw fenced(this.#parts.stream.name, last);
    flow.isOwn ||= flow.isAdopted && isOthers;
    flow.isAdopted = true;
    const { reached, isTorn, isAgain } = resumeOf(
      flow,
      last,
      positions.get(source),
      state.first_seq,
    );
    if (reached > source.positionMax) {
      throw ahead(this.#parts.stream.name, reached, source.positionMax);
    }
    if (isAgain) head.counts.resends++;
    flow.isLost = false;
    const missing = flow.settle(reached);
    const at = source.goTo(reached);
    if (missing === 0 && at > reached && (last !== undefined || isTorn)) {
      this.#noteGap(flow, reached, at, 0);
    }
    source.release(at);
    flow.lastSequence = last?.sequence ?? 0;
    if (last !== undefined) positions.set(source, { position: reached, sequence: last.sequence });
    if (this.#hooks.underWay() === 0) this.#room.bytes = state.bytes;
    flow.isSynced = true;
  }

  #noteGap({ source }: LaneFlow, from: number, to: number, lost: number): void {
    const { head, onGap, source: all } = this.#parts;
    head.counts.gaps++;
    head.counts.lost += Math.max(lost, all.isSized ? to - from : 1);
    onGap({ lane: source.lane, from, to });
  }
}

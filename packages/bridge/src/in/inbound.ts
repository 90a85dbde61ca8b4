/**
 * Receiving records from the server: each once, and in order, whatever is killed or cut meanwhile.
 *
 * What has been taken in is known by positions, which are kept beside what is filled; a message is acknowledged only after that. The
 * consumer on the server is made anew with every connection, behind the message that was taken in last, if that is still the same
 * one: a killed server can lose its end and give the same numbers to others. So nothing depends on what the server believes that
 * this end has received; it sees by that how far everybody is, and what may be removed.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { ConsumerInfo, ConsumerMessages, JsMsg, StreamInfo } from "@nats-io/jetstream";
import type { BridgeGap } from "../bridge-gap.ts";
import type { BridgeHead } from "../bridge-head.ts";
import type { ServerConnection } from "../connection.ts";
import { decodeFrame, type Frame, type FrameRecord, recordsOf } from "../stream/frame.ts";
import { CONSUMER_MISSING, codeOf, isFinal, type NameStream } from "../stream/name-stream.ts";
import { PENDING_MAX, type Positions } from "../stream/positions.ts";
import { durableOf, hex, subjectOf } from "../stream/subjects.ts";
import type { InSink } from "./sink.ts";

/** How many messages are under way from the server. */
const WINDOW = 32;
/** How often the server says that there is nothing. */
const HEARTBEAT_MS = 2_000;
const EXPIRES_MS = 10_000;
/** How long after something went wrong it is tried again. */
const AGAIN_MS = 100;
/** How long after a message what everybody has received is removed from a stream that takes nothing more when it is full. */
const TRIM_MS = 100;

/** What a bridge receives with. */
export interface InboundParts {
  readonly connection: ServerConnection;
  readonly sink: InSink;
  /** What it is called. */
  readonly here: string;
  readonly stream: NameStream;
  readonly positions: Positions;
  /** Where a bridge begins that knows nothing yet. */
  readonly from: "start" | "now";
  /** What comes from here, in a bridge of both directions; its own records are left out. */
  readonly ownEpoch: bigint | undefined;
  readonly head: BridgeHead;
  readonly onGap: (gap: BridgeGap) => void;
}

/** Receives all lanes of a name. */
export class Inbound {
  readonly #parts: InboundParts;
  readonly #durable: string;
  readonly #ending = new AbortController();
  #messages: ConsumerMessages | undefined;
  #trimming: NodeJS.Timeout | undefined;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#durable = durableOf(parts.here);
  }

  /**
   * Receives until `close`.
   *
   * @throws {CorruptSegmentError} When the records are others, or what is filled has been changed by others.
   */
  async run(): Promise<void> {
    const { connection, head, sink, positions } = this.#parts;
    positions.recover((pending) => sink.landed(pending));
    positions.keep(sink.kept);
    let wake = (): void => {};
    using _ = connection.watch((isConnected) => {
      if (isConnected) head.counts.reconnects++;
      head.tell(isConnected ? "live" : "away");
      this.#messages?.stop();
      wake();
    });
    this.#ending.signal.addEventListener("abort", () => wake(), { once: true });
    head.tell(connection.isConnected ? "live" : "away");
    while (!this.#ending.signal.aborted) {
      if (connection.isConnected) {
        try {
          await this.#receive();
        } catch (error) {
          if (this.#ending.signal.aborted) break;
          if (isFinal(error)) throw error;
        }
      }
      if (this.#ending.signal.aborted) break;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, AGAIN_MS);
      await promise;
      clearTimeout(timer);
    }
  }

  /** Ends it. */
  close(): void {
    this.#ending.abort(new CorruptSegmentError("closed"));
    this.#messages?.stop();
    clearTimeout(this.#trimming);
  }

  /** Receives from one consumer, until the connection is lost or something is strange. */
  async #receive(): Promise<void> {
    const { stream, connection } = this.#parts;
    const info = await stream.info();
    // Nobody has sent anything yet.
    if (info === undefined) return;
    const { holdBytes } = stream.check(info, this.#parts.sink.schema);
    const { connects } = connection;
    const start = await this.#startOf(info);
    const made = await stream.remakeConsumer(this.#durable, WINDOW * 2, start);
    if (connection.connects !== connects || !connection.isConnected) return;
    const messages = await stream.client.consumers.getConsumerFromInfo(made).consume({
      max_messages: WINDOW,
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    this.#messages = messages;
    if (connection.connects !== connects || this.#ending.signal.aborted) messages.stop();
    let delivered = 0;
    try {
      // The first turn of the loop asks for messages.
      queueMicrotask(() => void this.#stopUnlessAsked(messages, made));
      for await (const message of messages) {
        // One was lost on its way: begin anew behind what was taken in.
        if (message.info.deliverySequence !== ++delivered) break;
        await this.#take(message);
        message.ack();
        if (holdBytes !== undefined) this.#trim();
      }
    } finally {
      this.#messages = undefined;
      messages.stop();
    }
  }

  /**
   * Begins anew when a bridge that sends has made the consumer anew before it was asked for messages: the new one knows nothing of
   * that, and the library would notice by missing heartbeats, seconds later.
   */
  async #stopUnlessAsked(messages: ConsumerMessages, made: ConsumerInfo): Promise<void> {
    const isStill = await this.#parts.stream.isStill(made).catch(() => false);
    if (!isStill) messages.stop();
  }

  /**
   * From which message on the server is to send.
   *
   * @returns Its number; undefined: the next one that comes.
   */
  async #startOf({ state }: StreamInfo): Promise<number | undefined> {
    const { stream, positions, from } = this.#parts;
    const { last } = positions;
    if (last !== undefined) {
      if (last.sequence < state.first_seq) return last.sequence + 1;
      const found = await stream.at(last.sequence);
      if (found?.time === last.time) return last.sequence + 1;
      // The server has lost its end, and perhaps given its numbers to others: positions tell what is new.
      positions.forgetNumbers();
      return state.first_seq;
    }
    if (positions.lanes.length > 0) return state.first_seq;
    const known = await this.#knownFloor();
    if (known !== undefined) return Math.max(known + 1, state.first_seq);
    return from === "start" ? state.first_seq : undefined;
  }

  /** Up to where the server believes that this machine has received; undefined when it does not know it. */
  async #knownFloor(): Promise<number | undefined> {
    const { stream } = this.#parts;
    const { consumers } = await stream.manager();
    try {
      const { ack_floor } = await consumers.info(stream.stream, this.#durable);
      return ack_floor.stream_seq;
    } catch (error) {
      if (codeOf(error) === CONSUMER_MISSING) return undefined;
      throw error;
    }
  }

  /** Takes a message in. */
  async #take({ data, seq, info }: JsMsg): Promise<void> {
    const { positions, head, ownEpoch, sink, stream } = this.#parts;
    const frame = decodeFrame(data);
    const { shape } = sink.schema;
    if (frame.fingerprint !== shape.fingerprint) throw otherSchema(stream.name, frame, shape);
    if (frame.epoch === ownEpoch) return;
    const known = positions.get(frame)?.position;
    const reached = known ?? frame.from;
    if (frame.from > reached || frame.lost > 0) this.#noteGap(frame, reached);
    const records = recordsOf(frame, sink.recordBytes);
    const first = known === undefined ? 0 : firstBehind(records, known);
    if (first > 0) head.counts.duplicates += first;
    const bytes = records.slice(first).reduce((sum, { start, end }) => sum + end - start, 0);
    if (first < records.length) await this.#put(frame, records, first);
    if (frame.to >= reached) {
      positions.complete(frame, frame.to, { sequence: seq, time: info.timestampNanos });
    }
    const { counts } = head;
    counts.records += records.length - first;
    counts.bytes += bytes;
    counts.messages++;
    counts.lastActivityMs = Date.now();
    head.tell("live");
  }

  /** Counts what is missing before a message, and tells it. */
  #noteGap({ lane, from, lost }: Frame, reached: number): void {
    const { head, onGap, sink } = this.#parts;
    const isSized = sink.recordBytes > 0;
    // Of a lane from which nothing has come before, only its sender knows what is missing.
    const begin = isSized ? Math.min(reached, from - lost) : reached;
    head.counts.gaps++;
    head.counts.lost += Math.max(lost, isSized ? from - begin : 1);
    onGap({ lane, from: begin, to: from });
  }

  /** Puts records where they belong, as many at a time as there is room for. */
  async #put(frame: Frame, records: readonly FrameRecord[], first: number): Promise<void> {
    const { sink, head } = this.#parts;
    let next = first;
    const attempt = (): boolean => {
      const to = Math.min(records.length, next + PENDING_MAX);
      const count = sink.put(frame, records, next, to);
      if (count === 0) return false;
      this.#publish(frame, records.slice(next, next + count));
      next += count;
      return true;
    };
    while (next < records.length) {
      if (attempt()) continue;
      head.counts.stalls++;
      head.tell("full", "there is no room here: whoever receives is slow, or is not there");
      await sink.waitForRoom(attempt, this.#ending.signal);
    }
  }

  #publish(frame: Frame, records: readonly FrameRecord[]): void {
    const { sink, positions } = this.#parts;
    const ends = records.map(({ position }) => position);
    const { position: before, positionNext: after } = sink;
    const done = positions.begin({ key: frame, before, after, ends });
    sink.publish();
    done();
  }

  /**
   * Removes, a little later, what every receiver has taken in, but the last message of each lane, by which its sender knows where
   * it is.
   */
  #trim(): void {
    this.#trimming ??= setTimeout(() => {
      this.#trimming = undefined;
      // Whatever goes wrong, the next one does it.
      this.#removeReceived().catch(() => {});
    }, TRIM_MS);
  }

  async #removeReceived(): Promise<void> {
    const { stream, positions } = this.#parts;
    const { consumers, streams } = await stream.manager();
    let floor = Infinity;
    for await (const { ack_floor } of consumers.list(stream.stream)) {
      floor = Math.min(floor, ack_floor.stream_seq);
    }
    for (const key of positions.lanes) {
      const seq = Math.min(floor, positions.get(key)?.sequence ?? 0);
      if (seq > 1) await streams.purge(stream.stream, { filter: subjectOf(stream.name, key), seq });
    }
  }
}

/** Which record is the first one behind a position. */
function firstBehind(records: readonly FrameRecord[], position: number): number {
  const first = records.findIndex((record) => record.position > position);
  return first < 0 ? records.length : first;
}

function otherSchema(
  name: string,
  { fingerprint, lane }: Frame,
  own: { readonly fingerprint: bigint },
): CorruptSegmentError {
  return new CorruptSegmentError(
    `Cannot bridge "${name}": records of lane ${lane} come with the schema ${hex(fingerprint)}, those here have ${hex(own.fingerprint)}; use one schema at both ends, or another name`,
  );
}

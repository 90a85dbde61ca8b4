/**
 * The stream of a name on the server: what it says of its records, and what is in it.
 *
 * @module
 */
import { CorruptSegmentError, NotSupportedError, SystemError } from "@isthmus/core";
import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { ServerConnection } from "../connection.ts";
import {
  type BridgeKind,
  type BridgeSchema,
  checkDescription,
  type Description,
  describeRecords,
} from "./description.ts";
import { decodeFrame, type Frame, type LaneKey } from "./frame.ts";
import type { StoredMessage } from "./positions.ts";
import type { StreamOptions } from "./stream-options.ts";
import { streamOf, subjectOf, subjectsOf } from "./subjects.ts";

/** What the server says of a stream that is not there, and of a message. */
const STREAM_MISSING = 10_059;
const MESSAGE_MISSING = 10_037;
/** What it says of a consumer that is not there. */
export const CONSUMER_MISSING = 10_014;
/** What it says when the name is taken by a stream with other settings. */
const STREAM_TAKEN = 10_058;
/** How long the server is given to answer. */
const ANSWER_MS = 5_000;
/** How long the server knows a message again by its identity; what is older is known by its position. */
const DUPLICATES_NS = 120_000_000_000;

/** Nothing is ever delivered again by time: a connection that is lost begins anew. */
const ACKNOWLEDGED_NS = 24 * 3600 * 1_000_000_000;

/** A message as it stands in the stream. */
export interface StoredFrame extends Frame, StoredMessage {}

/** The stream of one name. */
export class NameStream {
  readonly name: string;
  readonly stream: string;
  readonly client: JetStreamClient;
  readonly #connection: ServerConnection;
  #manager: JetStreamManager | undefined;

  constructor(connection: ServerConnection, name: string) {
    this.#connection = connection;
    this.name = name;
    this.stream = streamOf(name);
    this.client = jetstream(connection.nats, { timeout: ANSWER_MS });
  }

  /** What manages streams on the server. */
  async manager(): Promise<JetStreamManager> {
    this.#manager ??= await jetstreamManager(this.#connection.nats, {
      checkAPI: false,
      timeout: ANSWER_MS,
    });
    return this.#manager;
  }

  /** What the server knows of it; undefined when there is none. */
  async info(): Promise<StreamInfo | undefined> {
    const { streams } = await this.manager();
    try {
      return await streams.info(this.stream);
    } catch (error) {
      if (codeOf(error) === STREAM_MISSING) return undefined;
      throw error;
    }
  }

  /**
   * Makes it, unless it is there. To be called before anything is sent by a new connection.
   *
   * @throws {CorruptSegmentError} When it is there with other records.
   */
  async ensure(
    schema: BridgeSchema,
    kind: BridgeKind,
    options: StreamOptions,
  ): Promise<Description> {
    const info = (await this.info()) ?? (await this.#add(schema, kind, options));
    const description = this.check(info, schema);
    if (description.holdBytes !== undefined) await this.#distrustConsumers();
    return description;
  }

  /**
   * Refuses a stream with other records.
   *
   * @throws {CorruptSegmentError} Which says what differs.
   */
  check(info: StreamInfo, schema: BridgeSchema): Description {
    return checkDescription(this.name, info.config.description ?? "", schema);
  }

  /** The last message of a lane; undefined when there is none. */
  async lastOf(key: LaneKey): Promise<StoredFrame | undefined> {
    return await this.#message({ last_by_subj: subjectOf(this.name, key) });
  }

  /** A message by its number; undefined when there is none. */
  async at(sequence: number): Promise<StoredFrame | undefined> {
    return await this.#message({ seq: sequence });
  }

  /**
   * Makes the consumer of a receiver, in place of the one that it had.
   *
   * @param durable What it is called.
   * @param window How many messages may be under way to it.
   * @param start The first message that it gets; undefined: the next one that comes.
   * @returns What the server says of it.
   */
  async remakeConsumer(
    durable: string,
    window: number,
    start: number | undefined,
  ): Promise<ConsumerInfo> {
    const { consumers } = await this.manager();
    try {
      await consumers.delete(this.stream, durable);
    } catch (error) {
      if (codeOf(error) !== CONSUMER_MISSING) throw error;
    }
    return await consumers.add(this.stream, {
      durable_name: durable,
      filter_subject: subjectsOf(this.name),
      ack_policy: AckPolicy.Explicit,
      ack_wait: ACKNOWLEDGED_NS,
      max_ack_pending: window,
      ...(start === undefined
        ? { deliver_policy: DeliverPolicy.New }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start) }),
    });
  }

  /** Whether a consumer is still the one that was made, and has not been made anew by others. */
  async isStill({ name, created }: ConsumerInfo): Promise<boolean> {
    const { consumers } = await this.manager();
    const now = await consumers.info(this.stream, name);
    return now.created === created;
  }

  /**
   * Has consumers begin anew that believe to have received what the server has lost. What gets those numbers now would else be removed
   * before a receiver has it that is away: what all consumers have acknowledged is.
   */
  async #distrustConsumers(): Promise<void> {
    const { consumers, streams } = await this.manager();
    const known = await Array.fromAsync(consumers.list(this.stream));
    // Behind them, so that what comes meanwhile does not look lost.
    const { state } = await streams.info(this.stream);
    for (const { name, config, ack_floor } of known) {
      const { durable_name: durable, max_ack_pending: window = 1 } = config;
      if (ack_floor.stream_seq <= state.last_seq || durable !== name) continue;
      await this.remakeConsumer(durable, window, 1);
    }
  }

  async #message(
    query: { last_by_subj: string } | { seq: number },
  ): Promise<StoredFrame | undefined> {
    const { streams } = await this.manager();
    try {
      const found = await streams.getMessage(this.stream, query);
      if (found === null) return undefined;
      return { ...decodeFrame(found.data), sequence: found.seq, time: nanosOf(found.timestamp) };
    } catch (error) {
      if (codeOf(error) === MESSAGE_MISSING) return undefined;
      throw error;
    }
  }

  async #add(schema: BridgeSchema, kind: BridgeKind, options: StreamOptions): Promise<StreamInfo> {
    const { maxBytes = 2 ** 30, maxAgeMs = 0, replicas = 1 } = options;
    const { whenFull = kind === "topic" ? "drop" : "wait" } = options;
    const isHolding = whenFull === "wait";
    const { streams } = await this.manager();
    try {
      return await streams.add({
        name: this.stream,
        description: describeRecords(schema, kind, isHolding ? maxBytes : undefined),
        subjects: [subjectsOf(this.name)],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        discard: isHolding ? DiscardPolicy.New : DiscardPolicy.Old,
        // A server that is to take nothing more near that limit drops a little of what it has: bridges mind it themselves.
        max_bytes: isHolding ? -1 : maxBytes,
        max_age: maxAgeMs * 1_000_000,
        num_replicas: replicas,
        duplicate_window:
          maxAgeMs === 0 ? DUPLICATES_NS : Math.min(DUPLICATES_NS, maxAgeMs * 1_000_000),
      });
    } catch (error) {
      // Another bridge was faster.
      const info = codeOf(error) === STREAM_TAKEN ? await this.info() : undefined;
      if (info === undefined) throw error;
      return info;
    }
  }
}

/** A time as the server writes it, in nanoseconds since 1970. */
function nanosOf(timestamp: string): number {
  const { whole = "", fraction = "" } =
    /^(?<whole>[^.Z]+)(?:\.(?<fraction>\d+))?Z$/u.exec(timestamp)?.groups ?? {};
  const nanos = BigInt(fraction.padEnd(9, "0").slice(0, 9));
  return Number(BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + nanos);
}

/** The number of an error of the server; undefined for any other. */
export function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** Whether an error means that somebody must change something: trying again is of no use. What the client library throws passes. */
export function isFinal(error: unknown): boolean {
  return (
    error instanceof CorruptSegmentError ||
    error instanceof NotSupportedError ||
    error instanceof SystemError ||
    error instanceof RangeError
  );
}

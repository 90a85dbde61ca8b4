/**
 * The stream of a name on the server: what it says of its records, and what is in it.
 *
 * @module
 */
import { CorruptSegmentError, NotSupportedError, SystemError } from "@isthmus/core";
import {
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
/** What it says when the name is taken by a stream with other settings. */
const STREAM_TAKEN = 10_058;
/** How long the server is given to answer. */
const ANSWER_MS = 5_000;
/** How long the server knows a message again by its identity; what is older is known by its position. */
const DUPLICATES_NS = 120_000_000_000;

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
   * Makes it, unless it is there.
   *
   * @throws {CorruptSegmentError} When it is there with other records.
   */
  async ensure(
    schema: BridgeSchema,
    kind: BridgeKind,
    options: StreamOptions,
  ): Promise<Description> {
    const info = (await this.info()) ?? (await this.#add(schema, kind, options));
    return this.check(info, schema);
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

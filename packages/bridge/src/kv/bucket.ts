/**
 * A KV bucket of a server, as a mirror uses it: values with their revisions, written only in place of what they follow.
 *
 * A value is a message of a stream; its revision is the message's number, its key the end of the subject. The layout is that of the
 * client libraries and of the tool `nats`, which read and write the same bucket; what a mirror must know besides is in headers.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { differenceOf, type SchemaShape } from "@isthmus/ipc/internal";
import {
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { ServerConnection } from "../connection.ts";
import { decodeKey, encodeKey } from "./bucket-key.ts";

/** Header of a message that stands for a deletion. */
const OPERATION = "KV-Operation";
/** Header: the fingerprint of the schema of the value. */
const SCHEMA = "Isthmus-Schema";
/** Header: for how long the value is fresh from when the server has got it, in milliseconds; for ever without it. */
const TTL = "Isthmus-Ttl";
/** Header: for how long it is good after that, in milliseconds. */
const STALE = "Isthmus-Stale";

/** Header: from where the value is. */
const ORIGIN = "Isthmus-Origin";

/** Begins the description of a bucket that a mirror has made; the schema follows. */
const DESCRIPTION = "isthmus ";
/** A description that is longer is refused by servers. */
const DESCRIPTION_CHARS_MAX = 4000;

/** Room for headers in a message, besides a value. */
const HEADER_BYTES = 1024;

/** How long an acknowledgement may take before the value is sent again, in milliseconds. */
const ACKNOWLEDGE_MS = 5000;

/** How many entries may be under way from the server. */
const READ_AHEAD = 1000;
/**
 * How often the server says that there is nothing, in milliseconds: it does not always tell that a bucket was removed, but says nothing
 * of it any more, which the client library believes after two of these.
 */
const HEARTBEAT_MS = 1000;
/** How long one request for entries lasts, in milliseconds. */
const REQUEST_MS = 10_000;

/** How long a value is good: of what is in memory from now on, of what comes from the bucket from when the server got it. */
export interface Times {
  /** For how long it is fresh, in milliseconds. */
  readonly ttlMs: number;
  /** For how long it is good after that, in milliseconds. */
  readonly staleMs: number;
}

/** A value of a bucket. */
export interface BucketValue extends Times {
  readonly bytes: Uint8Array;
}

/** What a bucket has for a key. */
export interface BucketEntry {
  readonly key: string;
  readonly revision: number;
  /** Undefined: it was deleted, or its time is over. */
  readonly value: BucketValue | undefined;
  /** From where it is; empty of what no mirror has written. */
  readonly origin: string;
}

/** An entry that is no value of this schema, or has a key that a mirror would not write so. */
export interface ForeignEntry {
  readonly revision: number;
  readonly refusal: string;
}

/** What is told of a bucket at once. */
export interface BucketState {
  /** When the stream was made, as the server writes it: another one has numbers of its own. */
  readonly created: string;
  /** The last number that the server has given; smaller than one that it has acknowledged when its disk has forgotten. */
  readonly lastRevision: number;
}

/** The entries of a bucket, first as they are and then as they change. */
export interface BucketReading {
  /** How many entries there were: behind so many, what is read is news. */
  readonly pending: number;
  readonly entries: AsyncIterable<{ entry: BucketEntry | ForeignEntry; isLastPending: boolean }>;
  /** Ends the loop over the entries. */
  stop(): void;
}

/** A bucket of values of one schema. */
export class Bucket {
  readonly name: string;
  readonly #connection: ServerConnection;
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #shape: SchemaShape;
  readonly #maxAgeMs: number;
  readonly #schema: string;

  private constructor(
    connection: ServerConnection,
    name: string,
    shape: SchemaShape,
    maxAgeMs: number,
    js: JetStreamClient,
    jsm: JetStreamManager,
  ) {
    this.name = name;
    this.#connection = connection;
    this.#shape = shape;
    this.#maxAgeMs = maxAgeMs;
    this.#schema = shape.fingerprint.toString(16).padStart(16, "0");
    this.#js = js;
    this.#jsm = jsm;
  }

  /**
   * Opens a bucket, or makes it. One that exists keeps its settings.
   *
   * @param maxAgeMs After how long a new bucket forgets values, in milliseconds; `Infinity` for never.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names the first field that differs.
   */
  static async open(
    connection: ServerConnection,
    name: string,
    shape: SchemaShape,
    maxAgeMs: number,
  ): Promise<Bucket> {
    const js = jetstream(connection.nats);
    const jsm = await jetstreamManager(connection.nats, { checkAPI: false });
    const bucket = new Bucket(connection, name, shape, maxAgeMs, js, jsm);
    await bucket.ensure();
    return bucket;
  }

  /**
   * Makes the bucket where there is none any more.
   *
   * @throws {CorruptSegmentError} When it was made with another schema.
   */
  async ensure(): Promise<void> {
    const kv = await new Kvm(this.#js).create(this.name, {
      history: 1,
      description: this.#description,
      ...(this.#maxAgeMs === Infinity ? {} : { ttl: this.#maxAgeMs }),
    });
    this.#checkSchema((await kv.status()).description);
  }

  /** The longest value in bytes. */
  get valueBytesMax(): number {
    return this.#connection.maxPayload - HEADER_BYTES;
  }

  async state(): Promise<BucketState> {
    const { created, state } = await this.#jsm.streams.info(this.#stream);
    return { created, lastRevision: state.last_seq };
  }

  /**
   * Writes a value.
   *
   * @param key Of the value.
   * @param value What it becomes; undefined deletes it.
   * @param revision What the key must have, 0 for nothing.
   * @param origin From where it is.
   * @returns The new revision; undefined when the key has another one than that.
   */
  async write(
    key: string,
    value: BucketValue | undefined,
    revision: number,
    origin: string,
  ): Promise<number | undefined> {
    try {
      const { seq } = await this.#js.publish(this.#subjectOf(key), value?.bytes, {
        headers: this.#headersOf(value, origin),
        expect: { lastSubjectSequence: revision },
        timeout: ACKNOWLEDGE_MS,
      });
      return seq;
    } catch (error) {
      const isConflict =
        error instanceof JetStreamApiError &&
        (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
          error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown);
      if (isConflict) return undefined;
      throw error;
    }
  }

  /** What a key has now; undefined when that is nothing, not even a deletion. */
  async last(key: string): Promise<BucketEntry | ForeignEntry | undefined> {
    const query = { last_by_subj: this.#subjectOf(key) };
    const found = await this.#jsm.streams.getMessage(this.#stream, query);
    if (found === null) return undefined;
    const { subject, seq, header, data, time } = found;
    return this.#entryOf(subject, seq, header, data, time.getTime());
  }

  /** Reads what is in the bucket, and goes on with what changes. */
  async read(): Promise<BucketReading> {
    const consumer = await this.#js.consumers.get(this.#stream, {
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subjects: `${this.#prefix}>`,
    });
    const { num_pending: pending } = await consumer.info(true);
    const messages = await consumer.consume({
      abort_on_missing_resource: true,
      max_messages: READ_AHEAD,
      expires: REQUEST_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    const entryOf = this.#entryOf.bind(this);
    return {
      pending,
      entries: {
        async *[Symbol.asyncIterator]() {
          let count = 0;
          for await (const { subject, seq, headers: found, data, info } of messages) {
            const time = info.timestampNanos / 1e6;
            const isLastPending = ++count === pending || (count < pending && info.pending === 0);
            yield { entry: entryOf(subject, seq, found, data, time), isLastPending };
            if (isLastPending) count = Infinity;
          }
        },
      },
      stop: () => messages.stop(),
    };
  }

  get #stream(): string {
    return `KV_${this.name}`;
  }

  get #prefix(): string {
    return `$KV.${this.name}.`;
  }

  #subjectOf(key: string): string {
    return `${this.#prefix}${encodeKey(key)}`;
  }

  get #description(): string {
    const full = `${DESCRIPTION}${this.#schema}\n${this.#shape.text}`;
    return full.length <= DESCRIPTION_CHARS_MAX ? full : `${DESCRIPTION}${this.#schema}`;
  }

  #checkSchema(description: string): void {
    if (!description.startsWith(DESCRIPTION)) return;
    const [fingerprint = "", ...lines] = description.slice(DESCRIPTION.length).split("\n");
    if (fingerprint === this.#schema) return;
    const difference = differenceOf(lines.join("\n"), this.#shape.text);
    throw new CorruptSegmentError(
      `Cannot use the bucket "${this.name}": it was made with another schema: fingerprint must be ${this.#schema}: found ${fingerprint}${difference === undefined ? "" : `; ${difference}`} (remove the bucket, or name another one)`,
    );
  }

  #headersOf(value: BucketValue | undefined, origin: string): MsgHdrs {
    const found = headers();
    found.set(ORIGIN, origin);
    if (value === undefined) {
      found.set(OPERATION, "DEL");
      return found;
    }
    found.set(SCHEMA, this.#schema);
    if (value.ttlMs !== Infinity) {
      found.set(TTL, String(Math.ceil(value.ttlMs)));
      if (value.staleMs > 0) found.set(STALE, String(Math.ceil(value.staleMs)));
    }
    return found;
  }

  #entryOf(
    subject: string,
    revision: number,
    found: MsgHdrs | undefined,
    bytes: Uint8Array,
    timeMs: number,
  ): BucketEntry | ForeignEntry {
    const text = subject.slice(this.#prefix.length);
    const key = decodeKey(text);
    if (key === undefined) return { revision, refusal: `"${text}" is no key that a mirror writes` };
    const origin = found?.get(ORIGIN) ?? "";
    if (found?.get(OPERATION)) return { key, revision, value: undefined, origin };
    const schema = found?.get(SCHEMA) ?? "";
    if (schema !== this.#schema && (schema !== "" || this.#shape.struct !== undefined)) {
      const is = schema === "" ? "no schema" : `the schema ${schema}`;
      return { revision, refusal: `"${key}" has ${is}, and must have ${this.#schema}` };
    }
    return { key, revision, value: bucketValueOf(found, bytes, timeMs), origin };
  }
}

/** A value with what is left of its time by the clock of this machine; undefined when nothing is. */
function bucketValueOf(
  found: MsgHdrs | undefined,
  bytes: Uint8Array,
  timeMs: number,
): BucketValue | undefined {
  const ttl = found?.get(TTL) ?? "";
  if (ttl === "") return { bytes, ttlMs: Infinity, staleMs: 0 };
  const ageMs = Math.max(0, Date.now() - timeMs);
  const ttlMs = Number(ttl) - ageMs;
  const staleMs = Number(found?.get(STALE) ?? "") || 0;
  return ttlMs > 0 ? { bytes, ttlMs, staleMs } : undefined;
}

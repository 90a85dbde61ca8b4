/**
 * The sending end of a topic that has a journal.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { invalidType, showAs } from "@isthmus/core/internal";
import { type bytes, Publisher, type RecordInput } from "@isthmus/ipc";
import type { JournalInside } from "../journal/journal-inside.ts";
import { FRAME_BYTES_MAX } from "../journal/journal-layout.ts";
import type { JournalSchema } from "../journal/journal-options.ts";
import type { RecordRun } from "../journal/record-run.ts";
import {
  checkTopic,
  isOfRing,
  type JournalPublisherOptions,
  ringOptions,
  type TopicSizes,
  type TopicVerb,
} from "./topic-options.ts";

/** The part of a ring that a frame of several records may take. */
const FRAME_SHARE = 8;
const DEFAULT_CAPACITY_BYTES = 2 ** 20;

/** How long until it is looked again whether the topic is still the one that others find, in milliseconds. */
const LOOK_AGAIN_MS = 1000;

/** Figures of one publisher. */
export interface JournalPublisherMetrics {
  /** Records that it has appended. */
  readonly sent: number;
  /** Those of them that could not be published: subscribers find them in the journal. */
  readonly unpublished: number;
}

/**
 * The sending end of a topic that has a journal: what it sends is appended to the journal first and then published, so that whoever is
 * there has it at once, and whoever comes later, or was too slow, reads it in the journal. See {@link JournalSubscriber}.
 *
 * **Order and delivery.** All records of all publishers are in one order, that of the journal. When `send` has returned, every
 * subscriber will get the record, whoever dies: the ring may lose it, the journal does not. Nobody is waited for.
 *
 * **Power.** When a record is on the disk is said by the journal's `sync`; subscribers may have it before.
 *
 * @example
 * ```ts
 * import { struct, u32 } from "@isthmus/ipc";
 * import { Journal, JournalPublisher, JournalSubscriber } from "@isthmus/store";
 *
 * using journal = Journal.open("example-orders.journal", { schema: struct({ id: u32 }) });
 * using publisher = JournalPublisher.createOrOpen("example-orders", { journal });
 * publisher.send({ id: 7 });
 * using subscriber = JournalSubscriber.createOrOpen("example-orders", { journal, from: "start" });
 * console.log(subscriber.tryReceive()); // { sequence: 1, time: …, value: { id: 7 } }
 * ```
 */
export class JournalPublisher<S extends JournalSchema> implements Disposable {
  /** The name of the topic. */
  readonly name: string;
  /** Whether this call created the topic. */
  readonly createdNew: boolean;
  readonly #inside: JournalInside;
  readonly #sizes: TopicSizes;
  readonly #onAppended = (run: RecordRun): void => this.#publish(run);
  readonly #frameBytesMax: number;
  #publisher: Publisher<typeof bytes> | undefined;
  #lookAt = 0;
  #sent = 0;
  #unpublished = 0;
  #isDisposed = false;

  static {
    showAs(JournalPublisher.prototype, (publisher) => {
      const { name, createdNew } = publisher;
      const state = publisher.#isDisposed ? "disposed" : "open";
      return ["JournalPublisher", { name, state, createdNew }];
    });
  }

  private constructor(verb: TopicVerb, name: string, options: JournalPublisherOptions<S>) {
    const { inside, sizes } = checkTopic(options);
    this.#inside = inside;
    this.#sizes = sizes;
    const { capacityBytes = DEFAULT_CAPACITY_BYTES } = sizes;
    this.#frameBytesMax = Math.min(FRAME_BYTES_MAX, capacityBytes / FRAME_SHARE);
    const publisher = open(verb, name, sizes);
    this.#publisher = publisher;
    this.name = publisher.name;
    this.createdNew = publisher.createdNew;
    this.#lookAt = performance.now() + LOOK_AGAIN_MS;
  }

  /**
   * Creates a topic.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The journal, and how many take part.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends JournalSchema>(
    name: string,
    options: JournalPublisherOptions<S>,
  ): JournalPublisher<S> {
    return new JournalPublisher("createNew", name, options);
  }

  /**
   * Opens a topic that somebody holds.
   *
   * @param name What the topic is called; see `MemoryMappedFile.createNew`.
   * @param options The journal, and how many take part.
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxPublishers` live publishers.
   * @throws {CorruptSegmentError} When the name is something else.
   */
  static openExisting<S extends JournalSchema>(
    name: string,
    options: JournalPublisherOptions<S>,
  ): JournalPublisher<S> {
    return new JournalPublisher("openExisting", name, options);
  }

  /**
   * Opens a topic, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What the topic is called; see `MemoryMappedFile.createNew`.
   * @param options The journal, and how many take part.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends JournalSchema>(
    name: string,
    options: JournalPublisherOptions<S>,
  ): JournalPublisher<S> {
    return new JournalPublisher("createOrOpen", name, options);
  }

  /**
   * Appends a record and publishes it.
   *
   * @param record What the schema of the journal describes.
   * @returns Its sequence.
   * @throws As `Journal.append` does; then nothing was sent.
   */
  send(record: RecordInput<S>): number {
    return this.#send([record]);
  }

  /**
   * Appends records, one behind the other, and publishes them.
   *
   * @param records What the schema of the journal describes.
   * @returns The sequence of the last one.
   * @throws As `Journal.appendAll` does. What has been appended then, subscribers find in the journal.
   */
  sendAll(records: Iterable<RecordInput<S>>): number {
    if (typeof records?.[Symbol.iterator] !== "function") {
      throw invalidType("records", "an iterable of records", records);
    }
    return this.#send(records);
  }

  /** Figures as they are now. */
  get metrics(): JournalPublisherMetrics {
    this.#checkOpen();
    return { sent: this.#sent, unpublished: this.#unpublished };
  }

  /** Leaves the topic. The journal stays open. */
  dispose(): void {
    this.#isDisposed = true;
    this.#publisher?.dispose();
    this.#publisher = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError("JournalPublisher");
  }

  #send(records: Iterable<unknown>): number {
    this.#checkOpen();
    this.#reconnect();
    return this.#inside.append(records, this.#onAppended, this.#frameBytesMax);
  }

  /** Never throws: what has been appended has been sent. */
  #publish(run: RecordRun): void {
    this.#sent += run.count;
    let left = run.count;
    const publisher = this.#publisher;
    try {
      run.forEachFrame((frame, count) => {
        if (publisher?.trySend(frame) === true) left -= count;
      });
      publisher?.flush();
    } catch {
      // Too long for the ring, or its memory is gone: the next one looks.
      this.#lookAt = 0;
    }
    this.#unpublished += left;
  }

  /** Goes to where others find the topic now, when its file has been removed. */
  #reconnect(): void {
    const now = performance.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_AGAIN_MS;
    try {
      if (this.#publisher?.isReachable === true) return;
      this.#publisher?.dispose();
      this.#publisher = undefined;
      this.#publisher = open("createOrOpen", this.name, this.#sizes);
    } catch (error) {
      // The journal has everything; a later call tries again.
      if (!isOfRing(error)) throw error;
    }
  }
}

function open(verb: TopicVerb, name: string, sizes: TopicSizes): Publisher<typeof bytes> {
  // Nobody is waited for, whoever else may follow the topic.
  return Publisher[verb](name, { ...ringOptions(sizes), onFull: "fail" });
}

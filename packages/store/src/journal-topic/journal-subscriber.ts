/**
 * The receiving end of a topic that has a journal.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import {
  checkOptions,
  isTurnDue,
  type OptionNames,
  outOfRange,
  showAs,
  takeTurn,
} from "@isthmus/core/internal";
import type { RecordsOptions } from "@isthmus/ipc";
import { type AsyncWaitOptions, checkSignal, checkWait, timedOut } from "@isthmus/ipc/internal";
import type { JournalInside } from "../journal/journal-inside.ts";
import {
  checkReadOptions,
  type JournalEntry,
  type JournalRecord,
  type JournalSchema,
} from "../journal/journal-options.ts";
import { LOOK_AGAIN_MS } from "../journal/live-head.ts";
import { JournalHistory } from "./history.ts";
import { JoinedRecords } from "./joined-records.ts";
import { LiveRecords } from "./live-records.ts";
import type { PlacedRecord } from "./placed-record.ts";
import { checkTopic, type JournalSubscriberOptions, type TopicVerb } from "./topic-options.ts";

const RECORDS_OPTIONS: OptionNames<RecordsOptions> = { signal: true };

/** Figures of one subscriber. */
export interface JournalSubscriberMetrics {
  /** The sequence of the record that comes next. */
  readonly nextSequence: number;
  /** Records that it has had out of the rings, and out of the journal. */
  readonly live: number;
  readonly history: number;
  /** Records that were missing from both, and have been told as gaps. */
  readonly missing: number;
  /** What was published and is none of the journal, and was passed over: who publishes it has another journal, or none. */
  readonly foreign: number;
}

/**
 * The receiving end of a topic that has a journal. It replays the journal from where it is told to begin, goes on with what is published
 * when it has come to the end, without missing a record or getting one twice, and goes back to the journal whenever the rings do not have what
 * is due: because it was too slow for them, because a publisher died between appending and publishing, because somebody appended
 * without publishing. What neither has is told: `{ gap: { from, to } }`.
 *
 * **Delivery.** Each record once, in the order of the journal, whatever dies and whatever is removed of the topic's memory. Nobody waits for
 * a subscriber. One that comes again goes on where it was with `from: subscriber.nextSequence`, kept by its own means;
 * to be right after a loss of power, too, await `journal.flushed(sequence)` before keeping it.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { Journal, JournalPublisher, JournalSubscriber } from "@isthmus/store";
 *
 * using journal = Journal.open("example-visits.journal", { schema: json<{ path: string }>() });
 * using publisher = JournalPublisher.createOrOpen("example-visits", { journal });
 * publisher.send({ path: "/before" }); // nobody is there yet
 * using subscriber = JournalSubscriber.createOrOpen("example-visits", { journal });
 * publisher.send({ path: "/after" });
 * for await (const entry of subscriber) {
 *   if (entry.gap !== undefined) console.log("missing", entry.gap);
 *   else console.log(entry.sequence, entry.value.path); // 1 /before, then 2 /after
 *   if (subscriber.nextSequence > 2) break;
 * }
 * ```
 */
export class JournalSubscriber<S extends JournalSchema> implements Disposable {
  /** The name of the topic. */
  readonly name: string;
  /** Whether this call created the topic. */
  readonly createdNew: boolean;
  readonly #inside: JournalInside;
  readonly #live: LiveRecords;
  readonly #past: JournalHistory;
  readonly #joined: JoinedRecords;
  /** Records before this time are passed over. */
  readonly #time: number;
  readonly #disposed = new AbortController();
  /** Says that this or the journal was disposed. */
  readonly #over: AbortSignal;
  #lookAt = 0;
  #liveCount = 0;
  #pastCount = 0;
  #missing = 0;

  static {
    showAs(JournalSubscriber.prototype, (subscriber) => {
      const { name, createdNew } = subscriber;
      const state = subscriber.#disposed.signal.aborted ? "disposed" : "open";
      return ["JournalSubscriber", { name, state, createdNew }];
    });
  }

  private constructor(verb: TopicVerb, name: string, options: JournalSubscriberOptions<S>) {
    const { inside, sizes } = checkTopic(options);
    const { from } = checkReadOptions({ from: options.from });
    const { parts } = inside;
    if (parts.disposed.aborted) throw new DisposedError("Journal");
    const { sequence, time } = inside.startOf(from);
    if (typeof from === "number") checkReached(sequence, inside.end());
    this.name = name;
    this.#inside = inside;
    this.#over = AbortSignal.any([this.#disposed.signal, parts.disposed]);
    this.#time = time;
    this.#live = new LiveRecords(verb, name, sizes, parts.format.id);
    this.createdNew = this.#live.createdNew;
    this.#past = new JournalHistory(parts);
    this.#joined = new JoinedRecords(this.#past, this.#live, sequence);
    this.#lookAt = performance.now() + LOOK_AGAIN_MS;
  }

  /**
   * Creates a topic.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The journal, and how many take part.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is to begin further on than the journal goes: records that were
   *   known have been lost.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<S extends JournalSchema>(
    name: string,
    options: JournalSubscriberOptions<S>,
  ): JournalSubscriber<S> {
    return new JournalSubscriber("createNew", name, options);
  }

  /**
   * Opens a topic that somebody holds.
   *
   * @param name What the topic is called; see `MemoryMappedFile.createNew`.
   * @param options The journal, and how many take part.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is to begin further on than the journal goes: records that were
   *   known have been lost.
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxSubscribers` live subscribers.
   * @throws {CorruptSegmentError} When the name is something else.
   */
  static openExisting<S extends JournalSchema>(
    name: string,
    options: JournalSubscriberOptions<S>,
  ): JournalSubscriber<S> {
    return new JournalSubscriber("openExisting", name, options);
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
    options: JournalSubscriberOptions<S>,
  ): JournalSubscriber<S> {
    return new JournalSubscriber("createOrOpen", name, options);
  }

  /** The sequence of the record that comes next. */
  get nextSequence(): number {
    return this.#joined.next;
  }

  /**
   * The next record, or what is missing before it; undefined when there is none. Never waits.
   *
   * @throws {CorruptSegmentError} When a record is not of the schema; the next call goes on behind it.
   */
  tryReceive(): JournalEntry<S> | undefined {
    this.#checkOpen();
    this.#reconnect();
    for (;;) {
      const step = this.#joined.step();
      if (step === "end") return undefined;
      if (step === "gap") {
        const { gap } = this.#joined;
        this.#missing += gap.to - gap.from + 1;
        return { gap };
      }
      const isLive = step === "live";
      const place: PlacedRecord = isLive ? this.#live : this.#past;
      const { sequence, time } = place;
      if (time < this.#time) continue;
      if (isLive) this.#liveCount++;
      else this.#pastCount++;
      const { memory, payloadAt, payloadBytes } = place;
      const value = this.#inside.parts.codec.decode(memory, payloadAt, payloadBytes);
      return { sequence, time, value } as JournalRecord<never>;
    }
  }

  /**
   * The next record, or what is missing before it, without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async receiveAsync(options?: AsyncWaitOptions): Promise<JournalEntry<S>> {
    const { timeoutMs, signal } = checkWait(options);
    const end = performance.now() + timeoutMs;
    const either = this.#eitherOf(signal);
    for (;;) {
      signal?.throwIfAborted();
      const leftMs = Math.max(0, end - performance.now());
      const found = this.#look();
      if (typeof found !== "number") {
        if (isTurnDue()) await takeTurn();
        return found;
      }
      if (leftMs === 0)
        throw timedOut(`receive from "${this.name}"`, timeoutMs, this.#whyNothing());
      await this.#wait(found, either, leftMs);
    }
  }

  /**
   * Follows the records: yields every one of them, as `tryReceive` does, woken by whoever sends. A record is passed when it is
   * yielded: another loop goes on behind it. Timers, sockets and signals have their turn every few milliseconds. The loop ends
   * when the subscriber or its journal is disposed.
   *
   * @param options A `signal` that ends the loop.
   * @throws {Error} The signal's reason, when it ends the loop.
   */
  async *records(options?: RecordsOptions): AsyncGenerator<JournalEntry<S>, undefined> {
    const { signal } = checkOptions("options", options, RECORDS_OPTIONS);
    checkSignal(signal);
    const either = this.#eitherOf(signal);
    for (;;) {
      if (either.aborted) {
        signal?.throwIfAborted();
        return undefined;
      }
      const found = this.#look();
      if (typeof found === "number") await this.#wait(found, either, LOOK_AGAIN_MS);
      else yield found;
      if (isTurnDue()) await takeTurn();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<JournalEntry<S>, undefined> {
    return this.records();
  }

  /** Figures as they are now. */
  get metrics(): JournalSubscriberMetrics {
    this.#checkOpen();
    return {
      nextSequence: this.#joined.next,
      live: this.#liveCount,
      history: this.#pastCount,
      missing: this.#missing,
      foreign: this.#live.foreign,
    };
  }

  /** Leaves the topic: loops end, waits reject. The journal stays open. */
  dispose(): void {
    if (this.#disposed.signal.aborted) return;
    this.#disposed.abort();
    this.#live.close();
    this.#past.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #whyNothing(): string {
    return this.#live.foreign === 0
      ? "nothing was sent"
      : "what was sent is none of its journal: publishers and subscribers of a topic need the same one";
  }

  #eitherOf(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#over : AbortSignal.any([this.#over, signal]);
  }

  #checkOpen(): void {
    if (this.#disposed.signal.aborted) throw new DisposedError("JournalSubscriber");
    if (this.#inside.parts.disposed.aborted) throw new DisposedError("Journal");
  }

  /** What comes next; when there is nothing, what to wait with. */
  #look(): JournalEntry<S> | number {
    this.#checkOpen();
    const { appends } = this.#inside.parts.head();
    return this.tryReceive() ?? appends;
  }

  /** Waits until there may be more. Whoever calls it looks why it has ended. */
  async #wait(seen: number, either: AbortSignal, timeoutMs: number): Promise<void> {
    try {
      await this.#inside.parts.head().wait(seen, either, Math.min(timeoutMs, LOOK_AGAIN_MS));
    } catch (error) {
      if (!either.aborted) throw error;
    }
  }

  /** Goes to where publishers are now, when the topic's file has been removed. */
  #reconnect(): void {
    const now = performance.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_AGAIN_MS;
    this.#live.reconnect();
  }
}

/** Who goes on behind records that are no longer there would take others with the same sequences for what it had. */
function checkReached(sequence: number, end: number): void {
  if (sequence <= end) return;
  throw outOfRange("options.from", `<= ${end}, behind the last record of the journal`, sequence);
}

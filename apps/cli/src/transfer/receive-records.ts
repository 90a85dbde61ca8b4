/**
 * The consumer's end of a transfer.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import { type bytes, Consumer } from "@isthmus/ipc";
import { RecordReader } from "@isthmus/programs/checked-record";
import { formatCount, formatCountOf, formatDuration } from "../output/format.ts";
import { Ledger } from "./ledger.ts";
import { TransferClock } from "./transfer-clock.ts";
import { BURST_MS, channelOptions, type TransferOptions } from "./transfer-options.ts";
import { formatTransferRate, type TransferOutcome } from "./transfer-result.ts";

/** What is received, and until when. */
export interface ReceiveOptions extends TransferOptions {
  /** How many records; 0: until all producers have ended. */
  readonly count: number;
  /** Whether to wait for further producers for ever. */
  readonly isFollowing: boolean;
}

/** How much is polled between two looks at the clock. */
const POLL_RECORDS = 1024;
const POLL_BYTES = 256 * 1024;
/** How often the consumer looks whether its producers still live. */
const LOOK_MS = 100;
/** How long it waits for another producer when the last one has ended: several are rarely started in one moment. */
const LINGER_MS = 1000;

/**
 * Receives and checks records until there have been enough, or until all producers have ended.
 *
 * @param options What is received.
 * @returns What came of it, also when it was interrupted or nobody came.
 * @throws {SystemError} `EBUSY` when the channel has a live consumer; the message says who.
 * @throws {CorruptSegmentError} When the name is something else than a channel of bytes.
 */
export async function receiveRecords(options: ReceiveOptions): Promise<TransferOutcome> {
  using run = new ReceiveRun(options);
  return await run.outcome();
}

/** One transfer. */
class ReceiveRun implements Disposable {
  readonly #options: ReceiveOptions;
  readonly #consumer: Consumer<typeof bytes>;
  readonly #reader = new RecordReader();
  readonly #ledger: Ledger;
  readonly #clock = new TransferClock();
  readonly #corruptionsBefore: number;
  readonly #handle = (record: Uint8Array): void => this.#note(record);
  /** The length of the last record: how many are polled at once depends on it. */
  #lastBytes = 1;
  #nextLookMs = 0;
  /** Since when no producer has been there; undefined while there is one. */
  #aloneSinceMs: number | undefined;

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#consumer = Consumer.createOrOpen(options.channel, channelOptions(options));
    const { lanes, corruptions } = this.#consumer.metrics;
    this.#ledger = new Ledger(lanes.some(({ position }) => position > 0));
    this.#corruptionsBefore = corruptions;
  }

  [Symbol.dispose](): void {
    this.#consumer.dispose();
  }

  async outcome(): Promise<TransferOutcome> {
    let failure: unknown;
    try {
      await this.#transfer();
    } catch (error) {
      failure = error;
    }
    const { channel, count } = this.#options;
    const { messages, bytes, lost, corrupt } = this.#ledger;
    const result = {
      role: "consumer",
      channel,
      messages,
      bytes,
      elapsedMs: this.#clock.elapsedMs,
      lost,
      corrupt: corrupt + this.#consumer.metrics.corruptions - this.#corruptionsBefore,
    } as const;
    return { result, failure, isIncomplete: messages < count };
  }

  async #transfer(): Promise<void> {
    const { signal, progress } = this.#options;
    while (this.#remaining > 0) {
      signal.throwIfAborted();
      // What is waited for has been said then.
      if (this.#aloneSinceMs === undefined) progress.update(() => this.#describe());
      if (this.#burst()) await new Promise<void>((resolve) => setImmediate(resolve));
      else if (this.#isOver()) return;
      else await this.#receiveOne();
    }
  }

  /** How many more records are wanted. */
  get #remaining(): number {
    const { count } = this.#options;
    return count === 0 ? Infinity : count - this.#ledger.messages;
  }

  /**
   * Takes what there is, for a moment.
   *
   * @returns False when there was nothing.
   */
  #burst(): boolean {
    const startMs = performance.now();
    let nowMs = startMs;
    let total = 0;
    while (nowMs - startMs < BURST_MS && this.#remaining > 0) {
      const records = Math.max(1, Math.floor(POLL_BYTES / this.#lastBytes));
      const limit = Math.min(POLL_RECORDS, records, this.#remaining);
      const polled = this.#consumer.poll(this.#handle, { limit });
      if (polled === 0) break;
      total += polled;
      nowMs = performance.now();
    }
    if (total === 0) return false;
    this.#endSolitude(startMs);
    this.#clock.moved(startMs, nowMs);
    return true;
  }

  /** Sleeps in the event loop until there is a record, for a moment. */
  async #receiveOne(): Promise<void> {
    const { signal } = this.#options;
    try {
      const record = await this.#consumer.receiveAsync({ timeoutMs: LOOK_MS, signal });
      const nowMs = performance.now();
      this.#endSolitude(nowMs);
      this.#note(record);
      this.#clock.moved(nowMs, performance.now());
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }

  #note(record: Uint8Array): void {
    const { length } = record;
    this.#lastBytes = length;
    if (this.#reader.read(record)) this.#ledger.note(this.#reader, length);
    else this.#ledger.noteCorrupt(length);
  }

  /**
   * Looks whether there is nobody left to wait for. Only asked when there is nothing to take.
   *
   * @throws {TimeoutError} when nobody came in time.
   */
  #isOver(): boolean {
    const nowMs = performance.now();
    if (this.#ledger.open.length > 0 && nowMs < this.#nextLookMs) return false;
    this.#nextLookMs = nowMs + LOOK_MS;
    const living = this.#livingProducers();
    if (!this.#buryDead(living)) return false;
    const accounts = [...this.#ledger.accounts];
    const hasEnded = (pid: number): boolean =>
      accounts.some((account) => account.pid === pid && account.end !== undefined);
    if (living.every(hasEnded)) return this.#isEnoughAlone(nowMs);
    this.#endSolitude(nowMs);
    return false;
  }

  /** The processes that have a lane. */
  #livingProducers(): readonly number[] {
    return this.#consumer.metrics.lanes
      .map(({ producerPid }) => producerPid)
      .filter((pid) => pid !== undefined);
  }

  /**
   * Notes who died without an end record.
   *
   * @returns False when there was something to take all the same: what the dead had published comes first.
   */
  #buryDead(living: readonly number[]): boolean {
    const dead = this.#ledger.open.filter(({ pid }) => !living.includes(pid));
    if (dead.length > 0 && this.#burst()) return false;
    for (const account of dead) {
      account.end = "died";
      const messages = formatCountOf(account.next, "record");
      this.#options.progress.note(`the producer ${account.pid} died; it had sent ${messages}`);
    }
    return true;
  }

  /** Decides whether to wait for further producers. */
  #isEnoughAlone(nowMs: number): boolean {
    const { count, isFollowing, timeoutMs, channel, progress } = this.#options;
    this.#aloneSinceMs ??= nowMs;
    const aloneMs = nowMs - this.#aloneSinceMs;
    const ends = Array.from(this.#ledger.accounts, ({ end }) => end);
    if (!isFollowing && ends.length > 0) {
      // Ctrl-C at the other end is meant for both.
      if (ends.includes("interrupted")) return true;
      if (count === 0 && aloneMs >= Math.min(LINGER_MS, timeoutMs)) return true;
    }
    if (aloneMs >= timeoutMs) {
      throw new TimeoutError(`Nobody produces for "${channel}" after ${formatDuration(timeoutMs)}`);
    }
    if (ends.length === 0) progress.say(`waiting for a producer of ${channel}`);
    else if (aloneMs >= LINGER_MS) progress.say(`waiting for another producer of ${channel}`);
    return false;
  }

  /** Somebody is at the other end again: the time without is none of the transfer's. */
  #endSolitude(nowMs: number): void {
    if (this.#aloneSinceMs === undefined) return;
    this.#clock.paused(this.#aloneSinceMs, nowMs);
    this.#options.progress.resume();
    this.#aloneSinceMs = undefined;
  }

  #describe(): string {
    const { messages, bytes } = this.#ledger;
    const { count } = this.#options;
    const of = count === 0 ? "" : ` of ${formatCount(count)}`;
    const rate = formatTransferRate(messages, bytes, this.#clock.elapsedMs);
    return `${formatCount(messages)}${of} received, ${rate}`;
  }
}

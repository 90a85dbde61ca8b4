/**
 * The producer's end of a transfer.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { TimeoutError } from "@isthmus/core";
import { type bytes, Producer } from "@isthmus/ipc";
import { type EndKind, HEADER_BYTES, KIND, RecordWriter } from "@isthmus/programs/checked-record";
import { formatCount, formatCountOf, formatDuration } from "../output/format.ts";
import { ConsumerWatch } from "./consumer-watch.ts";
import { Pace } from "./pace.ts";
import { TransferClock } from "./transfer-clock.ts";
import { BURST_MS, channelOptions, type TransferOptions } from "./transfer-options.ts";
import { formatTransferRate, type TransferOutcome } from "./transfer-result.ts";

/** What is sent, and to whom. */
export interface SendOptions extends TransferOptions {
  /** How many records; 0: without end. */
  readonly count: number;
  readonly sizeBytes: number;
  /** Records a second; 0: as fast as possible. */
  readonly perSecond: number;
  /** Records that are published together; 1: as soon as there is one. */
  readonly batchRecords: number;
  /** Whether to wait for the next consumer when one has left, and not only when one has died. */
  readonly isWaitingForNext: boolean;
}

/** How much is sent between two looks at the clock. */
const CLOCK_RECORDS = 256;
const CLOCK_BYTES = 256 * 1024;
/** A shorter wait would be none: the event loop would turn without rest. */
const REST_MS = 1;
/** How often the producer looks whether its consumer is still there. */
const LOOK_MS = 50;
/** How long an interrupted producer tries to say so while the channel is full. */
const FAREWELL_MS = 1000;

/** Why there is no consumer. */
const CAUSES = {
  awaited: "",
  left: "the consumer has left: ",
  died: "the consumer died: ",
} as const;

/** Does not wait, and does not count as a refusal either: the wait follows, in the event loop. */
const AT_ONCE = { timeoutMs: 0 } as const;

/**
 * Sends records until there have been enough, and waits until a consumer has taken them.
 *
 * @param options What is sent, and to whom.
 * @returns What came of it, also when it was interrupted or nobody came.
 * @throws {SystemError} `EAGAIN` when the channel has all the producers that it can have.
 * @throws {CorruptSegmentError} When the name is something else than a channel of bytes.
 */
export async function sendRecords(options: SendOptions): Promise<TransferOutcome> {
  using run = new SendRun(options);
  return await run.outcome();
}

/** One transfer. */
class SendRun implements Disposable {
  readonly #options: SendOptions;
  readonly #producer: Producer<typeof bytes>;
  readonly #writer: RecordWriter;
  readonly #watch = new ConsumerWatch();
  readonly #clock = new TransferClock();
  readonly #burstRecords: number;
  readonly #dropsBefore: number;
  #sent = 0;
  /** Where the lane is when the last data record has been taken. */
  #endPosition = 0;
  #isEndSent = false;
  #nextLookMs = 0;

  constructor(options: SendOptions) {
    const { channel, sizeBytes, batchRecords } = options;
    this.#options = options;
    this.#producer = Producer.createOrOpen(channel, channelOptions(options));
    this.#dropsBefore = this.#producer.metrics.drops;
    this.#writer = new RecordWriter(sizeBytes, randomBytes(4).readInt32LE(), process.pid);
    const records = Math.floor(CLOCK_BYTES / sizeBytes);
    this.#burstRecords =
      batchRecords > 1 ? batchRecords : Math.min(CLOCK_RECORDS, Math.max(1, records));
  }

  [Symbol.dispose](): void {
    this.#producer.dispose();
  }

  async outcome(): Promise<TransferOutcome> {
    let failure: unknown;
    try {
      await this.#transfer();
    } catch (error) {
      failure = error;
      await this.#sayFarewell();
    }
    this.#producer.flush();
    const leftBehind = this.#countLeftBehind();
    const { channel, count, sizeBytes, progress } = this.#options;
    if (leftBehind > 0) {
      progress.note(`${formatCountOf(leftBehind, "record")} stayed behind: no consumer took them`);
    }
    const messages = this.#sent - leftBehind;
    const result = {
      role: "producer",
      channel,
      messages,
      bytes: messages * sizeBytes,
      elapsedMs: this.#clock.elapsedMs,
      lost: this.#producer.metrics.drops - this.#dropsBefore,
      // Nothing is checked on this side: what arrived is the consumer's to judge.
      corrupt: 0,
    } as const;
    return { result, failure, isIncomplete: messages < count };
  }

  async #transfer(): Promise<void> {
    const { count, perSecond, batchRecords } = this.#options;
    const end = count === 0 ? Infinity : count;
    if (!(await this.#awaitConsumer())) return;
    const pace = new Pace(perSecond, performance.now(), batchRecords);
    while (this.#sent < end) {
      if (!(await this.#stayWithConsumer())) return;
      const before = this.#sent;
      const due = pace.due(performance.now());
      if (due === 0) {
        const delayMs = pace.delayMs(performance.now());
        await sleep(Math.min(LOOK_MS, Math.max(REST_MS, delayMs)));
      } else await this.#sendSome(Math.min(end, before + due));
      pace.sent(this.#sent - before);
    }
    this.#producer.flush();
    this.#endPosition = this.#producer.metrics.position;
    while (!(await this.#trySendEnd(KIND.finished, LOOK_MS))) {
      if (!(await this.#stayWithConsumer())) return;
    }
    await this.#awaitEmptyLane();
  }

  /** Sends for a moment, at most up to a number, and lets the event loop turn. */
  async #sendSome(end: number): Promise<void> {
    const startMs = performance.now();
    const isRoom = this.#burst(end, startMs + BURST_MS);
    if (isRoom) await new Promise<void>((resolve) => setImmediate(resolve));
    else await this.#sendOne();
    this.#clock.moved(startMs, performance.now());
  }

  /** @returns False when there was no room for one more. */
  #burst(end: number, untilMs: number): boolean {
    const producer = this.#producer;
    const writer = this.#writer;
    let sent = this.#sent;
    try {
      while (sent < end) {
        const stop = Math.min(end, sent + this.#burstRecords);
        const fill = (): void => {
          for (; sent < stop; sent++) producer.send(writer.data(sent), AT_ONCE);
        };
        // What is sent inside a batch joins it, so that there is no second way to send.
        if (this.#options.batchRecords > 1) producer.batch(fill);
        else fill();
        if (performance.now() >= untilMs) break;
      }
      return true;
    } catch (error) {
      if (error instanceof TimeoutError) return false;
      throw this.#explain(error);
    } finally {
      this.#sent = sent;
    }
  }

  /** Waits for room in the event loop, for a moment. */
  async #sendOne(): Promise<void> {
    const { signal } = this.#options;
    const record = this.#writer.data(this.#sent);
    if (await this.#trySend(record, LOOK_MS, signal)) this.#sent++;
  }

  async #trySend(record: Uint8Array, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#producer.sendAsync(record, { timeoutMs, signal });
      return true;
    } catch (error) {
      if (error instanceof TimeoutError) return false;
      throw error;
    }
  }

  async #trySendEnd(kind: EndKind, timeoutMs: number): Promise<boolean> {
    this.#isEndSent = await this.#trySend(this.#writer.end(kind, this.#sent), timeoutMs);
    return this.#isEndSent;
  }

  /** Tells a consumer, also a later one, that no more will come: it would take this producer for dead. */
  async #sayFarewell(): Promise<void> {
    if (this.#isEndSent) return;
    const isHeard = this.#producer.metrics.consumer === "alive";
    await this.#trySendEnd(KIND.interrupted, isHeard ? FAREWELL_MS : 0);
  }

  async #awaitEmptyLane(): Promise<void> {
    for (let delayMs = 1; !this.#isLaneEmpty; delayMs = Math.min(LOOK_MS, delayMs * 2)) {
      if (!(await this.#stayWithConsumer())) return;
      await sleep(delayMs);
    }
  }

  /** Whether every data record has been taken. */
  get #isLaneEmpty(): boolean {
    return this.#producer.metrics.consumedPosition >= this.#endPosition;
  }

  /** Looks now and then whether the consumer is there; false when there is none and none to wait for. */
  async #stayWithConsumer(): Promise<boolean> {
    this.#options.signal.throwIfAborted();
    this.#options.progress.update(() => this.#describe());
    const nowMs = performance.now();
    if (nowMs < this.#nextLookMs) return true;
    this.#nextLookMs = nowMs + LOOK_MS;
    const isThere = this.#watch.look(this.#producer.metrics, nowMs) === "present";
    return isThere || (await this.#awaitConsumer());
  }

  /**
   * Waits until somebody consumes.
   *
   * @returns False when the consumer has left and no other is to be waited for.
   * @throws {TimeoutError} when nobody came in time.
   */
  async #awaitConsumer(): Promise<boolean> {
    const { channel, signal, timeoutMs, isWaitingForNext, progress } = this.#options;
    const startMs = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const nowMs = performance.now();
      const presence = this.#watch.look(this.#producer.metrics, nowMs);
      if (presence === "present") {
        this.#clock.paused(startMs, nowMs);
        progress.resume();
        return true;
      }
      // One that left after it had taken everything has done its part.
      if (this.#isEndSent && this.#isLaneEmpty) return true;
      if (presence === "left" && !isWaitingForNext) {
        progress.note("the consumer has left");
        return false;
      }
      if (nowMs - startMs >= timeoutMs) {
        throw new TimeoutError(`Nobody consumes "${channel}" after ${formatDuration(timeoutMs)}`);
      }
      if (presence !== "leaving") {
        progress.say(`${CAUSES[presence]}waiting for a consumer of ${channel}`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** How many data records nobody has taken and nobody will. */
  #countLeftBehind(): number {
    const { lag, consumer, position, consumedPosition } = this.#producer.metrics;
    if (consumer === "alive" || consumedPosition >= position) return 0;
    if (this.#endPosition > 0 && this.#isLaneEmpty) return 0;
    return Math.min(this.#sent, Math.max(0, lag - (this.#isEndSent ? 1 : 0)));
  }

  #describe(): string {
    const { count, sizeBytes } = this.#options;
    const sent = this.#sent;
    const of = count === 0 ? "" : ` of ${formatCount(count)}`;
    const rate = formatTransferRate(sent, sent * sizeBytes, this.#clock.elapsedMs);
    return `${formatCount(sent)}${of} sent, ${rate}`;
  }

  /** A channel that others made may have no room for records of this size. */
  #explain(error: unknown): unknown {
    if (!(error instanceof RangeError) || this.#options.sizeBytes <= HEADER_BYTES) return error;
    const advice = "start both ends with a larger --capacity, or the producer first";
    return new RangeError(`${error.message}; ${advice}`, { cause: error });
  }
}

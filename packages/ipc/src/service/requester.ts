/**
 * The asking end of a service.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import {
  checkNumber,
  checkOneOf,
  checkOptions,
  isTurnDue,
  type OptionNames,
  takeTurn,
} from "@isthmus/core/internal";
import { claimLane } from "../flow/lane-claim.ts";
import type { ChannelSchema, RecordInput, RecordValue } from "../flow/record-schema.ts";
import { LANE } from "../ring/lane-layout.ts";
import { touch } from "../segment/handles.ts";
import { NamedHandle } from "../segment/named-handle.ts";
import type { OpenVerb } from "../segment/segment.ts";
import {
  type AsyncWaitOptions,
  checkTime,
  checkWait,
  DEFAULT_TIMEOUT_MS,
  timedOut,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { RequestLane } from "./request-lane.ts";
import { Service } from "./service.ts";
import { SERVICE_LANE } from "./service-layout.ts";
import { type RequesterMetrics, requesterMetrics } from "./service-metrics.ts";
import { SERVICE_OPTIONS, type ServiceOptions } from "./service-options.ts";

const ON_ABSENT = ["wait", "fail"] as const;

/** The longest spinning in milliseconds: it stops this thread and heats a CPU. */
const SPIN_MS_MAX = 1000;

/** How a requester is opened. */
export interface RequesterOptions<Q extends ChannelSchema, S extends ChannelSchema>
  extends ServiceOptions<Q, S> {
  /**
   * What a request does while there is no responder: it waits for one until its time is over (default), or fails at
   * once with `SystemError` `ECONNREFUSED`.
   */
  readonly onAbsent?: "wait" | "fail" | undefined;
}

/** How a request is waited for on this thread. */
export interface RequestSyncOptions extends WaitOptions {
  /**
   * How long to look for the answer again and again before this thread sleeps, in milliseconds, at most 1000. Default
   * 0. It saves two wake-ups, and is worth it only with a CPU to spare and a responder that polls.
   */
  readonly spinMs?: number | undefined;
}

const REQUEST_SYNC_OPTIONS: OptionNames<RequestSyncOptions> = { timeoutMs: true, spinMs: true };

/**
 * The asking end of a service. Any number of requests may be under way at a time; each gets its own answer, in
 * whatever order they come. Several requesters may open one service; each has a lane of its own.
 *
 * **Delivery.** A request is handled at most once. It is for the responder that is there when it is made, and no
 * other ever gets it; made when there is none, it is for the next one. When that responder dies, leaves or is
 * disposed, all that it has not answered rejects with `PeerDiedError`, whether it had begun with it or not. Repeat
 * such a request only if it does no harm twice. A responder that is stopped or slow is not dead: only time ends that.
 * A request whose time is over, or that was aborted, may still be handled; its late answer is dropped and counted.
 *
 * **Memory order.** The handler sees everything that its requester wrote to memory before the request, and the
 * requester what the handler wrote before it answered.
 *
 * @example
 * ```ts
 * import { f64, Requester, Responder, struct, u32 } from "@isthmus/ipc";
 *
 * const Order = struct({ id: u32, quantity: u32 });
 * const Price = struct({ id: u32, total: f64 });
 * const schemas = { request: Order, response: Price };
 * using responder = Responder.createOrOpen("example-prices", schemas);
 * void responder.serve(({ id, quantity }) => ({ id, total: quantity * 2.5 }));
 *
 * using requester = Requester.createOrOpen("example-prices", schemas);
 * const price = await requester.request({ id: 7, quantity: 4 }, { timeoutMs: 1000 });
 * console.log(price); // { id: 7, total: 10 }
 * ```
 */
export class Requester<Q extends ChannelSchema, S extends ChannelSchema> extends NamedHandle {
  readonly #service: Service;
  readonly #laneIndex: number;
  readonly #lane: RequestLane;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options: RequesterOptions<Q, S>) {
    const { onAbsent = "wait" } = checkOptions("options", options, SERVICE_OPTIONS);
    checkOneOf("options.onAbsent", onAbsent, ON_ABSENT);
    const service = new Service(verb, name, options, "requester");
    super(service.segment, "Requester");
    try {
      this.#laneIndex = claimLane(service, {
        verb: "ask",
        limitName: "maxRequesters",
        isEmpty: (lane) => isLaneEmpty(service, lane),
      });
      this.#lane = new RequestLane(service, this.#laneIndex, onAbsent === "fail");
    } catch (error) {
      service.leave();
      throw error;
    }
    this.#service = service;
    const [lane, laneIndex] = [this.#lane, this.#laneIndex];
    service.segment.whenForgotten(this, () => leave(service, lane, laneIndex));
  }

  /**
   * Creates a service.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Its schemas and size.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no room.
   */
  static createNew<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: RequesterOptions<Q, S>,
  ): Requester<Q, S> {
    return new Requester("createNew", name, options);
  }

  /**
   * Opens a service that somebody holds.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schemas; sizes are those of its creator.
   * @throws {SystemError} `ENOENT` when nobody does; `EAGAIN` when it has `maxRequesters` live requesters.
   * @throws {CorruptSegmentError} When it was made with other schemas; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: RequesterOptions<Q, S>,
  ): Requester<Q, S> {
    return new Requester("openExisting", name, options);
  }

  /**
   * Opens a service, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schemas and size, and what a request does without a responder.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: RequesterOptions<Q, S>,
  ): Requester<Q, S> {
    return new Requester("createOrOpen", name, options);
  }

  /** What this requester's lane has seen so far. */
  get metrics(): RequesterMetrics {
    this.checkOpen();
    return requesterMetrics(this.#laneIndex, this.#lane);
  }

  /**
   * Makes a request, without blocking the event loop. When there is no room for it, it waits in turn.
   *
   * @param record What the request's schema describes; it is copied before this returns.
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns The answer. Rejects with `RemoteError` when the handler threw; `PeerDiedError` when the responder ended;
   *   `TimeoutError`; the signal's reason; `DisposedError` when disposed meanwhile; `TypeError` or `RangeError` when
   *   the schema does not allow the record or it is too long; `SystemError` `ECONNREFUSED` with `onAbsent: "fail"`;
   *   `CorruptSegmentError` when the answer cannot be.
   */
  async request(record: RecordInput<Q>, options?: AsyncWaitOptions): Promise<RecordValue<S>> {
    let timeoutMs = Infinity;
    let signal: AbortSignal | undefined;
    if (options !== undefined) {
      ({ timeoutMs, signal } = checkWait(options));
      signal?.throwIfAborted();
    }
    this.checkOpen();
    try {
      return (await this.#lane.request(record, timeoutMs, signal)) as RecordValue<S>;
    } finally {
      touch(this);
      if (isTurnDue()) await takeTurn();
    }
  }

  /**
   * Makes a request and sleeps on this thread until it is answered. Answers to other requests of this requester that
   * come meanwhile are taken, too. With a responder on this very thread it fails at once, and asks nothing. A
   * responder's death is noticed within about 50 ms.
   *
   * @param record What the request's schema describes.
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `spinMs`.
   * @returns The answer.
   * @throws {Error} What `request` rejects with; `TimeoutError` at once when the responder is on this thread.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   */
  requestSync(record: RecordInput<Q>, options?: RequestSyncOptions): RecordValue<S> {
    const { timeoutMs, spinMs = 0 } = checkOptions("options", options, REQUEST_SYNC_OPTIONS);
    const time = checkTime(timeoutMs, DEFAULT_TIMEOUT_MS);
    checkNumber("spinMs", spinMs, 0, SPIN_MS_MAX);
    this.checkOpen();
    return this.#lane.requestSync(record, time, spinMs) as RecordValue<S>;
  }

  /**
   * Waits in the event loop until there is a responder, without asking it anything. Woken, not polling.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async ready(options?: AsyncWaitOptions): Promise<void> {
    await this.#untilServed(true, options);
  }

  /**
   * The opposite of `ready`: waits until there is no responder, because it has left or died.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects as `ready`.
   */
  async absent(options?: AsyncWaitOptions): Promise<void> {
    await this.#untilServed(false, options);
  }

  /** Leaves the service. Requests that were not answered reject with `DisposedError`. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    leave(this.#service, this.#lane, this.#laneIndex);
  }

  async #untilServed(isServed: boolean, options: AsyncWaitOptions | undefined): Promise<void> {
    const wait = checkWait(options);
    this.checkOpen();
    const isThere = await this.#lane.untilServed(isServed, wait);
    touch(this);
    if (isThere) return;
    const what = isServed ? "nobody answers" : "its responder is there";
    throw timedOut(`wait for "${this.name}"`, wait.timeoutMs, what);
  }

  protected override checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError("Requester");
  }
}

function leave(service: Service, lane: RequestLane, laneIndex: number): void {
  lane.close();
  service.disownLane(laneIndex);
  // A responder may have replies for which there was no room.
  service.room.wake();
  service.leave();
}

/** Whether nobody has anything to read in a lane. */
function isLaneEmpty(service: Service, lane: number): boolean {
  const { words } = service;
  const word = service.laneWord(lane);
  return [SERVICE_LANE.requests, SERVICE_LANE.replies].every(
    (ring) => words.load(word + ring + LANE.tail) === words.load(word + ring + LANE.head),
  );
}

/**
 * What a requester does behind its methods: sending, matching replies, noticing that its responder has gone.
 *
 * @module
 */
import { DisposedError, NotSupportedError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import { codecOf } from "../flow/record-codec.ts";
import type { TravelTimes } from "../flow/travel-times.ts";
import type { Counters } from "../metrics/counters.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import {
  type CheckedWait,
  type Condition,
  timedOut,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import { type Ending, endingOf, spin } from "./ending.ts";
import { decodeError } from "./error-body.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import { type PendingRequest, PendingRequests } from "./pending-requests.ts";
import { ResponderWatch } from "./responder-watch.ts";
import type { Service } from "./service.ts";
import { OUTCOME, SERVICE_COUNTERS, SERVICE_LANE } from "./service-layout.ts";

/** How often a thread that sleeps asks whether its responder lives, in milliseconds. */
const LIFE_LOOK_MS = 20;

/** One requester's lane. */
export class RequestLane {
  /** What was sent, and what became of it; and the replies that came. */
  readonly counters: Counters;
  readonly received: Counters;
  /** How long requests took; undefined when they are not measured. */
  readonly times: TravelTimes | undefined;
  readonly #service: Service;
  readonly #writer: MessageWriter;
  readonly #reader: MessageReader;
  readonly #cell: WaitCell;
  readonly #isFailing: boolean;
  /** Of this owner of the lane: a reply to another one is not ours. */
  readonly #generation: number;
  readonly #wantsRoom: number;
  readonly #pending = new PendingRequests();
  readonly #responder: ResponderWatch;
  #isFollowing = false;
  /** Whether a record is being written: code of the program's may run. */
  #isWriting = false;
  #isClosed = false;

  /**
   * @param service The service.
   * @param lane The lane, which this process owns and which is ready.
   * @param isFailing Whether a request fails at once when there is no responder.
   */
  constructor(service: Service, lane: number, isFailing: boolean) {
    const word = service.laneWord(lane);
    const offset = service.laneOffset(lane);
    const { request, response } = service.shape;
    // Before anything is read: replies to the last owner are recognised from now on.
    this.#generation = (service.words.add(word + SERVICE_LANE.generation, 1) + 1) | 0;
    this.#wantsRoom = word + SERVICE_LANE.wantsRoom;
    service.words.store(this.#wantsRoom, 0);
    this.#service = service;
    this.#responder = new ResponderWatch(service);
    this.#isFailing = isFailing;
    this.#cell = service.laneCell(lane);
    this.#writer = new MessageWriter({
      service,
      place: service.requestRing(lane),
      countersOffset: offset + SERVICE_COUNTERS.sent,
      codec: codecOf(request, "request"),
      cell: service.requests,
    });
    const replies = service.replyRing(lane);
    const received = offset + SERVICE_COUNTERS.received;
    this.#reader = new MessageReader(service, replies, received, codecOf(response, "response"));
    this.counters = this.#writer.counters;
    this.received = this.#reader.counters;
    this.times = service.timesOf(lane);
  }

  /** Requests that have not been answered. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Makes a request and waits for its answer in the event loop. */
  request(record: unknown, timeoutMs: number, signal: AbortSignal | undefined): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const request = this.#begin(record, resolve, reject);
    if (!this.#isFollowing) void this.#follow();
    return timeoutMs === Infinity && signal === undefined
      ? promise
      : this.#bounded(request, promise, timeoutMs, signal);
  }

  /** Ends a request early when its time is over or its signal says so. */
  async #bounded(
    request: PendingRequest,
    promise: Promise<unknown>,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const timer =
      timeoutMs === Infinity
        ? undefined
        : setTimeout(() => this.#timeOut(request, timeoutMs), Math.ceil(timeoutMs));
    const abort = (): void => {
      if (this.#pending.remove(request)) request.reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Makes a request and waits for its answer on this thread. */
  requestSync(record: unknown, timeoutMs: number, spinMs: number): unknown {
    if (this.#service.segment.isOfThisThread(this.#service.responderSlot)) {
      const why = "its responder is on this thread, which answers nothing while it waits";
      throw timedOut(this.#description(), timeoutMs, `${why}: use request()`);
    }
    const { attempt, resolve, reject } = endingOf(() => this.#look());
    const request = this.#begin(record, resolve, reject);
    runPostponed();
    try {
      if (spin(attempt, spinMs) === undefined && this.#sleep(attempt, timeoutMs) === undefined) {
        this.#timeOut(request, timeoutMs);
      }
    } finally {
      this.#pending.remove(request);
    }
    const ending = attempt();
    if (ending === undefined) throw new DisposedError("Requester");
    if ("error" in ending) throw ending.error;
    return ending.response;
  }

  /**
   * Waits in the event loop until there is a responder, or until there is none.
   *
   * @returns False when the time was over.
   */
  async untilServed(isServed: boolean, wait: CheckedWait): Promise<boolean> {
    const { doorbell } = this.#service.segment;
    // Nobody has watched the responder's life while nothing was asked.
    this.#responder.suspect();
    const condition: Condition<true> = {
      attempt: () => ((this.#receive() !== 0) === isServed ? true : undefined),
      description: isServed
        ? `wait for a responder of "${this.#service.name}"`
        : this.#description(),
      owner: "Requester",
      cell: this.#cell,
    };
    return (await waitAsync(condition, doorbell, wait, this.#responder.watch)) === true;
  }

  /** Rejects what is pending and lets go of the lane. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.close();
    this.#pending.rejectWhere(() => true, new DisposedError("Requester"));
  }

  /** Sends a request, or keeps it until that is possible. */
  #begin(
    record: unknown,
    resolve: (response: unknown) => void,
    reject: (reason: unknown) => void,
  ): PendingRequest {
    if (this.#isWriting) {
      throw new NotSupportedError(`Cannot ask "${this.#service.name}" while a request is written`);
    }
    // Nobody has watched the responder's life since the last request was answered.
    const isFirst = this.#pending.size === 0;
    if (isFirst) this.#responder.suspectIfUnproven();
    const { serving } = this.#service;
    const isKnown = !isFirst && serving === this.#responder.term;
    const term = isKnown ? serving : this.#receive();
    if (term === 0 && this.#isFailing) throw this.#refused();
    const id = this.#pending.nextId();
    const madeNs = this.times?.now() ?? 0;
    const request: PendingRequest = { id, term, madeNs, body: undefined, resolve, reject };
    const isSent = this.#write(request, record);
    this.#pending.add(request);
    if (!isSent) this.#sendUnsent();
    return request;
  }

  /** Writes a request, or packs it for later; false then. Getters of its record may dispose the requester. */
  #write(request: PendingRequest, record: unknown): boolean {
    const { id, term } = request;
    let isSent = term !== 0 && this.#pending.unsentCount === 0;
    this.#isWriting = true;
    try {
      isSent &&= this.#writer.write(id, this.#generation, term, record);
      if (!isSent) request.body = this.#writer.pack(record);
    } catch (error) {
      throw this.#isClosed ? new DisposedError("Requester") : error;
    } finally {
      this.#isWriting = false;
    }
    if (this.#isClosed) throw new DisposedError("Requester");
    if (!isSent) this.counters.add("waits", 1);
    return isSent;
  }

  /** Follows replies in the event loop as long as requests are pending. */
  async #follow(): Promise<void> {
    this.#isFollowing = true;
    const options = { timeoutMs: Infinity, signal: undefined };
    const { doorbell } = this.#service.segment;
    const condition: Condition<true> = {
      attempt: () => {
        this.#look();
        return this.#pending.size === 0 ? true : undefined;
      },
      description: this.#description(),
      owner: "Requester",
      cell: this.#cell,
    };
    try {
      while (this.#pending.size > 0 && !this.#isClosed) {
        await waitAsync(condition, doorbell, options, this.#responder.watch);
      }
    } catch (error) {
      this.#pending.rejectWhere(() => true, error);
    } finally {
      this.#isFollowing = false;
    }
  }

  #sleep(attempt: () => Ending | undefined, timeoutMs: number): Ending | undefined {
    let lookAt = performance.now() + LIFE_LOOK_MS;
    const condition: Condition<Ending> = {
      attempt: () => {
        if (performance.now() >= lookAt) {
          this.#responder.suspect();
          lookAt = performance.now() + LIFE_LOOK_MS;
        }
        return attempt();
      },
      description: this.#description(),
      owner: "Requester",
      cell: this.#cell,
    };
    return waitSync(condition, timeoutMs);
  }

  /** Takes what has come, and sends what has not been sent. */
  #look(): void {
    this.#receive();
    if (this.#pending.unsentCount > 0) this.#sendUnsent();
  }

  /** Takes the replies that have come; returns the term of the responder that is there. */
  #receive(): number {
    // Looked at before the replies: what a responder answered before it went counts.
    const term = this.#responder.look();
    const reader = this.#reader;
    while (reader.next()) {
      const isOurs = reader.generation === this.#generation;
      const request = isOurs ? this.#pending.take(reader.id) : undefined;
      if (request === undefined) this.received.add("drops", 1);
      else this.#settle(request);
    }
    if (reader.release()) this.#service.room.wake();
    if (term !== this.#responder.term) this.#changeTerm(term);
    return term;
  }

  #settle(request: PendingRequest): void {
    const reader = this.#reader;
    this.times?.note(request.madeNs);
    if (reader.detail === OUTCOME.error) {
      this.received.add("errors", 1);
      request.reject(decodeError(reader.text()));
      return;
    }
    let response: unknown;
    try {
      response = reader.decode();
    } catch (error) {
      request.reject(error);
      return;
    }
    request.resolve(response);
  }

  /** There is another responder than before, or none: what was for the last one it will not answer any more. */
  #changeTerm(term: number): void {
    const error = this.#responder.change(term);
    this.#pending.rejectWhere((request) => request.term !== 0 && request.term !== term, error);
  }

  /** Sends what waits for room or for a responder, and asks to be woken when there is room. */
  #sendUnsent(): void {
    if (this.#responder.term === 0) return;
    const { words } = this.#service;
    if (!this.#trySendUnsent()) {
      // Announced before the last look: the responder gives room, then looks for whoever wants it.
      words.store(this.#wantsRoom, 1);
      if (!this.#trySendUnsent()) return;
    }
    if (words.load(this.#wantsRoom) !== 0) words.store(this.#wantsRoom, 0);
  }

  #trySendUnsent(): boolean {
    const isAllSent = this.#pending.sendUnsent((request, body) => {
      if (request.term === 0) request.term = this.#responder.term;
      return this.#writer.writeBody(request.id, this.#generation, request.term, body);
    });
    this.#writer.flush();
    return isAllSent;
  }

  #timeOut(request: PendingRequest, timeoutMs: number): void {
    if (!this.#pending.remove(request)) return;
    this.counters.add("timeouts", 1);
    const why =
      request.term === 0
        ? "nobody answers"
        : request.body === undefined
          ? `its responder${this.#responder.name} has not answered`
          : `its responder${this.#responder.name} has not made room`;
    const state = request.term === this.#responder.term ? this.#responder.state : "";
    request.reject(timedOut(this.#description(), timeoutMs, `${why}${state}`));
  }

  #refused(): Error {
    return conditionError(
      "ECONNREFUSED",
      `${this.#description()}: nobody answers (onAbsent: "fail")`,
      "request",
    );
  }

  #description(): string {
    return `ask "${this.#service.name}"`;
  }
}

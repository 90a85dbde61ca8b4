/**
 * What a responder does behind its methods: taking requests from all lanes in turn, and answering them.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import { Readiness } from "../flow/readiness.ts";
import { runPostponed } from "../wait/before-sleep.ts";
import { timedOut, type Watch, waitAsync } from "../wait/wait-for.ts";
import { type AnswerInPlace, AnswerLane, type RequestMark } from "./answer-lane.ts";
import type { Service } from "./service.ts";
import { SERVICE } from "./service-layout.ts";

/** Requests that are taken from one lane before the next has its turn. */
const TURN_REQUESTS = 64;

/** Answers a request, now or later. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Responder.serve.
export type Answer = (request: any) => unknown;

/** What serving is asked for. */
export interface Serving {
  readonly handler: Answer;
  /** How many requests may be with asynchronous handlers at a time. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
}

/** All lanes of a service. */
export class Answering {
  readonly #service: Service;
  readonly #term: number;
  readonly #lanes: AnswerLane[] = [];
  readonly #isOpen: boolean[] = [];
  #readyCount = -1;
  /** The lane whose turn it is, an index into `#lanes`. */
  #turn = 0;
  #serving: Serving | undefined;
  #inFlight = 0;
  /** Whether requests were left because enough are with their handlers. */
  #isFull = false;
  #onIdle: (() => void) | undefined;
  #isAwaitingRoom = false;
  #isSuspect = false;
  #isClosed = false;
  #readiness: Readiness | undefined;

  constructor(service: Service, term: number) {
    this.#service = service;
    this.#term = term;
  }

  /** Waits that take nothing. */
  get readiness(): Readiness {
    const { name, requests, segment } = this.#service;
    const description = `serve "${name}"`;
    this.#readiness ??= new Readiness({
      condition: {
        attempt: () => this.#look(),
        description,
        owner: "Responder",
        cell: requests,
      },
      doorbell: segment.doorbell,
      begin: () => segment.checkOpen("Responder"),
      timedOut: (timeoutMs) => timedOut(description, timeoutMs, "nobody asks"),
    });
    return this.#readiness;
  }

  /** Requests that are with asynchronous handlers. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Replies that wait for room. */
  get blockedCount(): number {
    return this.#lanes.reduce((sum, { blockedCount }) => sum + blockedCount, 0);
  }

  get isServing(): boolean {
    return this.#serving !== undefined;
  }

  /** Answers requests in place; returns how many. */
  poll(handler: AnswerInPlace, limit: number): number {
    // What this thread holds back may be what others wait for before they ask.
    runPostponed();
    this.#findNew();
    const lanes = this.#lanes;
    let total = 0;
    for (let idle = 0; idle < lanes.length && total < limit; ) {
      const lane = this.#nextLane();
      const most = Math.min(TURN_REQUESTS, limit - total);
      let count = 0;
      if (lane.blockedCount === 0 || lane.unblock()) {
        while (count < most && lane.blockedCount === 0 && lane.take()) {
          count++;
          lane.answerInPlace(handler);
        }
      }
      this.#endTurn(lane);
      total += count;
      idle = count === 0 ? idle + 1 : 0;
    }
    if (total === 0) this.#service.segment.checkWhole();
    return total;
  }

  /** Whether there are requests that can be taken. */
  #look(): true | undefined {
    const { segment } = this.#service;
    segment.checkOpen("Responder");
    this.#findNew();
    const isReady = this.#lanes.some(
      ({ blockedCount, reader }) => blockedCount === 0 && reader.isReady,
    );
    if (isReady) return true;
    runPostponed();
    segment.checkWhole();
    return undefined;
  }

  /** Answers requests until the signal ends it and what was taken is answered, or the responder is disposed. */
  async serve(serving: Serving): Promise<void> {
    this.#serving = serving;
    this.#isFull = false;
    try {
      while (!serving.signal?.aborted && !this.#isClosed) {
        await this.#wait(serving.signal);
        await takeTurn();
      }
    } finally {
      this.#serving = undefined;
    }
    if (this.#inFlight > 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  /** Ends answering: handlers that are still at work answer nobody. */
  close(): void {
    this.#isClosed = true;
    for (const lane of this.#lanes) lane.writer.close();
    this.#onIdle?.();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { segment, name, requests } = this.#service;
    const condition = {
      attempt: () => this.#round(),
      description: `serve "${name}"`,
      owner: "Responder",
      cell: requests,
    };
    try {
      await waitAsync(condition, segment.doorbell, { timeoutMs: Infinity, signal });
    } catch (error) {
      const isEnd = error instanceof DisposedError || signal?.aborted === true;
      if (!isEnd) throw error;
    }
  }

  /**
   * Takes what there is.
   *
   * @returns True when there may be more, but the event loop is due; undefined when what comes next will wake this
   *   process.
   */
  #round(): true | undefined {
    const serving = this.#serving;
    if (serving === undefined || serving.signal?.aborted === true) return undefined;
    this.#findNew();
    const lanes = this.#lanes;
    for (let idle = 0; idle < lanes.length; ) {
      const count = this.#serveLane(this.#nextLane(), serving);
      if (this.#isFull || this.#isClosed) return undefined;
      // Asked only when something was there: who finds nothing waits, and has not missed anything.
      if (count > 0 && isTurnDue()) return true;
      idle = count === 0 ? idle + 1 : 0;
    }
    return undefined;
  }

  #serveLane(lane: AnswerLane, { handler, concurrency }: Serving): number {
    let count = 0;
    while (count < TURN_REQUESTS && lane.blockedCount === 0) {
      this.#isFull = this.#inFlight >= concurrency;
      if (this.#isFull || !lane.take()) break;
      count++;
      this.#handle(lane, handler);
      if (this.#isClosed) return count;
      if (isTurnDue()) break;
    }
    this.#endTurn(lane);
    return count;
  }

  #handle(lane: AnswerLane, handler: Answer): void {
    const { id, generation } = lane.reader;
    const mark = { id, generation };
    let response: unknown;
    try {
      response = handler(lane.reader.decode());
    } catch (error) {
      if (!this.#isClosed) lane.fail(mark, error);
      return;
    }
    if (response instanceof Promise) void this.#await(lane, mark, response);
    else if (!this.#isClosed) lane.answer(mark, response);
  }

  async #await(lane: AnswerLane, mark: RequestMark, promise: Promise<unknown>): Promise<void> {
    this.#inFlight++;
    try {
      const response = await promise;
      if (!this.#isClosed) lane.answer(mark, response);
    } catch (error) {
      if (!this.#isClosed) lane.fail(mark, error);
    } finally {
      this.#inFlight--;
      this.#afterAnswer(lane);
    }
  }

  #afterAnswer(lane: AnswerLane): void {
    if (this.#isClosed) return;
    if (lane.blockedCount > 0) void this.#awaitRoom();
    if (this.#inFlight === 0) this.#onIdle?.();
    if (!this.#isFull) return;
    this.#isFull = false;
    if (isTurnDue() || this.#round() === true) this.#wakeSelf();
  }

  #endTurn(lane: AnswerLane): void {
    lane.writer.flush();
    lane.release();
    if (lane.blockedCount > 0) void this.#awaitRoom();
  }

  /** Waits until no reply waits for room. Requests of a lane that waits are left where they are meanwhile. */
  async #awaitRoom(): Promise<void> {
    if (this.#isAwaitingRoom) return;
    this.#isAwaitingRoom = true;
    const { segment, name, room } = this.#service;
    const condition = {
      attempt: () => this.#unblock(),
      description: `answer "${name}"`,
      owner: "Responder",
      cell: room,
    };
    const options = { timeoutMs: Infinity, signal: undefined };
    try {
      // Between the end of a wait and the next look at it, other replies may have found no room.
      while (this.blockedCount > 0 && !this.#isClosed) {
        await waitAsync(condition, segment.doorbell, options, this.#watchBlocked);
      }
    } catch (error) {
      if (!(error instanceof DisposedError)) throw error;
    } finally {
      this.#isAwaitingRoom = false;
    }
  }

  #unblock(): true | undefined {
    if (this.#isSuspect) this.#service.reapDead();
    this.#isSuspect = false;
    let isAll = true;
    let isAny = false;
    for (const lane of this.#lanes) {
      if (lane.blockedCount === 0) continue;
      if (lane.unblock()) isAny = true;
      else isAll = false;
    }
    // Requests of these lanes have been left; nobody else would wake this process for them.
    if (isAny) this.#wakeSelf();
    return isAll ? true : undefined;
  }

  readonly #watchBlocked: Watch = (onDeath) => {
    const blocked = this.#lanes.filter(({ blockedCount }) => blockedCount > 0);
    const slots = blocked.map(({ ownerSlot }) => ownerSlot);
    return this.#service.segment.watchLives(slots, () => {
      this.#isSuspect = true;
      onDeath();
    });
  };

  #wakeSelf(): void {
    const { doorbell } = this.#service.segment;
    doorbell.ring(doorbell.bell);
  }

  #nextLane(): AnswerLane {
    const lane = this.#lanes[this.#turn] as AnswerLane;
    this.#turn = (this.#turn + 1) % this.#lanes.length;
    return lane;
  }

  /** Looks for lanes that have become ready; costs one load when there are none. */
  #findNew(): void {
    const { words, base, laneCount } = this.#service;
    const readyCount = words.load(base + SERVICE.readyCount);
    if (readyCount === this.#readyCount) return;
    this.#readyCount = readyCount;
    for (let lane = 0; lane < laneCount; lane++) {
      if (this.#isOpen[lane] === true || !this.#service.isLaneReady(lane)) continue;
      this.#lanes.push(new AnswerLane(this.#service, lane, this.#term));
      this.#isOpen[lane] = true;
    }
  }
}

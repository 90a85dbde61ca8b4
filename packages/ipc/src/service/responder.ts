/**
 * The answering end of a service.
 *
 * @module
 */

import { DisposedError, NotSupportedError } from "@isthmus/core";
import { checkInteger, checkOptions, type OptionNames } from "@isthmus/core/internal";
import { checkHandler } from "../flow/poll-options.ts";
import type {
  ChannelSchema,
  RecordCursor,
  RecordInput,
  RecordValue,
} from "../flow/record-schema.ts";
import { type SolePlace, takeSolePlace, waitForSolePlace } from "../flow/sole-place.ts";
import { touch } from "../segment/handles.ts";
import { NamedHandle } from "../segment/named-handle.ts";
import type { StructSchema } from "../struct/struct-schema.ts";
import { type AsyncWaitOptions, checkSignal, checkWait, splitWait } from "../wait/wait-for.ts";
import type { AnswerInPlace } from "./answer-lane.ts";
import { type Answer, Answering } from "./answering.ts";
import { Service } from "./service.ts";
import { SERVICE } from "./service-layout.ts";
import { type ResponderMetrics, responderMetrics } from "./service-metrics.ts";
import { SERVICE_OPTIONS, type ServiceOptions } from "./service-options.ts";

const DEFAULT_CONCURRENCY = 1024;
const DEFAULT_LIMIT = 1024;

/** The largest number of requests that may be with their handlers. */
const CONCURRENCY_MAX = 1 << 20;

/** The place of a service's responder. */
const RESPONDER_PLACE: SolePlace = { word: SERVICE.responder, verb: "answer", what: "responder" };

/** Answers a request: returns the response, or a promise of it. What it throws rejects the request. */
export type ServeHandler<Q extends ChannelSchema, S extends ChannelSchema> = (
  request: RecordValue<Q>,
) => Answered<S> | Promise<Answered<S>>;

/**
 * Answers a request in place. With a struct as response it may fill `place`, every field of it, and return nothing.
 */
export type PollHandler<Q extends ChannelSchema, S extends ChannelSchema> = (
  request: RecordCursor<Q>,
  place: InPlace<S>,
) => Answered<S> | (S extends AnyStruct ? undefined : never);

// biome-ignore lint/suspicious/noExplicitAny: the fields of a schema are invariant; any struct will do here.
type AnyStruct = StructSchema<any>;

/** What a handler returns. */
type Answered<S extends ChannelSchema> = RecordInput<S>;

type InPlace<S extends ChannelSchema> = S extends AnyStruct ? RecordCursor<S> : undefined;

/** How requests are served. */
export interface ServeOptions {
  /** Ends serving: nothing more is taken, what was taken is still answered. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many requests may be with asynchronous handlers at a time. Default 1024. More than that stay in the requesters'
   * lanes, which fill up and make them wait.
   */
  readonly concurrency?: number | undefined;
}

/** How many requests are polled. */
export interface PollRequestsOptions {
  /** How many at most, 1 or more. Default 1024. */
  readonly limit?: number | undefined;
}

/** How requests are polled and waited for. */
export interface PollRequestsAsyncOptions extends PollRequestsOptions, AsyncWaitOptions {}

const SERVE_OPTIONS: OptionNames<ServeOptions> = { signal: true, concurrency: true };
const POLL_OPTIONS: OptionNames<PollRequestsOptions> = { limit: true };
const POLL_ASYNC_OPTIONS: OptionNames<PollRequestsAsyncOptions> = {
  limit: true,
  timeoutMs: true,
  signal: true,
};

/**
 * The answering end of a service. A service has one responder at a time; it takes requests from all requesters in
 * turn, so that none has to wait for another. See `Requester` for what is promised when it dies.
 *
 * **Errors.** What a handler throws, or a response that the schema does not allow or that is too long, rejects the
 * request with `RemoteError`: name, message, code and stack go over, and are cut short where they do not fit.
 *
 * **Requesters that do not read.** When there is no room for the replies to one requester, they are kept here and
 * nothing more is taken from it, so that there are never more than its requests that are already with handlers; all
 * others are served meanwhile. Replies to a requester that has gone are dropped and counted, and its requests skipped.
 *
 * @example
 * ```ts
 * import { json, Requester, Responder } from "@isthmus/ipc";
 *
 * const schemas = { request: json, response: json };
 * using responder = Responder.createOrOpen("example-sums", schemas);
 * const stop = new AbortController();
 * const served = responder.serve(async ({ a, b }) => ({ sum: a + b }), { signal: stop.signal });
 *
 * using requester = Requester.createOrOpen("example-sums", schemas);
 * const answers = await Promise.all([1, 2, 3].map((a) => requester.request({ a, b: 1 })));
 * console.log(answers); // [ { sum: 2 }, { sum: 3 }, { sum: 4 } ]
 * stop.abort();
 * await served;
 * ```
 */
export class Responder<Q extends ChannelSchema, S extends ChannelSchema> extends NamedHandle {
  readonly #service: Service;
  readonly #answering: Answering;
  /** Whether a handler of `poll` is reading in place. */
  #isBusy = false;
  #isDisposed = false;

  private constructor(service: Service) {
    super(service.segment, "Responder");
    try {
      takeSolePlace(service, RESPONDER_PLACE);
      this.#answering = new Answering(service, service.beginTerm());
    } catch (error) {
      service.leave();
      throw error;
    }
    this.#service = service;
    const answering = this.#answering;
    service.segment.whenForgotten(this, () => leave(service, answering));
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
    options: ServiceOptions<Q, S>,
  ): Responder<Q, S> {
    return new Responder(new Service("createNew", name, options, "responder"));
  }

  /**
   * Opens a service that somebody holds.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options The schemas; sizes are those of its creator.
   * @throws {SystemError} `ENOENT` when nobody does; `EBUSY` when it has a live responder, naming it.
   * @throws {CorruptSegmentError} When it was made with other schemas; the message names both
   *   fingerprints and the first field that differs.
   */
  static openExisting<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: ServiceOptions<Q, S>,
  ): Responder<Q, S> {
    return new Responder(new Service("openExisting", name, options, "responder"));
  }

  /**
   * Opens a service, or creates it; see `createdNew`. The size of one that exists stays as it is.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schemas and size.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: ServiceOptions<Q, S>,
  ): Responder<Q, S> {
    return new Responder(new Service("createOrOpen", name, options, "responder"));
  }

  /**
   * Opens a service, or creates it, and waits until it has no responder: the next one takes over as soon as the present one
   * leaves or dies, as on a reload, or with a second process that stands by. Woken, not polling. Of several that wait
   * exactly one takes over, whichever, and the others wait on. One that is stopped is not dead, and keeps its place.
   *
   * Who waits takes part in the service already, as a `standby`. What was asked of the last responder rejects with
   * `PeerDiedError` unless it was answered, as ever; what is asked from then on is for the new one.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Schemas and size, and of the wait: `timeoutMs` in milliseconds (default: none) and a `signal` that
   *   ends it.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, which says who answers; the signal's reason; or what
   *   `createOrOpen` throws. Nothing stays open then.
   */
  static async openAsync<Q extends ChannelSchema, S extends ChannelSchema>(
    name: string,
    options: ServiceOptions<Q, S> & AsyncWaitOptions,
  ): Promise<Responder<Q, S>> {
    const { wait, rest } = splitWait(options, SERVICE_OPTIONS);
    const service = new Service("createOrOpen", name, rest, "responder");
    return await waitForSolePlace(
      service,
      RESPONDER_PLACE,
      wait,
      () => new Responder<Q, S>(service),
    );
  }

  /** What has been answered so far, by this responder and those before it. */
  get metrics(): ResponderMetrics {
    this.checkOpen();
    return responderMetrics(this.#service, this.#answering);
  }

  /**
   * Answers requests as they come, asleep in between. Asynchronous handlers run concurrently. The process is kept alive
   * meanwhile.
   *
   * @param handler Gets each request as a plain object of its own and returns the response or a promise of it.
   * @param options A `signal` that ends serving, and `concurrency`.
   * @returns Resolves when the signal has ended it and all that was taken is answered, or when the responder is
   *   disposed, which leaves what was not answered to reject.
   */
  async serve(handler: ServeHandler<Q, S>, options?: ServeOptions): Promise<void> {
    checkHandler(handler);
    const { signal, concurrency = DEFAULT_CONCURRENCY } = checkOptions(
      "options",
      options,
      SERVE_OPTIONS,
    );
    checkSignal(signal);
    checkInteger("options.concurrency", concurrency, 1, CONCURRENCY_MAX);
    this.#checkFree();
    await this.#answering.serve({ handler: handler as Answer, concurrency, signal });
    touch(this);
  }

  /**
   * Answers the requests that are there, in place and without a copy: never waits.
   *
   * **Safety.** What the handler gets is of use only until it returns: a read-only cursor, a view of `bytes` or a value
   * of `json`, and for a struct as response the place of the answer, which still has the bytes of an older one. Copy a
   * view of `bytes` before anything decodes it as text: see `Consumer.poll`.
   *
   * @param handler Called for every request; must not be asynchronous. What it throws rejects the request.
   * @param options How many at most.
   * @returns How many requests were answered; 0 when there were none.
   * @throws {DisposedError} After disposal.
   */
  poll(handler: PollHandler<Q, S>, options?: PollRequestsOptions): number {
    const limit = options === undefined ? DEFAULT_LIMIT : checkLimit(options);
    this.#checkFree();
    return this.#poll(handler as AnswerInPlace, limit);
  }

  /**
   * Sleeps in the event loop until there are requests, then answers them as `poll` does: in place. The same rules hold
   * for the handler.
   *
   * @param handler Called for every request; must not be asynchronous. What it throws rejects the request.
   * @param options How many at most, how long to wait in milliseconds (default: for ever), and a signal that ends the wait.
   * @returns How many requests were answered, 1 or more. Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or
   *   `DisposedError` when disposed meanwhile; then nothing has been taken.
   */
  async pollAsync(handler: PollHandler<Q, S>, options?: PollRequestsAsyncOptions): Promise<number> {
    this.#checkFree();
    const { timeoutMs, signal, ...rest } = checkOptions("options", options, POLL_ASYNC_OPTIONS);
    const wait = checkWait({ timeoutMs, signal });
    const limit = checkLimit(rest);
    checkHandler(handler);
    const poll = (): number => {
      this.#checkFree();
      return this.#poll(handler as AnswerInPlace, limit);
    };
    const count = await this.#answering.readiness.poll(poll, wait.timeoutMs, wait.signal);
    touch(this);
    return count;
  }

  /**
   * Waits in the event loop until there are requests, and takes none.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError` `ETIMEDOUT`, the signal's reason, or `DisposedError` when disposed meanwhile.
   */
  async ready(options?: AsyncWaitOptions): Promise<void> {
    const { timeoutMs, signal } = checkWait(options);
    this.#checkFree();
    await this.#answering.readiness.wait(timeoutMs, signal);
    touch(this);
  }

  #poll(handler: AnswerInPlace, limit: number): number {
    checkHandler(handler);
    this.#isBusy = true;
    try {
      return this.#answering.poll(handler, limit);
    } finally {
      this.#isBusy = false;
      if (this.#isDisposed) this.#leave();
    }
  }

  /** Leaves the service. What was asked of this responder and is not answered rejects with `PeerDiedError`. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // The request that is being read lies in this memory: left when its handler has returned.
    if (!this.#isBusy) this.#leave();
  }

  #leave(): void {
    leave(this.#service, this.#answering);
  }

  protected override checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError("Responder");
  }

  #checkFree(): void {
    this.checkOpen();
    if (this.#isBusy || this.#answering.isServing) {
      const what = this.#isBusy ? "inside its own poll()" : "while it serves";
      throw new NotSupportedError(`Cannot use the responder of "${this.name}" ${what}`);
    }
  }
}

function checkLimit(options: PollRequestsOptions): number {
  const { limit = DEFAULT_LIMIT } = checkOptions("options", options, POLL_OPTIONS);
  return limit === Infinity ? limit : checkInteger("limit", limit, 1);
}

function leave(service: Service, answering: Answering): void {
  answering.close();
  service.endTerm();
  service.leave();
}

/**
 * Requests that have not been answered, by their numbers.
 *
 * @module
 */

/** The tag of padding in a ring; no request has it. */
const PADDING_TAG = -1;

/** A request that has not been answered. */
export interface PendingRequest {
  readonly id: number;
  /** Term of the responder it is for; 0 while there is none. */
  term: number;
  /** When it was made by the clock that all processes share, in nanoseconds; 0 when times are not measured. */
  readonly madeNs: number;
  /** Its body, until it has found room in the ring. */
  body: Uint8Array | undefined;
  /** Each ends it, once: whoever calls has taken it out of the table. */
  readonly resolve: (response: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The table of one requester's requests. */
export class PendingRequests {
  readonly #byId = new Map<number, PendingRequest>();
  /** Those that are not in the ring yet, in the order of their calls. */
  readonly #unsent = new Set<PendingRequest>();
  #nextId: number;

  /** @param firstId The first number: any 32 bits, so that those of two owners of a lane rarely meet. */
  constructor(firstId: number = Math.floor(Math.random() * 2 ** 32)) {
    this.#nextId = firstId | 0;
  }

  get size(): number {
    return this.#byId.size;
  }

  get unsentCount(): number {
    return this.#unsent.size;
  }

  /** A number that no pending request has. */
  nextId(): number {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = (id + 1) | 0;
      if (id !== PADDING_TAG && !this.#byId.has(id)) return id;
    }
  }

  add(request: PendingRequest): void {
    this.#byId.set(request.id, request);
    if (request.body !== undefined) this.#unsent.add(request);
  }

  /** Takes the request with a number out; undefined when there is none. */
  take(id: number): PendingRequest | undefined {
    const request = this.#byId.get(id);
    if (request !== undefined) this.remove(request);
    return request;
  }

  /** Takes a request out; false when it was not there any more. */
  remove(request: PendingRequest): boolean {
    if (!this.#byId.delete(request.id)) return false;
    this.#unsent.delete(request);
    return true;
  }

  /** Tries to send what has not been sent, in order, until an attempt fails; returns whether all is sent. */
  sendUnsent(send: (request: PendingRequest, body: Uint8Array) => boolean): boolean {
    for (const request of this.#unsent) {
      if (request.body === undefined || !send(request, request.body)) return false;
      request.body = undefined;
      this.#unsent.delete(request);
    }
    return true;
  }

  /** Rejects those that are meant, all with one reason. */
  rejectWhere(isMeant: (request: PendingRequest) => boolean, reason: unknown): void {
    for (const request of [...this.#byId.values()]) {
      if (isMeant(request) && this.remove(request)) request.reject(reason);
    }
  }
}

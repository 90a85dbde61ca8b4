/**
 * Values that one process computes while all others wait for them.
 *
 * Who finds no fresh value takes a place among the computations of the key's shard, under its lock; who finds that somebody
 * has one waits, and takes over when the kernel says that this somebody is dead. What a computation throws is put into the
 * cache for those who wait, under the same key among the errors, with the computation's ticket.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { NotSupportedError } from "@isthmus/core";
import { checkNumber, checkOptions, type OptionNames } from "@isthmus/core/internal";
import { checkSignal, decodeError, encodeError, waitAsync } from "@isthmus/ipc/internal";
import { type Ttl, type TtlOptions, ttlOf } from "./cache-options.ts";
import type { CacheReader } from "./cache-reader.ts";
import type { CacheStore } from "./cache-store.ts";
import type { CacheWriter } from "./cache-writer.ts";

/** How a value is computed. */
export interface ComputeOptions extends TtlOptions {
  /** Ends this wait with the signal's reason. The computation goes on, for others and for the cache. */
  readonly signal?: AbortSignal | undefined;
  /** For how long what the computation throws is thrown to whoever asks later, too, in milliseconds. Default 0. */
  readonly errorTtlMs?: number | undefined;
}

const OPTIONS: OptionNames<ComputeOptions> = {
  ttlMs: true,
  staleMs: true,
  signal: true,
  errorTtlMs: true,
};

/** How long an error stays for those who wait, in milliseconds: they are woken at once. */
const ERROR_MS = 10_000;
/** The longest error in bytes; the cache may take less. */
const ERROR_BYTES_MAX = 4096;

type Compute = () => unknown;

/** A computation of the program's that is running, and the one that it was asked for in. */
interface Running {
  readonly epoch: bigint;
  readonly key: string;
  readonly outer: Running | undefined;
  isOver: boolean;
}

/** The innermost computation that the present code, or what it was awaited for, is a part of. */
const innermost = new AsyncLocalStorage<Running>();

/** How a wait ends: with a value, or with a ticket to compute it; without one when nobody can wait for it. */
type Turn = { readonly value: unknown } | { readonly ticket: number | undefined };

/** A computation for which others can wait, by its shard and its ticket there. */
interface OwnFlight {
  readonly index: number;
  readonly ticket: number;
}

/** What is computed and waited for through one handle. */
export class Computations {
  readonly #store: CacheStore;
  readonly #reader: CacheReader;
  readonly #writer: CacheWriter;
  /** What this handle computes or waits for, by key. */
  readonly #running = new Map<string, Promise<unknown>>();
  /** What this handle computes and others wait for. Each shard counts its tickets from 1. */
  readonly #flights = new Set<OwnFlight>();

  constructor(store: CacheStore, reader: CacheReader, writer: CacheWriter) {
    this.#store = store;
    this.#reader = reader;
    this.#writer = writer;
  }

  async get(
    key: string,
    compute: Compute,
    options: ComputeOptions,
    defaults: Ttl,
  ): Promise<unknown> {
    const store = this.#store;
    const { signal, errorTtlMs = 0, ...times } = checkOptions("options", options, OPTIONS);
    const ttl = ttlOf(times, defaults);
    checkNumber("options.errorTtlMs", errorTtlMs, 0, Number.MAX_VALUE);
    checkSignal(signal)?.throwIfAborted();
    store.key.set(key);
    const found = this.#reader.find(store.key);
    if (found === "fresh") {
      store.count("hits");
      return this.#reader.found;
    }
    const stale = found === "stale" ? this.#reader.found : undefined;
    if (found === undefined) {
      store.count("misses");
      const error = this.#errorOf(key, (one) => one.untilMs > store.now());
      if (error !== undefined) throw error;
      this.#checkOutside(key);
    }
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#obtain(key, compute, ttl, errorTtlMs).finally(() => {
        this.#running.delete(key);
      });
      this.#running.set(key, running);
    }
    if (found === "stale") {
      store.count("staleHits");
      // Nobody waits for it: what it throws, the next one who finds no value at all is told.
      running.catch(() => {});
      return stale;
    }
    return await (signal === undefined ? running : until(running, signal));
  }

  /** Gives the places among the computations back: others compute at once. */
  close(): void {
    for (const flight of this.#flights) this.#end(flight);
  }

  async #obtain(key: string, compute: Compute, ttl: Ttl, errorTtlMs: number): Promise<unknown> {
    const store = this.#store;
    const turn = await this.#turn(key);
    if ("value" in turn) return turn.value;
    const { ticket } = turn;
    store.key.set(key);
    const { index } = store;
    const flight = ticket === undefined ? undefined : { index, ticket };
    try {
      if (flight !== undefined) this.#flights.add(flight);
      const value = await this.#compute(key, compute);
      if (store.segment.isDisposed) return value;
      store.count("computes");
      this.#writer.set(key, value, ttl);
      return this.#writer.last;
    } catch (error) {
      if (!store.segment.isDisposed) this.#fail(key, ticket, error, errorTtlMs);
      throw error;
    } finally {
      if (flight !== undefined) this.#end(flight);
    }
  }

  /** Computes, so that whatever that asks for knows that it does. */
  async #compute(key: string, compute: Compute): Promise<unknown> {
    const { epoch } = this.#store.segment.superblock;
    let outer = innermost.getStore();
    // What one computation has left running may begin the next one, for ever: those that are over are let go.
    while (outer?.isOver) outer = outer.outer;
    const running = { epoch, key, outer, isOver: false };
    try {
      return await innermost.run(running, compute);
    } finally {
      running.isOver = true;
    }
  }

  /** Throws when a key's value is asked for by its own computation, which would wait for itself. */
  #checkOutside(key: string): void {
    const { superblock, name } = this.#store.segment;
    for (let one = innermost.getStore(); one !== undefined; one = one.outer) {
      if (one.isOver || one.key !== key || one.epoch !== superblock.epoch) continue;
      throw new NotSupportedError(
        `Cannot compute "${key}" of "${name}" inside its own computation, which would wait for itself`,
      );
    }
  }

  /** Waits for a value, or for the right to compute it. */
  async #turn(key: string): Promise<Turn> {
    const store = this.#store;
    const { segment } = store;
    store.key.set(key);
    const { index } = store;
    let awaited: number | undefined;
    let slot = -1;
    const attempt = (): Turn | undefined => {
      store.key.set(key);
      if (this.#reader.find(store.key) === "fresh") return { value: this.#reader.found };
      const flight = store.flights[index]!.find(store.key.hash);
      if (flight !== undefined && !flight.isOver) {
        if (awaited === undefined) store.count("waits");
        awaited = flight.ticket;
        slot = flight.slot;
        return undefined;
      }
      if (awaited !== undefined) {
        const error = this.#errorOf(key, ({ ticket }) => ticket === awaited);
        if (error !== undefined) throw error;
        store.key.set(key);
      }
      return this.#claim(index);
    };
    const condition = {
      attempt,
      description: `compute a value of "${segment.name}"`,
      owner: "SharedCache",
      cell: store.flightCell(index),
    };
    const options = { timeoutMs: Infinity, signal: undefined };
    const turn = await waitAsync(condition, segment.doorbell, options, (onDeath) =>
      segment.watchLives([slot], onDeath),
    );
    return turn as Turn;
  }

  /** Takes a place among the computations, unless somebody was faster. */
  #claim(index: number): Turn | undefined {
    const store = this.#store;
    store.lock(index);
    let isFresh = false;
    try {
      const flights = store.flights[index]!;
      isFresh = this.#reader.find(store.key) === "fresh";
      const flight = flights.find(store.key.hash);
      if (!isFresh && flight !== undefined && !flight.isOver) return undefined;
      if (!isFresh) return { ticket: flights.begin(store.key.hash, store.locks.self) };
    } finally {
      store.unlock(index);
    }
    return { value: this.#reader.found };
  }

  /** Leaves an error for those who wait. */
  #fail(key: string, ticket: number | undefined, thrown: unknown, errorTtlMs: number): void {
    const store = this.#store;
    store.count("computeErrors");
    store.key.set(key);
    const { index } = store;
    const limit = Math.min(ERROR_BYTES_MAX, Math.floor(this.#writer.entryBytesMax / 4));
    const note: ErrorNote = {
      ticket: ticket ?? 0,
      untilMs: store.now() + errorTtlMs,
      error: new TextDecoder().decode(encodeError(thrown, limit)),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(note));
    const shard = store.lock(index);
    try {
      this.#writer.putError(shard, store.key, bytes, Math.max(ERROR_MS, errorTtlMs));
    } finally {
      store.unlock(index);
    }
  }

  #end(flight: OwnFlight): void {
    const store = this.#store;
    const { index, ticket } = flight;
    if (!this.#flights.delete(flight) || store.segment.isDisposed) return;
    store.lock(index);
    try {
      store.flights[index]!.end(ticket);
    } finally {
      store.unlock(index);
    }
    store.wakeFlights(index);
  }

  /** The error of a key's last computation that threw, if it is meant. */
  #errorOf(key: string, isMeant: (note: ErrorNote) => boolean): Error | undefined {
    const store = this.#store;
    store.key.set(key);
    if (this.#reader.find(store.key.ofErrors) === undefined) return undefined;
    try {
      const note = JSON.parse(
        new TextDecoder().decode(this.#reader.foundBytes.slice()),
      ) as ErrorNote;
      return isMeant(note) ? decodeError(String(note.error)) : undefined;
    } catch {
      return undefined; // not what we write
    }
  }
}

/** What is kept of a computation that threw. */
interface ErrorNote {
  readonly ticket: number;
  /** On the shared clock, in milliseconds. */
  readonly untilMs: number;
  readonly error: string;
}

/** A promise, or the reason of a signal. */
async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Nobody may be left to hear of it.
    promise.catch(() => {});
  }
}

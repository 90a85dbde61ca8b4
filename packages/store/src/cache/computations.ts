/**
 * Values that one process computes while all others wait for them.
 *
 * Who finds no fresh value takes a place among the computations of the key's shard, under its lock; who finds that somebody
 * has one waits, and takes over when the kernel says that this somebody is dead. What a computation throws is put into the
 * cache for those who wait, under the same key among the errors, with the computation's ticket.
 *
 * @module
 */
import { checkNumber, checkOptions, type OptionNames } from "@isthmus/core/internal";
import {
  type CheckedWait,
  checkSignal,
  checkTime,
  decodeError,
  encodeError,
  timedOut,
  waitAsync,
} from "@isthmus/ipc/internal";
import { type Ttl, type TtlOptions, ttlOf } from "./cache-options.ts";
import type { CacheReader } from "./cache-reader.ts";
import type { CacheStore } from "./cache-store.ts";
import type { CacheWriter } from "./cache-writer.ts";
import { beginWait, runComputation, type Wanted } from "./wait-graph.ts";

/** How a value is computed. */
export interface ComputeOptions extends TtlOptions {
  /** Longest time to wait in milliseconds; default: without end. The computation goes on, for others and for the cache. */
  readonly timeoutMs?: number | undefined;
  /** Ends this wait with the signal's reason. The computation goes on, for others and for the cache. */
  readonly signal?: AbortSignal | undefined;
  /** For how long what the computation throws is thrown to whoever asks later, too, in milliseconds. Default 0. */
  readonly errorTtlMs?: number | undefined;
}

const OPTIONS: OptionNames<ComputeOptions> = {
  ttlMs: true,
  staleMs: true,
  timeoutMs: true,
  signal: true,
  errorTtlMs: true,
};

/** How long an error stays for those who wait, in milliseconds: they are woken at once. */
const ERROR_MS = 10_000;
/** The longest error in bytes; the cache may take less. */
const ERROR_BYTES_MAX = 4096;

type Compute = () => unknown;

/** How a wait ends: with a value, or with a ticket to compute it; without one when nobody can wait for it. */
type Turn = { readonly value: unknown } | { readonly ticket: number | undefined };

/** A value that is computed or waited for. */
interface Obtaining {
  readonly wanted: Wanted;
  readonly value: Promise<unknown>;
}

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
  readonly #obtaining = new Map<string, Obtaining>();
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
    const checked = checkOptions("options", options, OPTIONS);
    const { timeoutMs, signal, errorTtlMs = 0, ...times } = checked;
    const ttl = ttlOf(times, defaults);
    checkNumber("options.errorTtlMs", errorTtlMs, 0, Number.MAX_VALUE);
    const wait = { timeoutMs: checkTime(timeoutMs, Infinity), signal: checkSignal(signal) };
    signal?.throwIfAborted();
    store.segment.checkOpen("SharedCache");
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
    }
    let obtaining = this.#obtaining.get(key);
    const wanted = obtaining?.wanted ?? this.#wanted(key);
    // Nobody waits for what is computed while a stale value is given out.
    const endWait = found === "stale" ? undefined : beginWait(wanted, store.segment.name);
    if (obtaining === undefined) {
      const value = this.#obtain(wanted, compute, ttl, errorTtlMs).finally(() => {
        this.#obtaining.delete(key);
      });
      obtaining = { wanted, value };
      this.#obtaining.set(key, obtaining);
    }
    const { value } = obtaining;
    if (found === "stale") {
      store.count("staleHits");
      // What it throws, the next one who finds no value at all is told.
      value.catch(() => {});
      return stale;
    }
    try {
      return await this.#until(value, key, wait);
    } finally {
      endWait?.();
    }
  }

  /** Gives the places among the computations back: others compute at once. */
  close(): void {
    for (const flight of this.#flights) this.#end(flight);
  }

  /** A value that nobody obtains through this handle yet; its key is the current one. */
  #wanted(key: string): Wanted {
    const { segment, key: current } = this.#store;
    return { key, place: `${segment.superblock.epoch} ${current.hash}`, running: undefined };
  }

  async #obtain(wanted: Wanted, compute: Compute, ttl: Ttl, errorTtlMs: number): Promise<unknown> {
    const store = this.#store;
    const { key } = wanted;
    const turn = await this.#turn(key);
    if ("value" in turn) return turn.value;
    const { ticket } = turn;
    store.key.set(key);
    const { index } = store;
    const flight = ticket === undefined ? undefined : { index, ticket };
    try {
      if (flight !== undefined) this.#flights.add(flight);
      const value = await runComputation(wanted, compute, ticket !== undefined);
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

  /** A value when it is there, unless time or a signal ends the wait before. */
  async #until(value: Promise<unknown>, key: string, wait: CheckedWait): Promise<unknown> {
    const { timeoutMs, signal } = wait;
    if (timeoutMs === Infinity && signal === undefined) return await value;
    const early = Promise.withResolvers<never>();
    const onAbort = (): void => early.reject(signal?.reason);
    const onTime = (): void => {
      early.reject(timedOut(`compute "${key}" of "${this.#store.segment.name}"`, timeoutMs));
    };
    // Timers drop fractions, and no wait ends too early.
    const timer = timeoutMs === Infinity ? undefined : setTimeout(onTime, Math.ceil(timeoutMs));
    signal?.addEventListener("abort", onAbort);
    try {
      return await Promise.race([value, early.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      // Nobody may be left to hear of it.
      value.catch(() => {});
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

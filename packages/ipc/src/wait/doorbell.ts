/**
 * The doorbell: how another process wakes this one's event loop, and how it sees that this one has died.
 *
 * Every process has two named pipes in the directory of named memory. Into `.bell-<number>` others write a byte
 * to wake it. `.life-<number>` nobody writes: the process keeps it open, and who opens it for reading sees it end
 * when the process does, however it ends. Both are opened for reading by an event loop only while something
 * waits, so that an idle process neither polls nor is kept alive.
 *
 * @module
 */
import { join } from "node:path";
import { TimeoutError } from "@isthmus/core";
import {
  ensureDirectory,
  host,
  isTurnDue,
  makeThreadPipe,
  noteTurn,
  type OwnPipe,
  openRinger,
  Patience,
  type PipeRinger,
  takeTurn,
} from "@isthmus/core/internal";
import { perThread } from "../per-thread.ts";
import { FifoReader } from "./fifo-reader.ts";

/** How many descriptors for ringing others are kept open. */
const RINGERS_MAX = 64;

/** What a pipe's number becomes in its name. */
function pipePath(directory: string, kind: "bell" | "life", bell: number): string {
  return join(directory, `.${kind}-${bell.toString(16).padStart(14, "0")}`);
}

/**
 * How often those who wait look without having been rung, in milliseconds. One timer for all of a process: a timer
 * for every wait cost as much as the wake-up itself.
 */
const SAFETY_MS = 1000;

/** How long a thread sleeps that can neither be woken by a word nor by its bell, in milliseconds. */
const DEAF_MS = 1;

/** Somebody who waits for this process's bell. */
export interface BellListener {
  /** @param isSafetyLook The bell has not been rung, time has passed. */
  onBell(isSafetyLook: boolean): void;
}

/** Somebody who wants to know when a process has ended. */
export type LifeListener = () => void;

/** The reader of another process's liveness pipe, and for whom it reads. */
interface Life {
  readonly reader: FifoReader;
  readonly listeners: Set<LifeListener>;
}

/** This process's bell and liveness pipe, and its way to those of others, in one directory. */
export class Doorbell {
  /** The number of the bell: random, above 0, below 2^53. */
  readonly bell: number;
  readonly #directory: string;
  readonly #pipes: OwnPipe[] = [];
  readonly #listeners = new Set<BellListener>();
  readonly #reader: FifoReader;
  readonly #ringers = new Map<number, PipeRinger>();
  readonly #lives = new Map<number, Life>();
  #safety: Timer | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    const random = crypto.getRandomValues(new Uint32Array(2));
    const [high, low] = random as unknown as readonly [number, number];
    this.bell = (high & 0x1f_ffff) * 2 ** 32 + ((low | 1) >>> 0);
    const bellPath = this.#makePipe("bell");
    this.#makePipe("life");
    this.#reader = new FifoReader(bellPath, {
      onBytes: () => {
        noteTurn();
        this.#notify(false);
      },
      onEnd: () => {},
      onStop: () => this.#stopSafetyLooks(),
    });
    process.once("exit", () => this.#close());
  }

  /** Whether others can find it: not when somebody has emptied its directory. */
  get isThere(): boolean {
    return this.#pipes.every(({ isThere }) => isThere);
  }

  /**
   * Calls back whenever this process's bell has been rung, until `unlisten`. The event loop is kept alive meanwhile.
   */
  listen(listener: BellListener): void {
    this.#listeners.add(listener);
    this.#reader.acquire();
    this.#safety ??= setInterval(() => {
      noteTurn();
      this.#notify(true);
    }, SAFETY_MS);
  }

  /** Calls a listener back no more. */
  unlisten(listener: BellListener): void {
    if (!this.#listeners.delete(listener)) return;
    this.#reader.release();
    this.#stopSafetyLooks();
  }

  /**
   * Wakes the event loop of a bell's owner.
   *
   * @returns False when the owner is gone.
   */
  ring(bell: number): boolean {
    if (bell === this.bell) {
      // Two sides of one thread that wake each other would never let go of the event loop.
      if (isTurnDue()) void takeTurn().then(() => this.#notify(false));
      else queueMicrotask(() => this.#notify(false));
      return true;
    }
    const ringer = this.#ringerOf(bell);
    if (ringer === undefined) return false;
    if (ringer.ring()) return true;
    this.#ringers.delete(bell);
    ringer.close();
    return false;
  }

  /**
   * Sleeps until this thread's bell is rung, or has been rung since it was last heard, where threads cannot sleep on a word in
   * shared memory. This thread runs nothing else meanwhile.
   *
   * @param timeoutMs How long at most, in milliseconds.
   * @returns Whether it was rung.
   */
  sleep(timeoutMs: number): boolean {
    const [bell] = this.#pipes;
    if (bell?.sleep !== undefined) return bell.sleep(timeoutMs);
    host.sleep(Math.min(timeoutMs, DEAF_MS));
    return true;
  }

  /**
   * Calls back when a bell's owner ends, or at once when it has ended already, until the returned function is
   * called. It is a hint: ask the owner's lock before anything is taken from it.
   */
  watchLife(bell: number, listener: LifeListener): () => void {
    const life = this.#lives.get(bell) ?? this.#openLife(bell);
    // Each watch is one of its own: a wait watches anew, with the same function, before its last watch ends.
    const own: LifeListener = () => listener();
    life.listeners.add(own);
    life.reader.acquire();
    return () => {
      if (life.listeners.delete(own)) life.reader.release();
    };
  }

  #openLife(bell: number): Life {
    const listeners = new Set<LifeListener>();
    const reader = new FifoReader(pipePath(this.#directory, "life", bell), {
      onBytes: () => {},
      onEnd: () => {
        for (const listener of [...listeners]) listener();
      },
      onStop: () => {
        if (this.#lives.get(bell)?.reader === reader) this.#lives.delete(bell);
      },
    });
    const life = { reader, listeners };
    this.#lives.set(bell, life);
    return life;
  }

  /** Calls everybody who listened when the call began; they may stop listening meanwhile. */
  #notify(isSafetyLook: boolean): void {
    for (const listener of [...this.#listeners]) listener.onBell(isSafetyLook);
  }

  /** Stops looking unless somebody waits, or has just waited. Who waits looks even if the pipe has gone. */
  #stopSafetyLooks(): void {
    if (this.#listeners.size > 0 || this.#reader.isReading) return;
    clearInterval(this.#safety);
    this.#safety = undefined;
  }

  /** Makes a pipe and keeps it open in both directions, so that it has no end while this process lives. */
  #makePipe(kind: "bell" | "life"): string {
    const path = pipePath(this.#directory, kind, this.bell);
    const patience = new Patience(
      (waitedMs) =>
        new TimeoutError(`Cannot make "${path}": others have removed it for ${waitedMs} ms`),
    );
    for (;;) {
      const pipe = makeThreadPipe(path);
      if (pipe !== undefined) {
        this.#pipes.push(pipe);
        return path;
      }
      patience.wait();
    }
  }

  #ringerOf(bell: number): PipeRinger | undefined {
    const known = this.#ringers.get(bell);
    if (known !== undefined) return known;
    const ringer = openRinger(pipePath(this.#directory, "bell", bell));
    if (ringer === undefined) return undefined;
    if (this.#ringers.size >= RINGERS_MAX) this.#dropOldestRinger();
    this.#ringers.set(bell, ringer);
    return ringer;
  }

  #dropOldestRinger(): void {
    for (const [bell, ringer] of this.#ringers) {
      this.#ringers.delete(bell);
      ringer.close();
      return;
    }
  }

  #close(): void {
    for (const pipe of this.#pipes) {
      try {
        pipe.close();
      } catch {
        // the directory is gone, and with it the pipe
      }
    }
  }
}

/** Also those of earlier evaluations: handles that are kept over a reload go on being woken. */
const doorbells = perThread(`doorbells of ${import.meta.url}`, () => new Map<string, Doorbell>());

/**
 * This process's doorbell in the directory that is used now, made on first use, and anew when its pipes were removed: those
 * who have the old one look once a second.
 */
export function ownDoorbell(): Doorbell {
  const directory = ensureDirectory();
  let doorbell = doorbells.get(directory);
  if (doorbell === undefined || !doorbell.isThere) {
    doorbell = new Doorbell(directory);
    doorbells.set(directory, doorbell);
  }
  return doorbell;
}

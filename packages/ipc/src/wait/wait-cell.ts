/**
 * A place in a segment where anyone can wait for a change, in any process, asleep or in an event loop.
 *
 * ```text
 *   0 ┌ sequence       u32   grows by 1 when sleepers are woken; what they sleep on
 *   4 │ armed          u32   bit 0: somebody sleeps on `sequence`; bit 1: somebody's bell is to be rung
 *   8 │ wakes          u32   how often somebody was woken
 *  12 │ timeoutWakes   u32   how often a waiter found its condition true without having been woken
 *  16 └ reserved       48 bytes
 * ```
 *
 * No wake-up is lost, by the order of steps on both sides: the waiter announces itself in `armed` **before** it
 * looks at its condition for the last time; the poster makes the condition true **before** it looks at `armed`.
 * All are sequentially consistent, so at least one of the two sees the other. (LMAX Disruptor's
 * LiteBlockingWaitStrategy and folly's EventCount rest on the same order.)
 *
 * `timeoutWakes` counts what this order should make impossible. Only deaths lead to it, of a poster between its two
 * steps, and of the owner of a mutex, who posts nothing: the look that every waiter takes now and then finds these. On a busy
 * machine that look may come just when a poster has to wait for a CPU between its steps: this counts, too, and nothing was lost.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { SharedFutex } from "@isthmus/core/internal";
import type { Words } from "../words.ts";

/** Bytes per cell: a cache line, so that waiting at one does not disturb another. */
export const CELL_BYTES = 64;

/** Word offsets within a cell. */
export const CELL = { sequence: 0, armed: 1, wakes: 2, timeoutWakes: 3 } as const;

/** Bits of `armed`: a thread sleeps on `sequence`; the bell of some participant is to be rung. */
export const ARMED_SLEEPER = 1;
const ARMED_BELL = 2;
const EVERYBODY = 0x7fff_ffff;

/** How often somebody looks whom nobody can ring, in milliseconds: all places of its segment are taken. */
export const BELLESS_LOOK_MS = 20;

/** The bells of a segment's participants. */
export interface Bells {
  readonly slotCount: number;
  /** Begins to wait at a cell; other handles may share the slot. */
  enter(cell: number): void;
  /** Waits no more: the last one who shares the slot takes its request back. */
  leave(cell: number): void;
  /**
   * Asks for the bell of this handle's own slot to be rung; returns whether that had been asked already, or undefined
   * when there is no slot for it.
   */
  arm(cell: number): boolean | undefined;
  /** Takes the request of a slot back; returns whether there was one. */
  disarm(slot: number, cell: number): boolean;
  /** Rings the bell of a slot's owner. */
  ring(slot: number): void;
  /** Sleeps until this thread's bell is rung, or has been since it was last heard, or a time has passed. */
  sleep(timeoutMs: number): boolean;
  /** Whether this handle has left the segment, so that its memory is gone. */
  readonly isClosed: boolean;
  /** Throws when the memory has lost its storage: nobody will ever wake whoever waits there. */
  checkWhole(): void;
}

/** A wait in the event loop. */
export interface CellWaiter {
  /** The handle is being disposed. */
  onClose(): void;
}

/** One cell of a segment. */
export class WaitCell {
  readonly #words: Words;
  readonly #sequence: number;
  readonly #armed: number;
  readonly #index: number;
  readonly #bells: Bells;
  readonly #futex: Pick<SharedFutex, "wait" | "wake"> | undefined;
  /** Those of this handle that wait in the event loop. They share one request. */
  readonly #waiters = new Set<CellWaiter>();

  /**
   * @param words The segment.
   * @param base Word at which the cell begins.
   * @param index Number of the cell in its segment, 0 to 31.
   * @param bells The participants' bells.
   * @param futex The cell's `sequence`, to sleep on. Without one whoever sleeps is woken by its bell.
   */
  constructor(
    words: Words,
    base: number,
    index: number,
    bells: Bells,
    futex: SharedFutex | undefined,
  ) {
    this.#words = words;
    this.#sequence = base + CELL.sequence;
    this.#armed = base + CELL.armed;
    this.#index = index;
    this.#bells = bells;
    this.#futex = futex;
  }

  /**
   * Wakes everybody who waits. Call it **after** the change that they wait for has been stored. Costs one
   * atomic load when nobody waits.
   */
  wake(): void {
    if (this.#words.load(this.#armed) !== 0) this.#wakeWaiters();
  }

  /**
   * The same by a plain look, which takes the cell's cache line away from nobody: an atomic load does, though it changes
   * nothing. The change may have been stored in any way.
   */
  fenceAndWake(): void {
    this.#words.fence();
    this.wakeAfterFence();
  }

  /** The same for whoever has had a fence between the change and this: that of another cell's `fenceAndWake` will do. */
  wakeAfterFence(): void {
    if (this.#words.glance(this.#armed) !== 0) this.#wakeWaiters();
  }

  /**
   * Sleeps until the cell is woken or a time has passed, unless the condition is true already. This thread runs
   * nothing else meanwhile.
   *
   * @param isTrue The condition; looked at once, after the waiter has announced itself.
   * @returns What ended the sleep; `"changed"` also when the condition was true already.
   */
  sleep(isTrue: () => boolean, timeoutMs: number): "woken" | "changed" | "timeout" | "interrupted" {
    if (this.#futex === undefined) return this.#sleepForBell(isTrue, timeoutMs);
    const sequence = this.#words.load(this.#sequence);
    this.#words.or(this.#armed, ARMED_SLEEPER);
    // A condition may begin with a glance, and on some ARM64 a plain read passes the atomic change before it.
    this.#words.fence();
    if (isTrue()) return "changed";
    this.#bells.checkWhole();
    const outcome = this.#futex.wait(sequence, timeoutMs);
    // Somebody woke the cell in the very moment in which the time was over: that counts as a wake-up.
    const isMissed = outcome === "timeout" && this.#words.load(this.#sequence) !== sequence;
    return isMissed ? "changed" : outcome;
  }

  /**
   * Announces itself for its bell, as a wait in the event loop does, and sleeps until that is rung. A ring before the sleep
   * ends it at once, so that none is missed; one for another cell ends it, too.
   */
  #sleepForBell(isTrue: () => boolean, timeoutMs: number): "woken" | "changed" | "timeout" {
    const words = this.#words;
    // For those who look on: nothing is woken by it.
    words.or(this.#armed, ARMED_SLEEPER);
    const canBeRung = this.arm() !== undefined;
    if (!isTrue()) {
      const time = canBeRung ? timeoutMs : Math.min(timeoutMs, BELLESS_LOOK_MS);
      if (this.#bells.sleep(time)) return "woken";
      // Who takes the request in the very moment in which the time is over has woken it.
      if (canBeRung && this.arm() === true) return "timeout";
    }
    return "changed";
  }

  /**
   * Announces that this handle's bell is to be rung at the next change. Look at the condition afterwards.
   *
   * @returns Whether it was announced already, and the bell has not been rung since; undefined when nobody will ring it,
   * because the segment has no place left for this handle.
   */
  arm(): boolean | undefined {
    if (this.#bells.isClosed) throw new DisposedError("segment");
    const wasArmed = this.#bells.arm(this.#index);
    this.#bells.checkWhole();
    this.#words.or(this.#armed, ARMED_BELL);
    // See `sleep`.
    this.#words.fence();
    return wasArmed;
  }

  /** Begins a wait in the event loop. */
  enter(waiter: CellWaiter): void {
    if (this.#waiters.size === 0) this.#bells.enter(this.#index);
    this.#waiters.add(waiter);
  }

  /** Ends a wait in the event loop; the last one takes the announcement back. */
  leave(waiter: CellWaiter): void {
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.#bells.leave(this.#index);
  }

  /** Ends all waits of this handle in the event loop, while its memory is still there. */
  close(): void {
    for (const waiter of [...this.#waiters]) waiter.onClose();
  }

  /** Whether this handle has left the segment, so that nothing can be waited for any more. */
  get isClosed(): boolean {
    return this.#bells.isClosed;
  }

  /** Notes that a waiter found its condition true without having been woken. */
  countTimeoutWake(): void {
    this.#words.add(this.#sequence - CELL.sequence + CELL.timeoutWakes, 1);
  }

  /** Whether somebody has announced to wait here, and has not been woken since. */
  get isAwaited(): boolean {
    return this.#words.load(this.#armed) !== 0;
  }

  /** How often a waiter found its condition true without having been woken. */
  get timeoutWakes(): number {
    return this.#words.load(this.#sequence - CELL.sequence + CELL.timeoutWakes) >>> 0;
  }

  /** How often waiters were woken. */
  get wakes(): number {
    return this.#words.load(this.#sequence - CELL.sequence + CELL.wakes) >>> 0;
  }

  #wakeWaiters(): void {
    const words = this.#words;
    const armed = words.exchange(this.#armed, 0);
    if (armed === 0) return;
    words.add(this.#sequence - CELL.sequence + CELL.wakes, 1);
    if ((armed & ARMED_SLEEPER) !== 0) {
      words.add(this.#sequence, 1);
      this.#futex?.wake(EVERYBODY);
    }
    if ((armed & ARMED_BELL) === 0) return;
    for (let slot = 0; slot < this.#bells.slotCount; slot++) {
      if (this.#bells.disarm(slot, this.#index)) this.#bells.ring(slot);
    }
  }
}

/**
 * One wait in the event loop, from its first look to its end.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { BellListener, Doorbell } from "./doorbell.ts";
import { BELLESS_LOOK_MS, type CellWaiter } from "./wait-cell.ts";
import type { Condition, Watch } from "./wait-for.ts";

/**
 * When to look again after somebody's death was reported and nothing was found, in milliseconds; each time twice as
 * late, up to the second. The end of a process is not one moment: its liveness pipe can end before its locks are gone.
 */
const DEATH_LOOK_MS = 1;
const DEATH_LOOK_MS_MAX = 5;

/**
 * A wait for a condition. Whatever ends it first decides; nothing that was obtained is lost.
 *
 * Between two messages a CPU forgets the code of both: what a wait does before it sleeps, and between bell and result,
 * costs ten times what it costs in a loop. So it makes no function that it may not need, and no timer.
 */
export class EventLoopWait<T> implements BellListener, CellWaiter {
  readonly #condition: Condition<T>;
  readonly #doorbell: Doorbell;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #watch: Watch | undefined;
  readonly #outcome = Promise.withResolvers<T | undefined>();
  #isSettled = false;
  #timer: Timer | undefined;
  #deathTimer: Timer | undefined;
  #deathLookMs = DEATH_LOOK_MS;
  #lookTimer: Timer | undefined;
  #onDeath: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(
    condition: Condition<T>,
    doorbell: Doorbell,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
    watch: Watch | undefined,
  ) {
    this.#condition = condition;
    this.#doorbell = doorbell;
    this.#timeoutMs = options.timeoutMs;
    this.#signal = options.signal;
    this.#watch = watch;
  }

  /** Begins to wait. Called once. */
  begin(): Promise<T | undefined> {
    this.#condition.cell.enter(this);
    this.#doorbell.listen(this);
    if (this.#timeoutMs !== Infinity) {
      // Timers drop fractions, and no wait ends too early.
      this.#timer = setTimeout(() => this.#onTime(), Math.ceil(this.#timeoutMs));
    }
    this.#signal?.addEventListener("abort", this);
    this.#look(false);
    return this.#outcome.promise;
  }

  /** Whoever has rung has taken the announcement back: mostly there is something, and no other one is needed. */
  onBell(isSafetyLook: boolean): void {
    if (this.#isSettled) return;
    // Whether a safety look finds what nobody has rung for is told by the announcement.
    if (isSafetyLook) this.#look(true);
    else if (!this.#glance()) this.#look(false);
  }

  /** The signal is aborted. */
  handleEvent(): void {
    this.#reject(this.#signal?.reason);
  }

  onClose(): void {
    this.#reject(new DisposedError(this.#condition.owner ?? "segment"));
  }

  /** Looks without having announced itself; returns whether the wait has ended. */
  #glance(): boolean {
    try {
      if (this.#condition.cell.isClosed) return false;
      const found = this.#condition.attempt();
      if (found !== undefined) this.#resolve(found);
    } catch (error) {
      this.#reject(error);
    }
    return this.#isSettled;
  }

  /** Announces itself, then looks: in this order, so that no change is missed. */
  #look(isSafetyLook: boolean): void {
    if (this.#isSettled) return;
    try {
      const { attempt, cell } = this.#condition;
      const wasArmed = cell.arm();
      const found = attempt();
      if (found === undefined) {
        this.#watchOthers();
        if (wasArmed === undefined) this.#lookAgain();
        return;
      }
      if (isSafetyLook && wasArmed === true) cell.countTimeoutWake();
      this.#resolve(found);
    } catch (error) {
      this.#reject(error);
    }
  }

  #watchOthers(): void {
    // After a death, not before the time set for it: the liveness pipe that ended would end again at once.
    if (this.#watch === undefined || this.#deathTimer !== undefined) return;
    const unwatchLast = this.#unwatch;
    // Watched anew before the last watch ends: a pipe that is still of interest stays open.
    this.#onDeath ??= () => this.#lookAfterDeath();
    this.#unwatch = this.#watch(this.#onDeath);
    unwatchLast?.();
  }

  #lookAgain(): void {
    this.#lookTimer ??= setTimeout(() => {
      this.#lookTimer = undefined;
      this.#look(false);
    }, BELLESS_LOOK_MS);
  }

  #lookAfterDeath(): void {
    this.#deathTimer ??= setTimeout(() => {
      this.#deathTimer = undefined;
      this.#look(false);
    }, this.#deathLookMs);
    this.#deathLookMs = Math.min(this.#deathLookMs * 2, DEATH_LOOK_MS_MAX);
    this.#look(false);
  }

  #onTime(): void {
    if (this.#isSettled) return;
    try {
      this.#resolve(this.#condition.attempt());
    } catch (error) {
      this.#reject(error);
    }
  }

  #resolve(found: T | undefined): void {
    if (!this.#end()) return;
    this.#outcome.resolve(found);
  }

  #reject(error: unknown): void {
    if (!this.#end()) return;
    this.#outcome.reject(error);
  }

  /** Ends the wait and lets go of all it used; false when it had ended already. */
  #end(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#deathTimer !== undefined) clearTimeout(this.#deathTimer);
    if (this.#lookTimer !== undefined) clearTimeout(this.#lookTimer);
    this.#signal?.removeEventListener("abort", this);
    this.#unwatch?.();
    this.#doorbell.unlisten(this);
    this.#condition.cell.leave(this);
    return true;
  }
}

/**
 * An event with a name, for any number of processes.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkBoolean,
  checkOneOf,
  checkOptions,
  type OptionNames,
  SECTION,
} from "@isthmus/core/internal";
import { touch } from "../segment/handles.ts";
import { type ParticipantsOptions, sharedPlaces } from "../segment/participants-option.ts";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import { WatchedHandle } from "../segment/watched-handle.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import {
  type AsyncWaitOptions,
  type Condition,
  checkTimeout,
  checkTry,
  checkWait,
  timedOut,
  type WaitOptions,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import { EVENT, EVENT_BYTES, MODES } from "./event-layout.ts";
import { EventSignal } from "./event-signal.ts";

const EVENT_CELL = 0;

/** How an event is reset: by the one waiter whom it releases, or by `reset()` only. */
export type EventResetMode = keyof typeof MODES;

/** What a new event is like. Whoever opens one that exists gets it as it is; these are checked and ignored. */
export interface EventOptions extends ParticipantsOptions {
  /** Default `"auto"`. */
  readonly reset?: EventResetMode | undefined;
  /** Whether it is set from the beginning. Default false. */
  readonly initial?: boolean | undefined;
}

const EVENT_OPTIONS: OptionNames<EventOptions> = {
  reset: true,
  initial: true,
  maxParticipants: true,
};

/**
 * A named event: processes wait until somebody sets it.
 *
 * With `reset: "auto"` a setting releases exactly one waiter, now or whoever comes next, and is used up by it.
 * As in .NET, two settings before any waiter has got through are one. With `reset: "manual"` a setting releases
 * everybody who waits, even if `reset()` follows at once, and everybody who comes until then.
 *
 * `set()` has release order and the end of a wait acquire order: what was written before is seen after.
 *
 * @example
 * ```ts
 * import { NamedEvent } from "@isthmus/ipc";
 *
 * using ready = NamedEvent.createOrOpen("example-ready", { reset: "manual" });
 * ready.set(); // in one process
 * ready.wait({ timeoutMs: 1000 }); // in any other
 * ```
 */
export class NamedEvent extends WatchedHandle {
  readonly #signal: EventSignal;
  readonly #cell: WaitCell;
  readonly #mode: EventResetMode;

  private constructor(verb: OpenVerb, name: string, options?: EventOptions) {
    const checked = checkOptions("options", options, EVENT_OPTIONS);
    const { reset = "auto", initial = false } = checked;
    const places = sharedPlaces(checked);
    checkOneOf("options.reset", reset, ["auto", "manual"]);
    checkBoolean("options.initial", initial);
    const segment = new Segment(verb, {
      name,
      kind: "event",
      cellCount: 1,
      sections: [{ id: SECTION.state, length: EVENT_BYTES }],
      init: (memory) => initEvent(memory, reset, initial),
      role: "user",
      places,
    });
    super(segment, "NamedEvent", "event");
    const { memory } = segment;
    const base = memory.wordOf(SECTION.state);
    try {
      this.#mode = modeOf(memory.words.get(base + EVENT.mode), name);
    } catch (error) {
      this.segment.dispose();
      throw error;
    }
    this.#signal = new EventSignal(memory.words, base);
    this.#cell = this.segment.cell(EVENT_CELL);
    this.segment.whenForgotten(this);
  }

  /**
   * Creates an event.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How it is reset, and whether it is set from the beginning.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name.
   */
  static createNew(name: string, options?: EventOptions): NamedEvent {
    return new NamedEvent("createNew", name, options);
  }

  /**
   * Opens an event, with the mode that its creator gave it.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When the name is something else.
   */
  static openExisting(name: string): NamedEvent {
    return new NamedEvent("openExisting", name);
  }

  /**
   * Opens an event, or creates it; see `createdNew`. The options of an event that exists stay as they are.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How it is reset, and whether it is set at first; ignored when it exists.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen(name: string, options?: EventOptions): NamedEvent {
    return new NamedEvent("createOrOpen", name, options);
  }

  /** How the event is reset, as its creator said. */
  get resetMode(): EventResetMode {
    return this.#mode;
  }

  /** Whether the event is set at this moment. */
  get isSet(): boolean {
    this.checkOpen();
    return this.#signal.isSet;
  }

  /**
   * Sets the event: releases one waiter (`"auto"`) or all (`"manual"`).
   *
   * @throws {SystemError} `ESTALE` when the name leads elsewhere by now, so that others may wait for another event of
   * this name. Nothing is set then.
   */
  set(): void {
    if (--this.left < 0) this.look("set");
    this.#signal.set();
    // Also when it was set already: whoever set it may have died before it woke anybody.
    this.#cell.wake();
    this.segment.checkWhole();
  }

  /**
   * Resets the event.
   *
   * @throws {SystemError} `ESTALE` as `set`.
   */
  reset(): void {
    if (--this.left < 0) this.look("reset");
    this.#signal.reset();
  }

  /**
   * Waits until the event is set, sleeping on this thread.
   *
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when the time is over.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   * @throws {SystemError} `ESTALE` when the name leads elsewhere by now, so that others may set another event of this name.
   */
  wait(options?: WaitOptions): void {
    const timeoutMs = checkTimeout(options);
    // The common case first, which needs no condition; an event that was disposed has no uses left.
    if (--this.left < 0) this.look("wait for");
    if (this.#take()) return;
    if (waitSync(this.#condition(), timeoutMs) === undefined) throw this.#timedOut(timeoutMs);
  }

  /**
   * As `wait`, but an event that is not set all the time is no error.
   *
   * @param options `timeoutMs`: 0 unless given, which never waits.
   * @returns Whether it was set; an automatic event is reset by that.
   * @throws {SystemError} `EINTR` when a signal arrived, while it waited, that this program handles; `ESTALE` as `wait`.
   */
  tryWait(options?: WaitOptions): boolean {
    const timeoutMs = checkTry(options);
    if (--this.left < 0) this.look("wait for");
    if (this.#take()) return true;
    if (timeoutMs > 0 && waitSync(this.#condition(), timeoutMs) !== undefined) return true;
    this.segment.checkWhole();
    return false;
  }

  /**
   * Waits until the event is set, without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, `DisposedError` when disposed meanwhile, or `SystemError`
   * `ESTALE` as `wait`.
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<void> {
    const checked = checkWait(options);
    this.checkOpen();
    const found = await waitAsync(this.#condition(), this.segment.doorbell, checked);
    touch(this);
    if (found === undefined) throw this.#timedOut(checked.timeoutMs);
  }

  /** Lets go of the event. Waits that are under way on this object in the event loop reject. */
  dispose(): void {
    this.watch.close();
    this.segment.dispose();
  }

  #condition(): Condition<true> {
    const signal = this.#signal;
    const since = signal.settings;
    const isAutomatic = this.#mode === "auto";
    return {
      attempt: () => {
        this.watch.look("wait for");
        return (isAutomatic ? signal.take() : signal.hasBeenSet(since)) || undefined;
      },
      description: this.#description(),
      owner: "NamedEvent",
      cell: this.#cell,
    };
  }

  /** Whether the event is set at this moment; an automatic one is reset by that. */
  #take(): boolean {
    return this.#mode === "auto" ? this.#signal.take() : this.#signal.isSet;
  }

  #description(): string {
    return `wait for the event "${this.name}"`;
  }

  #timedOut(timeoutMs: number): Error {
    return timedOut(this.#description(), timeoutMs);
  }
}

function initEvent(memory: SegmentMemory, reset: EventResetMode, isSet: boolean): void {
  const base = memory.wordOf(SECTION.state);
  memory.words.set(base + EVENT.mode, MODES[reset]);
  if (isSet) new EventSignal(memory.words, base).set();
}

function modeOf(code: number, name: string): EventResetMode {
  if (code === MODES.auto) return "auto";
  if (code === MODES.manual) return "manual";
  throw new CorruptSegmentError(
    `Cannot open "${name}": its mode must be ${MODES.auto} or ${MODES.manual}: found ${code}`,
  );
}

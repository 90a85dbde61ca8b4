/**
 * The mutex inside a segment: locking, its owner's name tag, and waking those who wait.
 *
 * @module
 */
import { CorruptSegmentError, NotSupportedError } from "@isthmus/core";
import {
  checkOneOf,
  conditionError,
  type MutexOutcome,
  type NamedFile,
  platform,
  readAbi,
  SECTION,
} from "@isthmus/core/internal";
import { inTheWay } from "../segment/in-the-way.ts";
import type { Participants } from "../segment/participants.ts";
import type { Segment, SegmentMemory } from "../segment/segment.ts";
import type { SectionSpec } from "../segment/segment-spec.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import { type Condition, waitAsync, waitSync } from "../wait/wait-for.ts";
import { MUTEX, MUTEX_BYTES, STRATEGY } from "./mutex-layout.ts";
import { OwnerWord } from "./owner-word.ts";

/** How a mutex was acquired; `"abandoned"`: its last owner died holding it. */
export type Acquisition = "acquired" | "abandoned";

/** Who holds a mutex. */
export interface MutexOwner {
  readonly pid: number;
  readonly name: string;
  /** When it was acquired, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** False when the owner has died and nobody has acquired the mutex since. */
  readonly isAlive: boolean;
}

/** A mutex without its owner's name tag. */
export interface BareMutex {
  /** Tries to lock, and notes when. */
  tryLock(): MutexOutcome;
  unlock(): void;
}

/** The section that a segment with a mutex has. */
export const MUTEX_SECTION: SectionSpec = {
  id: SECTION.mutex,
  length: MUTEX_BYTES,
  check: checkStrategy,
};

/** What `ISTHMUS_MUTEX` may say: `"robust"` as if it said nothing, `"portable"` for processes on any C library. */
const CHOICES = ["robust", "portable"] as const;

/** Makes the mutex of a new segment: a robust one where the system has it, unless this process is to do without. */
export function initMutex(memory: SegmentMemory): void {
  const choice = checkOneOf("ISTHMUS_MUTEX", process.env["ISTHMUS_MUTEX"] || "robust", CHOICES);
  if (choice === "portable" || platform().robustMutexes === undefined) {
    initOwnerWord(memory);
  } else {
    memory.words.set(memory.wordOf(SECTION.mutex) + MUTEX.strategy, STRATEGY.robustMutex);
    robustMutexOf(memory).init();
  }
}

/** Makes the mutex of a new segment one that processes on any C library can share. */
export function initOwnerWord(memory: SegmentMemory): void {
  memory.words.set(memory.wordOf(SECTION.mutex) + MUTEX.strategy, STRATEGY.ownerWord);
}

/**
 * The mutex of a segment, as its creator chose it.
 *
 * @param slot The slot in whose name it is locked: this handle has the slot's kernel lock.
 */
export function mutexOf(
  memory: SegmentMemory,
  participants: Participants,
  slot: number,
): BareMutex {
  if (strategyOf(memory) === STRATEGY.robustMutex) return robustMutexOf(memory);
  const self = { slot, generation: participants.generationOf(slot) };
  return new OwnerWord(memory.words, memory.wordOf(SECTION.mutex), self, participants);
}

function ownMutexOf({ memory, participants, slot }: Segment): BareMutex {
  return mutexOf(memory, participants, slot);
}

/** The mutex for a handle that has no place: where the owner's place is its name, it takes one when it locks. */
function placelessMutexOf(segment: Segment): BareMutex {
  if (strategyOf(segment.memory) === STRATEGY.robustMutex) return ownMutexOf(segment);
  let mutex: BareMutex | undefined;
  return {
    tryLock: () => {
      segment.needPlace();
      mutex ??= ownMutexOf(segment);
      return mutex.tryLock();
    },
    unlock: () => mutex?.unlock(),
  };
}

function robustMutexOf(memory: SegmentMemory): BareMutex & { init(): void } {
  const { offset } = memory.section(SECTION.mutex);
  return memory.mapping.robustMutex(offset + MUTEX.mutex, offset + MUTEX.since * 4);
}

function strategyOf(memory: SegmentMemory): number {
  return memory.words.get(memory.wordOf(SECTION.mutex) + MUTEX.strategy);
}

function checkStrategy(memory: SegmentMemory, { name, superblock }: NamedFile): void {
  const strategy = strategyOf(memory);
  if (strategy === STRATEGY.robustMutex) checkRobust(name, superblock.abi);
  else if (strategy !== STRATEGY.ownerWord) {
    throw new CorruptSegmentError(
      `Cannot open "${name}": its mutex must be of strategy 1 or 2: found ${strategy >>> 0}`,
    );
  }
}

/** Refuses a mutex of a C library that is not this process's, or that this process cannot hold. */
function checkRobust(name: string, abi: number): void {
  const [theirs, own] = [readAbi(abi)?.library, readAbi(platform().abiTag)?.library];
  const isForeign = theirs !== own;
  if (!isForeign && platform().robustMutexes !== undefined) return;
  const why = isForeign
    ? `its mutex was made by a process on ${theirs}; this one is on ${own}`
    : "its mutex is one that the kernel hands on when its owner dies, and here it does not";
  throw new NotSupportedError(
    `Cannot open "${name}": ${why}. Let its creator run with ISTHMUS_MUTEX=portable, which makes mutexes for both`,
  );
}

/**
 * The mutexes that this thread holds, the last one first, each leading to the one before it. A thread asks its own memory
 * what it holds: the number of a thread that the mutex itself may have is another one's in another PID namespace, musl
 * does not look at it, and a participant need not be a thread.
 */
const HELD: { last: SegmentMutex | undefined } = { last: undefined };

/**
 * A segment's mutex as one handle uses it. It belongs to the thread, not to a task: `NamedMutex` puts a queue of
 * tasks in front of it.
 */
export class SegmentMutex {
  // What every lock goes through has little code and no private names: all of it is compiled into the caller's loop (decision 8).
  private readonly mutex: BareMutex;
  private readonly cell: WaitCell;
  /** The section; only who holds the mutex writes to it. */
  private readonly block: Int32Array;
  private readonly ownerTag: number;
  private readonly held = HELD;
  /** While it is held: the one that this thread acquired before it and holds still. */
  private heldBefore: SegmentMutex | undefined;
  readonly #segment: Segment;
  readonly #owner: string;

  /**
   * @param segment A segment with a mutex section.
   * @param cellIndex The wait cell in which one waits for it.
   * @param owner Whose disposal ends a wait for it, as a user knows it.
   */
  constructor(segment: Segment, cellIndex: number, owner: string) {
    const { offset } = segment.memory.section(SECTION.mutex);
    this.#segment = segment;
    this.#owner = owner;
    this.mutex = segment.slot < 0 ? placelessMutexOf(segment) : ownMutexOf(segment);
    this.cell = segment.cell(cellIndex);
    const { buffer, byteOffset } = segment.memory.mapping.bytes(offset, MUTEX_BYTES);
    this.block = new Int32Array(buffer, byteOffset, MUTEX_BYTES / 4);
    this.ownerTag = segment.slot + 1;
  }

  /**
   * Tries to lock; undefined when somebody holds it.
   *
   * @throws {SystemError} `EDEADLK` when this thread does, through whichever handle: waiting would never end.
   */
  tryLock(): Acquisition | undefined {
    const outcome = this.mutex.tryLock();
    if (outcome === "busy") return this.refuseNested();
    this.note();
    if (outcome === "abandoned") this.#noteRecovery();
    return outcome;
  }

  /**
   * Locks, sleeping on this thread up to a time; undefined when the time was over.
   *
   * @param look Called before each further attempt; what it throws ends the wait.
   */
  lock(timeoutMs: number, look?: () => void): Acquisition | undefined {
    const first = this.tryLock();
    if (first !== undefined || timeoutMs === 0) return first;
    const condition = this.#condition();
    const attempt = (): Acquisition | undefined => {
      look?.();
      return condition.attempt();
    };
    const outcome = waitSync({ ...condition, attempt }, timeoutMs);
    if (outcome !== undefined) this.block[MUTEX.contentions]! += 1;
    return outcome;
  }

  /**
   * Locks, waiting in the event loop.
   *
   * @param options How long, and what ends the wait early.
   * @param use Called in the very step that locks, before anything else of this thread can run; it may unlock.
   * @param isTried Whether this is the time to try; else the wait goes on.
   * @returns What `use` gave, or undefined when the time was over.
   */
  async lockAsync<T>(
    options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
    use: (outcome: Acquisition) => T,
    isTried: () => boolean = () => true,
  ): Promise<T | undefined> {
    let hasWaited = false;
    const attempt = (): T | undefined => {
      const outcome = isTried() ? this.tryLock() : undefined;
      if (outcome !== undefined) {
        if (hasWaited) this.block[MUTEX.contentions]! += 1;
        return use(outcome);
      }
      hasWaited = true;
      return undefined;
    };
    const { doorbell } = this.#segment;
    const condition = { ...this.#condition(), attempt };
    return await waitAsync(condition, doorbell, options, (onDeath) =>
      this.#segment.watchLives([this.ownerSlot], onDeath),
    );
  }

  /** Unlocks and wakes those who wait. It is a fence, for every `WaitCell.wakeAfterFence` behind it. */
  unlock(): void {
    const held = this.held;
    if (held.last === this) held.last = this.heldBefore;
    else this.#forget();
    this.heldBefore = undefined;
    this.block[MUTEX.owner] = 0;
    this.mutex.unlock();
    this.cell.fenceAndWake();
  }

  /** Notes that this thread holds it. */
  private note(): void {
    const block = this.block;
    const word = MUTEX;
    block[word.acquisitions]! += 1;
    block[word.owner] = this.ownerTag;
    const held = this.held;
    this.heldBefore = held.last;
    held.last = this;
  }

  #noteRecovery(): void {
    this.block[MUTEX.recoveries]! += 1;
  }

  /** The slot of who holds it now, as far as the holder has said so; -1 when nobody has. */
  get ownerSlot(): number {
    // The word that decides is set before the name tag: also when its owner died in between.
    if (this.mutex instanceof OwnerWord) return this.mutex.ownerSlot;
    return (Atomics.load(this.block, MUTEX.owner) >>> 0) - 1;
  }

  /** Who holds it now, as far as the holder has said so. */
  owner(): MutexOwner | undefined {
    const slot = this.ownerSlot;
    const found = this.#segment.participants.at(slot);
    if (found === undefined) return undefined;
    const { pid, name, isAlive } = found;
    return { pid, name, sinceMs: this.#sinceMs, isAlive };
  }

  /** Takes this mutex out from among those that the thread holds, when it is not the last one. */
  #forget(): void {
    for (let mutex = HELD.last; mutex !== undefined; mutex = mutex.heldBefore) {
      if (mutex.heldBefore === this) mutex.heldBefore = this.heldBefore;
    }
  }

  /** Throws `EDEADLK` when this thread holds the mutex, through whichever handle. */
  refuseNested(): undefined {
    const { name, superblock } = this.#segment;
    for (let mutex = HELD.last; mutex !== undefined; mutex = mutex.heldBefore) {
      if (mutex.#segment.superblock.epoch !== superblock.epoch) continue;
      throw conditionError("EDEADLK", `lock the mutex of "${name}": this thread holds it`, "lock");
    }
  }

  /** Who has held it since when, for the message of a time-out. */
  describeOwner(): string | undefined {
    return inTheWay(this.#segment, ({ slot }) => {
      if (slot !== this.ownerSlot) return undefined;
      return `has held it since ${new Date(this.#sinceMs).toISOString()}`;
    });
  }

  get #sinceMs(): number {
    const seconds = this.block[MUTEX.since]! >>> 0;
    const nanoseconds = this.block[MUTEX.since + 2]! >>> 0;
    return seconds * 1000 + Math.floor(nanoseconds / 1e6);
  }

  #condition(): Condition<Acquisition> {
    return {
      attempt: () => this.tryLock(),
      description: `acquire the mutex of "${this.#segment.name}"`,
      owner: this.#owner,
      cell: this.cell,
    };
  }
}

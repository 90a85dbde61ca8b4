/**
 * The permits of a semaphore that come back when their holder dies.
 *
 * Everything is done under the segment's mutex, for a few memory accesses each time, and only who releases ever
 * waits for it: a permit that cannot be taken this moment is one that is not there, and unlocking wakes those who
 * then look again.
 *
 * @module
 */
import { SystemError } from "@isthmus/core";
import { Patience, SECTION } from "@isthmus/core/internal";
import { inTheWay } from "../segment/in-the-way.ts";
import type { Participants } from "../segment/participants.ts";
import type { Segment, SegmentMemory } from "../segment/segment.ts";
import { timedOut, type Watch } from "../wait/wait-for.ts";
import { mutexOf, SegmentMutex } from "./segment-mutex.ts";
import { SemaphoreLedger } from "./semaphore-ledger.ts";

/** How long a release waits for others in the middle of a change, in milliseconds: only a stopped one lasts. */
const CHANGE_TIMEOUT_MS = 5000;

/** The same for leaving, which can be left to others. */
const LEAVE_TIMEOUT_MS = 1000;

/** What somebody does for whom others wait. */
const CHANGING = "is in the middle of a change";

/** The permits of one open semaphore, taken in the name of this handle's slot. */
export class ReturningPermits {
  readonly #segment: Segment;
  readonly #mutex: SegmentMutex;
  readonly #ledger: SemaphoreLedger;
  /** Permits that were taken through this handle: others may share its slot. */
  #mine = 0;

  /**
   * @param segment The semaphore's segment.
   * @param cellIndex The cell in which one waits for permits.
   */
  constructor(segment: Segment, cellIndex: number) {
    this.#segment = segment;
    this.#mutex = new SegmentMutex(segment, cellIndex, "NamedSemaphore");
    this.#ledger = ledgerOf(segment.memory, segment.participants);
  }

  /** Takes a permit if there is one; those of the dead count. */
  take(): boolean {
    return this.#takeFree() || (this.#collectFromDead() && this.#takeFree());
  }

  /** Adds permits; returns the count before, or undefined when there would be more than the semaphore has. */
  give(permits: number): number | undefined {
    const settled = Math.min(permits, this.#mine);
    const before = this.#changing(CHANGE_TIMEOUT_MS, (ledger, slot) =>
      ledger.give(slot, permits, settled),
    );
    if (before !== undefined) this.#mine -= settled;
    return before;
  }

  /** Watches the lives of all who hold permits or are in the middle of a change. */
  readonly watch: Watch = (onDeath) => {
    const slots = new Set([this.#mutex.ownerSlot, this.#ledger.changingSlot ?? -1]);
    const { used } = this.#segment.participants;
    for (let slot = 0; slot < used; slot++) if (this.#ledger.heldBy(slot) !== 0) slots.add(slot);
    return this.#segment.watchLives(slots, onDeath);
  };

  /** Who has permits, or is in the middle of a change, for the message of a time-out. */
  describeHolders(): string | undefined {
    return inTheWay(this.#segment, ({ slot }) => {
      const permits = this.#ledger.heldBy(slot);
      if (permits > 0) return `has ${permits} ${permits === 1 ? "permit" : "permits"}`;
      return slot === this.#ledger.changingSlot ? CHANGING : undefined;
    });
  }

  /**
   * Gives back what this handle holds, before it leaves the segment.
   *
   * @returns False when that was not possible and the slot must stay, for others to clear up.
   */
  leave(): boolean {
    if (this.#mine === 0) return true;
    try {
      this.#changing(LEAVE_TIMEOUT_MS, (ledger, slot) => ledger.giveBack(slot, this.#mine));
      return true;
    } catch {
      return false;
    }
  }

  #takeFree(): boolean {
    const ledger = this.#ledger;
    // A look without the lock. A change under way is worth a try: its author may have died in it.
    if (ledger.count <= 0 && ledger.changingSlot === undefined) return false;
    if (this.#mutex.tryLock() === undefined) return false;
    try {
      ledger.recover();
      const isTaken = ledger.take(this.#segment.slot);
      if (isTaken) this.#mine++;
      return isTaken;
    } finally {
      this.#mutex.unlock();
    }
  }

  /** Gives back what the dead hold; returns whether there was anybody to clear up after. */
  #collectFromDead(): boolean {
    const { participants } = this.#segment;
    if (!participants.hasDead() || this.#mutex.tryLock() === undefined) return false;
    const ledger = this.#ledger;
    try {
      ledger.recover();
      return participants.reapDead((slot) => void ledger.giveBackAll(slot)).length > 0;
    } finally {
      this.#mutex.unlock();
    }
  }

  #changing<T>(timeoutMs: number, change: (ledger: SemaphoreLedger, slot: number) => T): T {
    this.#lock(timeoutMs);
    try {
      this.#ledger.recover();
      return change(this.#ledger, this.#segment.slot);
    } finally {
      this.#mutex.unlock();
    }
  }

  #lock(timeoutMs: number): void {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      try {
        const remaining = Math.max(0, deadline - performance.now());
        if (this.#mutex.lock(remaining) !== undefined) return;
        const why = this.#mutex.describeOwner();
        throw timedOut(`change the semaphore "${this.#segment.name}"`, timeoutMs, why);
      } catch (error) {
        // A signal must not turn a release into half a release; its handler runs soon enough.
        if (!(error instanceof SystemError && error.code === "EINTR")) throw error;
      }
    }
  }
}

/**
 * Gives back what a dead participant holds whose slot this handle has taken. Does nothing for a semaphore whose
 * permits do not come back.
 *
 * @throws {TimeoutError} When somebody stopped in the middle of a change.
 */
export function giveBackFor(memory: SegmentMemory, slot: number, participants: Participants): void {
  const ledger = ledgerOf(memory, participants);
  const mutex = mutexOf(memory, participants, slot);
  const patience = new Patience((waitedMs) => {
    const changing = ledger.changingSlot;
    const why = inTheWay({ isDisposed: false, participants }, (one) =>
      one.slot === changing ? CHANGING : undefined,
    );
    return timedOut("join the semaphore", waitedMs, why);
  });
  while (mutex.tryLock() === "busy") patience.wait();
  try {
    ledger.recover();
    ledger.giveBackAll(slot);
  } finally {
    mutex.unlock();
  }
}

function ledgerOf(memory: SegmentMemory, { slotCount }: Participants): SemaphoreLedger {
  return new SemaphoreLedger(memory.words, memory.wordOf(SECTION.state), slotCount);
}

/**
 * One brings to the disk what all have appended who wait for it.
 *
 * Who has appended looks whether its records are on the disk. If they are not and nobody syncs, it is the one who does, for all
 * whose records are there when it begins. Else it sleeps until that one is done, and looks again: its own may have come too late.
 *
 * ```text
 *   0 ┌ cell      64 bytes   a wait cell: who sleeps until a sync is over
 *  64 │ wanted    u32        counts the times that somebody wanted its records on the disk, modulo 2^32
 *  68 │ served    u32        what `wanted` was when the last sync began
 *  72 └ reserved  56 bytes
 * ```
 *
 * Those that one sync has let go append again at about the same time. The next sync waits for as many as there were between two of
 * its caller's own, as long as some of them come: else half of them would be too late for each sync. Both counters are hints.
 *
 * @module
 */
import type { OwnerWord, WaitCell, Words } from "@isthmus/ipc/internal";

/** Bytes of what is shared. */
export const GROUP_BYTES = 128;
/** Its word offsets. */
export const GROUP = { cell: 0, wanted: 16, served: 17 } as const;

/** How long one sleeps before it looks whether whoever syncs still lives, in milliseconds. */
const SLICE_MS = 10;
/** So many such looks later everybody syncs. */
const LOOKS = 200;

/** What a group works with. */
export interface GroupParts {
  readonly words: Words;
  /** Word at which what is shared begins. */
  readonly base: number;
  /** Whoever has it syncs. */
  readonly lock: Pick<OwnerWord, "tryOwn" | "unlock" | "ownerSlot">;
  readonly cell: Pick<WaitCell, "sleep" | "wake">;
  /** Lets others run for a moment; false when that would cost more than it can save. */
  readonly pause: () => boolean;
}

/** The group as one handle belongs to it. */
export class GroupCommit {
  readonly #parts: GroupParts;
  readonly #wantedWord: number;
  readonly #servedWord: number;
  /** What `wanted` was behind this handle's last request. */
  #wanted: number;

  constructor(parts: GroupParts) {
    this.#parts = parts;
    this.#wantedWord = parts.base + GROUP.wanted;
    this.#servedWord = parts.base + GROUP.served;
    this.#wanted = parts.words.load(this.#wantedWord);
  }

  /**
   * Returns when what the caller has appended is on the disk.
   *
   * @param isDone Whether it is.
   * @param sync Brings there whatever has been appended when it is called, and makes `isDone` true for all of that. What it throws
   *   this call throws, and whoever waits finds it out by calling it, too.
   */
  flush(isDone: () => boolean, sync: () => void): void {
    const { words, lock, cell } = this.#parts;
    const before = words.add(this.#wantedWord, 1);
    const others = (before - this.#wanted) | 0;
    this.#wanted = (before + 1) | 0;
    const isTurn = (): boolean => isDone() || lock.ownerSlot < 0;
    // To ask whether its owner lives takes longer than to look at a lock.
    let isLate = false;
    for (let looks = 0; looks < LOOKS && !isDone(); ) {
      if ((isLate || lock.ownerSlot < 0) && lock.tryOwn() !== "busy") {
        this.#lead(others, isDone, sync);
        return;
      }
      isLate = cell.sleep(isTurn, SLICE_MS) === "timeout";
      if (isLate) looks++;
    }
    // Who is stopped while it syncs keeps nobody waiting for long: all can do it.
    if (!isDone()) sync();
  }

  #lead(others: number, isDone: () => boolean, sync: () => void): void {
    const { lock, cell } = this.#parts;
    try {
      // Somebody may have done it between the look and the lock.
      if (isDone()) return;
      this.#gather(others);
      sync();
    } finally {
      lock.unlock();
      cell.wake();
    }
  }

  #gather(others: number): void {
    const { words, pause } = this.#parts;
    const served = words.load(this.#servedWord);
    let wanted = words.load(this.#wantedWord);
    while (((wanted - served) | 0) <= others && pause()) {
      const seen = wanted;
      wanted = words.load(this.#wantedWord);
      if (wanted === seen) break;
    }
    words.store(this.#servedWord, wanted);
  }
}

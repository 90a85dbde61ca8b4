/**
 * Whose turn it is, where the kernel can lock single bytes: a word in the mapped file `lock` says who has it, and the lock of that
 * one's byte says whether it lives. Taking a turn is one exchange of the word; the kernel is asked only where somebody has it.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { CorruptSegmentError, FileTruncatedError } from "@isthmus/core";
import { conditionError, Mapping, platform } from "@isthmus/core/internal";
import {
  type Bells,
  CELL,
  type Life,
  type Lives,
  OwnerWord,
  SharedWords,
  WaitCell,
} from "@isthmus/ipc/internal";
import { attempt } from "./disk-files.ts";
import { GROUP, GroupCommit } from "./group-commit.ts";
import { LOCK, LOCK_SLOTS, LOCK_VERSION } from "./journal-layout.ts";
import { rest } from "./rest.ts";

type ByteLocks = NonNullable<ReturnType<typeof platform>["byteLocks"]>;

/** How long one sleeps where nobody can be woken, in milliseconds. */
const PAUSE_MS = 0.05;

/** The file as one handle has it open, with a slot of its own. */
export class LockFile implements Disposable, Lives {
  readonly slotCount: number = LOCK_SLOTS;
  readonly #path: string;
  readonly #bytes: ByteLocks;
  readonly #fd: number;
  readonly #mapping: Mapping;
  readonly #words: SharedWords;
  readonly #self: Life;
  readonly #turn: OwnerWord;
  readonly group: GroupCommit;
  /** Whether nobody else has had the turn since this handle had it before. */
  isContinued = false;

  /**
   * @param path The file; it is made where it is missing.
   * @param pause See `GroupParts`.
   * @throws {SystemError} `EACCES`, `EROFS`, … where this process may only read; `EAGAIN` when too many handles append.
   * @throws {CorruptSegmentError} When it is none of this version.
   */
  constructor(path: string, bytes: ByteLocks, pause: () => boolean) {
    this.#path = path;
    this.#bytes = bytes;
    const what = appending(path);
    const fd = attempt(what, () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666));
    this.#fd = fd;
    let mapping: Mapping | undefined;
    try {
      if (fstatSync(fd).size < LOCK.slots) platform().allocate(fd, 0, LOCK.slots, path);
      const request = { fd, path, lengthBytes: LOCK.slots, offsetBytes: 0 };
      mapping = new Mapping({ ...request, protection: "readWrite", sharing: "shared" });
      this.#mapping = mapping;
      this.#words = new SharedWords(mapping.bytes(0, LOCK.slots));
      this.#checkVersion(path);
      this.#self = this.#join(what);
      this.#turn = new OwnerWord(this.#words, LOCK.mutex / 4, this.#self, this);
      this.group = this.#makeGroup(pause);
    } catch (error) {
      mapping?.dispose();
      closeSync(fd);
      throw error;
    }
  }

  /** Whether somebody has the turn, alive or dead. */
  get isTaken(): boolean {
    return this.#turn.ownerSlot >= 0;
  }

  /**
   * Takes the turn, from somebody who has died, too; false when somebody has it.
   *
   * @throws {FileTruncatedError} When the file has been cut off meanwhile: what stands there says nothing of others.
   */
  tryTake(): boolean {
    const turn = this.#turn;
    if (turn.tryOwn() === "busy") return false;
    const words = this.#words;
    const { slot, generation } = this.#self;
    // Nobody else changes it: where it is gone, so is the page, also when the file has become as long again.
    if (words.glance(generationWord(slot)) !== generation) this.#failCutOff();
    this.isContinued = words.load(LOCK.last / 4) === turn.name;
    // Before anything is appended, so that whoever dies doing that is found here.
    if (!this.isContinued) words.store(LOCK.last / 4, turn.name);
    return true;
  }

  checkShared(): void {
    if (fstatSync(this.#fd).nlink > 0) return;
    const reason = "that file has been removed or replaced; open the journal anew";
    throw conditionError("ESTALE", appending(this.#path), "fstat", this.#path, reason);
  }

  give(): void {
    this.#turn.unlock();
  }

  /** The handle of a life holds its byte until it ends, and whoever gets the byte after that is of another generation. */
  isOver(slot: number, generation: number, mask: number): boolean {
    if ((this.#words.load(generationWord(slot)) & mask) !== generation) return true;
    return slot !== this.#self.slot && !this.#bytes.isLocked(this.#fd, LOCK.slots + slot);
  }

  [Symbol.dispose](): void {
    this.#mapping.dispose();
    closeSync(this.#fd);
  }

  #failCutOff(): never {
    this.#turn.unlock();
    const reason = "somebody has cut that file off; open the journal anew";
    throw new FileTruncatedError(`Cannot ${appending(this.#path)}: ${reason}`);
  }

  #makeGroup(pause: () => boolean): GroupCommit {
    const words = this.#words;
    const base = LOCK.group / 4;
    const futex = this.#mapping.futex(LOCK.group + (GROUP.cell + CELL.sequence) * 4);
    return new GroupCommit({
      words,
      base,
      lock: new OwnerWord(words, LOCK.syncMutex / 4, this.#self, this),
      cell: futex ? new WaitCell(words, base + GROUP.cell, 0, NO_BELLS, futex) : POLLED_CELL,
      pause,
    });
  }

  #checkVersion(path: string): void {
    const found = this.#words.compareExchange(LOCK.version / 4, 0, LOCK_VERSION);
    if (found === 0 || found === LOCK_VERSION) return;
    throw new CorruptSegmentError(
      `Cannot use "${path}": it is of version ${found}, not ${LOCK_VERSION} (remove it when no process has the journal open)`,
    );
  }

  #join(what: string): Life {
    for (let slot = 0; slot < LOCK_SLOTS; slot++) {
      if (!this.#bytes.tryLock(this.#fd, LOCK.slots + slot)) continue;
      const generation = (this.#words.add(generationWord(slot), 1) + 1) | 0;
      return { slot, generation };
    }
    throw conditionError("EAGAIN", `${what}: all ${LOCK_SLOTS} places belong to others`, "fcntl");
  }
}

function appending(path: string): string {
  return `append to the journal of "${path}"`;
}

function generationWord(slot: number): number {
  return LOCK.generations / 4 + slot;
}

/** Where nobody can be woken. */
const POLLED_CELL: Pick<WaitCell, "sleep" | "wake"> = {
  sleep: (isTrue, timeoutMs) => {
    for (const end = performance.now() + timeoutMs; performance.now() < end; ) {
      if (isTrue()) return "changed";
      rest(PAUSE_MS);
    }
    return "timeout";
  },
  wake: () => {},
};

/** Nobody here is rung. */
const NO_BELLS: Bells = {
  slotCount: 0,
  enter: () => {},
  leave: () => {},
  arm: () => undefined,
  disarm: () => false,
  ring: () => {},
  sleep: () => false,
  isClosed: false,
  // Whoever sleeps looks again soon, whatever is wrong with the memory.
  checkWhole: () => {},
};

/**
 * A segment as this thread has it: its file, its memory, and a place among the participants.
 *
 * Handles that only lock, wait or read share one of these, and so one place, whatever their number. A handle that owns
 * something by the number of its place, such as a lane, has one of its own.
 *
 * @module
 */
import { dirname } from "node:path";
import type { SystemError } from "@isthmus/core";
import {
  conditionError,
  host,
  type NamedFile,
  platform,
  release,
  SECTION,
  type SegmentKind,
  Trail,
  takingRoom,
} from "@isthmus/core/internal";
import { type Doorbell, ownDoorbell } from "../wait/doorbell.ts";
import { keepName, reclaimHandles } from "./handles.ts";
import { ownersText } from "./owners-text.ts";
import { FIRST_BYTES, type Role, SLOT_BYTES } from "./participant-layout.ts";
import { Participants, type Reaper, type SlotRange } from "./participants.ts";
import { ownStartTicks, programName } from "./process-identity.ts";
import { SegmentMemory } from "./segment-memory.ts";
import { type OwnSlotLocks, slotLocks } from "./slot-locks.ts";

/** How a handle takes its place. */
export interface PlaceWanted {
  readonly kind: SegmentKind;
  readonly role: Role;
  readonly participantName: string | undefined;
  readonly reap:
    | ((memory: SegmentMemory, slot: number, participants: Participants) => void)
    | undefined;
  /** Which slots are for this role; all unless given. */
  readonly range: ((memory: SegmentMemory) => SlotRange) | undefined;
  /** The option by which a creator says how many there are, for messages. */
  readonly limitName: string;
  /** Whether the memory is to lie where its pages can be gathered. */
  readonly isGatherable: boolean | undefined;
}

/** An open segment. */
export class JoinedSegment {
  readonly memory: SegmentMemory;
  readonly participants: Participants;
  readonly doorbell: Doorbell;
  /** Tells whether the name leads here. */
  readonly trail: Trail;
  /** How many handles use it. */
  users = 1;
  readonly #file: NamedFile;
  readonly #locks: OwnSlotLocks;
  readonly #wanted: PlaceWanted;
  readonly #waits: number[] = [];
  #slot: number | undefined;
  /** The program for which the name stays. */
  #keptFor: string | undefined;
  #isSlotKept = false;

  /**
   * @param file The file, held; let go of when this cannot be made.
   * @param check Refuses memory that this program cannot use, by throwing.
   */
  constructor(file: NamedFile, wanted: PlaceWanted, check: (memory: SegmentMemory) => void) {
    this.#file = file;
    this.#wanted = wanted;
    let memory: SegmentMemory | undefined;
    try {
      const { fd, path, superblock } = file;
      const { totalBytes, sections } = superblock;
      memory = new SegmentMemory(fd, path, totalBytes, sections, wanted.isGatherable);
      check(memory);
      const { offset, length } = memory.section(SECTION.participants);
      const locks = slotLocks({ fd, path, epoch: superblock.epoch, sectionOffset: offset });
      this.memory = memory;
      this.#locks = locks;
      const { words } = memory;
      this.participants = new Participants(words, offset / 4, length, locks, (from, to) => {
        const [start, end] = [Math.max(from * SLOT_BYTES, FIRST_BYTES), to * SLOT_BYTES];
        if (start < end) platform().allocate(fd, offset + start, end - start, path);
      });
      this.trail = new Trail(fd, path);
      this.doorbell = this.takingRoom("join", ownDoorbell);
    } catch (error) {
      memory?.mapping.dispose();
      release(file.fd);
      throw error;
    }
  }

  /** The open file. */
  get fd(): number {
    return this.#file.fd;
  }

  /** The slot that its handles share; undefined while there is none for it. */
  get slot(): number | undefined {
    return this.#slot;
  }

  /**
   * Takes a place unless there is one already. Handles that nobody can use any more give theirs back first.
   *
   * @returns The slot; undefined when every place belongs to somebody alive.
   */
  takePlace(): number | undefined {
    if (this.#slot !== undefined) return this.#slot;
    return this.takingRoom("join", () => {
      this.#slot ??= this.#join();
      if (this.#slot === undefined && reclaimHandles(this.#file.path)) this.#slot = this.#join();
      return this.#slot;
    });
  }

  /** Does what takes memory; when there is none, the error names the segment and its directory. */
  takingRoom<T>(verb: string, action: () => T): T {
    const { path, name } = this.#file;
    return takingRoom(verb, { kind: this.#wanted.kind, name, directory: dirname(path) }, action);
  }

  /** The error for a segment without a place for one more. */
  full(): SystemError {
    const { from, to } = this.#range();
    const owners = this.participants
      .list()
      .filter(({ slot, isAlive }) => isAlive && slot >= from && slot < to);
    const { limitName } = this.#wanted;
    const attempt = `join "${this.#file.name}": all ${to - from} places (${limitName}) belong to the live processes ${ownersText(owners)}; create it with a higher ${limitName}`;
    return conditionError("EAGAIN", attempt, "fcntl");
  }

  /** A handle waits at a cell in the event loop. */
  enter(cell: number): void {
    this.#waits[cell] = (this.#waits[cell] ?? 0) + 1;
  }

  /** A handle waits at a cell no more: the last one takes the request for the bell back. */
  leave(cell: number): void {
    const waits = (this.#waits[cell] ?? 0) - 1;
    this.#waits[cell] = waits;
    if (waits === 0 && this.users > 0 && this.#slot !== undefined)
      this.participants.disarm(this.#slot, cell);
  }

  /**
   * Keeps the name when the last handle has gone: a program has forgotten one without disposing it.
   *
   * @param main That program; the one that runs now outweighs those before it.
   */
  keepName(main: string): void {
    if (this.#keptFor !== host.program) this.#keptFor = main;
  }

  /**
   * One handle fewer. The last one gives the place back, unmaps the memory, and lets go of the name.
   *
   * @param isSlotKept Leaves the slot as a death would, for others to clear up after it.
   * @returns Whether it was the last one.
   */
  release(isSlotKept: boolean): boolean {
    this.#isSlotKept ||= isSlotKept;
    if (--this.users > 0) return false;
    if (!this.#isSlotKept && this.#slot !== undefined) this.participants.leave(this.#slot);
    this.#locks.close();
    this.memory.mapping.dispose();
    const { fd, path, superblock } = this.#file;
    const letGo = (): void => release(fd);
    const main = this.#keptFor;
    if (main === undefined || !keepName(superblock.epoch, { path, main, release: letGo })) letGo();
    return true;
  }

  #join(): number | undefined {
    const { role, participantName, reap } = this.#wanted;
    const reaper: Reaper = (slot) => reap?.(this.memory, slot, this.participants);
    return this.participants.tryJoin(
      {
        role,
        pid: process.pid,
        startTicks: ownStartTicks(),
        bell: this.doorbell.bell,
        joinedAtMs: Date.now(),
        name: participantName ?? programName(),
      },
      reaper,
      this.#range(),
    );
  }

  #range(): SlotRange {
    const { slotCount } = this.participants;
    const { from, to } = this.#wanted.range?.(this.memory) ?? { from: 0, to: slotCount };
    return { from, to: Math.min(to, slotCount) };
  }
}

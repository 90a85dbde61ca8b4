/**
 * Reading what is inside a segment without mapping it, joining it or locking anything. All bytes are somebody
 * else's: lengths are bounded, and nothing that is read is followed.
 *
 * @module
 */
import { readSync } from "node:fs";
import { SECTION, type Section } from "@isthmus/core/internal";
import { SLOT, SLOT_BYTES, SLOT_COUNT_MAX, SLOT_WORDS } from "../segment/participant-layout.ts";
import { Participants } from "../segment/participants.ts";
import { type SlotPlace, slotLocks } from "../segment/slot-locks.ts";
import { isSameLife, type Participant } from "../segment/slot-record.ts";
import { MUTEX, MUTEX_BYTES } from "../sync/mutex-layout.ts";
import { ARMED_SLEEPER, CELL, CELL_BYTES } from "../wait/wait-cell.ts";
import { SharedWords } from "../words.ts";
import type { CellInfo, MutexInfo, ParticipantInfo } from "./segment-info.ts";

/** No segment has more; a damaged section table may say so. */
const CELL_COUNT_MAX = 32;

/**
 * Where sections are copied that are made something of at once. Whoever looks at dozens of segments ten times a second
 * would otherwise throw megabytes away every second.
 */
let scratch = new Uint8Array(new ArrayBuffer(64 * 1024));

/** Copies the bytes of a file from an offset on; what the file does not have stays as it is. */
export type CopyBytes = (offset: number, into: Uint8Array<ArrayBuffer>) => void;

/** A file that is open for reading, and which segment it is. */
export type OpenSegmentFile = Omit<SlotPlace, "sectionOffset">;

/** Reads the sections of one open file. */
export class SectionReader {
  readonly #file: OpenSegmentFile;
  readonly #sections: readonly Section[];
  readonly #copy: CopyBytes;

  /**
   * @param file The file.
   * @param sections Its section table; every section lies within the file.
   * @param copy How to get at its bytes; by default it reads the file.
   */
  constructor(
    file: OpenSegmentFile,
    sections: readonly Section[],
    copy: CopyBytes = copyFrom(file.fd),
  ) {
    this.#file = file;
    this.#sections = sections;
    this.#copy = copy;
  }

  /** A copy of the beginning of a section, in memory of its own; undefined when there is no such section. */
  bytes(id: number, limitBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const section = this.#find(id);
    if (section === undefined) return undefined;
    const bytes = new Uint8Array(new ArrayBuffer(Math.min(section.length, limitBytes)));
    this.#copy(section.offset, bytes);
    return bytes;
  }

  /** The same in memory that the next call of any reader overwrites: only for what is made something of at once. */
  glance(id: number, limitBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const section = this.#find(id);
    if (section === undefined) return undefined;
    const length = Math.min(section.length, limitBytes);
    if (scratch.length < length) scratch = new Uint8Array(new ArrayBuffer(length));
    const bytes = scratch.subarray(0, length);
    // What the file does not have is nothing, and not what another one had.
    bytes.fill(0);
    this.#copy(section.offset, bytes);
    return bytes;
  }

  /**
   * A few bytes of a section, read from the file: also of one that is not mapped, for it can be very long.
   *
   * @returns Memory of its own, with zeros for what the section does not have.
   */
  peek(id: number, offset: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(new ArrayBuffer(lengthBytes));
    const section = this.#find(id);
    if (section === undefined || offset < 0 || offset + lengthBytes > section.length) return bytes;
    readSync(this.#file.fd, bytes, 0, lengthBytes, section.offset + offset);
    return bytes;
  }

  /** Length of a section in bytes; 0 when there is no such section. */
  lengthOf(id: number): number {
    return this.#find(id)?.length ?? 0;
  }

  /**
   * Everybody in the participants section. A free lock alone does not tell the dead from those who are just
   * leaving, but they free the slot before the lock: so who is still in the slot after its lock was found free
   * has died. Whoever left, or died, in between is not in it.
   */
  participants(): ParticipantInfo[] {
    const first = this.#listParticipants();
    const isSettled = first.every(({ isAlive }) => isAlive);
    const second = isSettled ? first : this.#listParticipants();
    return second
      .filter((one) => one.isAlive || first.some((two) => !two.isAlive && isSameLife(one, two)))
      .map(({ bell: _, ...info }) => info);
  }

  /** The mutex, when there is one. */
  mutex(participants: readonly ParticipantInfo[]): MutexInfo | undefined {
    const words = this.#words(SECTION.mutex, MUTEX_BYTES);
    if (words === undefined) return undefined;
    const at = (field: number): number => words.get(field) >>> 0;
    const owner = participants.find(({ slot }) => slot === at(MUTEX.owner) - 1);
    return {
      owner: owner && {
        pid: owner.pid,
        name: owner.name,
        sinceMs: at(MUTEX.since) * 1000 + Math.floor(at(MUTEX.since + 2) / 1e6),
        isAlive: owner.isAlive,
      },
      acquisitions: at(MUTEX.acquisitions),
      contentions: at(MUTEX.contentions),
      recoveries: at(MUTEX.recoveries),
    };
  }

  /** The wait cells, and which participants wait at them. */
  cells(participants: readonly ParticipantInfo[]): CellInfo[] {
    // The slots first, and only what is needed of them: the next look takes the memory of the one before.
    const slots = this.#words(SECTION.participants, this.#usedSlots() * SLOT_BYTES);
    const requests = participants.map(({ slot }) => ({
      slot,
      armed: slots?.get(slot * SLOT_WORDS + SLOT.armed) ?? 0,
    }));
    const words = this.#words(SECTION.cells, CELL_COUNT_MAX * CELL_BYTES);
    if (words === undefined) return [];
    return Array.from({ length: Math.floor(words.count / (CELL_BYTES / 4)) }, (_, index) => {
      const at = (field: number): number => words.get(index * (CELL_BYTES / 4) + field) >>> 0;
      return {
        index,
        isAwaited: at(CELL.armed) !== 0,
        hasSleepers: (at(CELL.armed) & ARMED_SLEEPER) !== 0,
        waitingSlots: requests.flatMap(({ slot, armed }) => ((armed >>> index) & 1 ? [slot] : [])),
        wakes: at(CELL.wakes),
        timeoutWakes: at(CELL.timeoutWakes),
      };
    });
  }

  #listParticipants(): Participant[] {
    const words = this.#words(SECTION.participants, this.#usedSlots() * SLOT_BYTES);
    const section = this.#find(SECTION.participants);
    if (words === undefined || section === undefined) return [];
    // Only asked, never taken.
    const locks = slotLocks({ ...this.#file, sectionOffset: section.offset });
    return new Participants(words, 0, words.count * 4, locks).list();
  }

  /** How many slots there are to look at: what follows them may not have been allocated. */
  #usedSlots(): number {
    const first = this.#words(SECTION.participants, SLOT_BYTES);
    return Math.min((first?.get(SLOT.used) ?? 0) >>> 0, SLOT_COUNT_MAX);
  }

  #find(id: number): Section | undefined {
    return this.#sections.find((section) => section.id === id);
  }

  #words(id: number, limitBytes: number): CopiedWords | undefined {
    const bytes = this.glance(id, limitBytes);
    return bytes && new CopiedWords(bytes);
  }
}

function copyFrom(fd: number): CopyBytes {
  return (offset, into) => void readSync(fd, into, 0, into.length, offset);
}

/** The words of a section as they were in one moment, until the next glance. Beyond the end everything is 0. */
class CopiedWords extends SharedWords {
  readonly count: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super(bytes);
    this.count = Math.floor(bytes.length / 4);
  }
}

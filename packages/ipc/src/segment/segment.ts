/**
 * An open named segment: its memory, its participants, and this handle's place among them.
 *
 * @module
 */
import { dirname } from "node:path";
import { CorruptSegmentError, DisposedError, FileTruncatedError } from "@isthmus/core";
import {
  type CreateRequest,
  createNamedFile,
  createOrOpenNamedFile,
  Mapping,
  type NamedFile,
  openNamedFile,
  platform,
  release,
  SECTION,
  type Section,
  type SectionRequest,
  type SegmentKind,
  type Superblock,
  Trail,
  takingRoom,
} from "@isthmus/core/internal";
import { fingerprintText } from "../struct/fingerprint.ts";
import { type Doorbell, ownDoorbell } from "../wait/doorbell.ts";
import { type Bells, CELL_BYTES, WaitCell } from "../wait/wait-cell.ts";
import { SharedWords } from "../words.ts";
import { type Role, SLOT_BYTES, SLOT_COUNT } from "./participant-layout.ts";
import { Participants, type Reaper } from "./participants.ts";
import { ownStartTicks, programName } from "./process-identity.ts";
import { schemaDifference } from "./schema-difference.ts";
import { type OwnSlotLocks, slotLocks } from "./slot-locks.ts";

/** How a segment is opened. */
export type OpenVerb = "createNew" | "openExisting" | "createOrOpen";

/** A section of a kind of segment. */
export interface SectionSpec extends SectionRequest {
  /** Whether it is as long as its creator chose: who opens it takes the length from the file. */
  readonly isSizedByCreator?: boolean | undefined;
  /** Whether its creator decides if there is one: who opens it finds out. */
  readonly isOptional?: boolean | undefined;
  /** What is in a new one from the beginning; zeros where it says nothing. */
  readonly content?: Uint8Array | undefined;
  /** Refuses a section that this process cannot use, by throwing. Called before anything is done in the segment. */
  readonly check?: (memory: SegmentMemory, file: NamedFile) => void;
}

/** What a kind of segment looks like, and who opens it. */
export interface SegmentSpec {
  readonly name: string;
  readonly kind: SegmentKind;
  /** How many wait cells it has. */
  readonly cellCount: number;
  /** Its further sections, in order, with their lengths in bytes. */
  readonly sections: readonly SectionSpec[];
  /** Fingerprint of the schema; 0 where there is none. */
  readonly fingerprint?: bigint | undefined;
  /** The texts of which it is the fingerprint, for the message when another one is found. */
  readonly schemaTexts?: readonly string[] | undefined;
  readonly isPersistent?: boolean | undefined;
  /** Fills the sections of a new segment before anybody can see them. */
  readonly init?: (memory: SegmentMemory) => void;
  /** What this handle does in it. */
  readonly role: Role;
  /** What it calls itself; by default the program's file name. */
  readonly participantName?: string | undefined;
  /**
   * Clears up what a dead participant left in the further sections, before this handle takes its slot: the slot
   * is this handle's own by then, in a new generation.
   */
  readonly reap?: (memory: SegmentMemory, slot: number, participants: Participants) => void;
}

/** The bytes of a segment and where its sections are. */
export class SegmentMemory {
  readonly mapping: Mapping;
  readonly words: SharedWords;
  readonly #sections: readonly Section[];

  constructor(fd: number, path: string, totalBytes: number, sections: readonly Section[]) {
    this.mapping = new Mapping({
      fd,
      path,
      offsetBytes: 0,
      lengthBytes: totalBytes,
      protection: "readWrite",
      sharing: "shared",
      isPinned: true,
    });
    this.words = new SharedWords(this.mapping.bytes(0, totalBytes));
    this.#sections = sections;
  }

  /** Where a section is; the section table has been checked to have it. */
  section(id: number): Section {
    const section = this.#sections.find((candidate) => candidate.id === id);
    if (section === undefined) throw new CorruptSegmentError(`The segment has no section ${id}`);
    return section;
  }

  /** The word at which a section begins. */
  wordOf(id: number): number {
    return this.section(id).offset / 4;
  }
}

/** A segment that this process has joined. */
export class Segment implements Disposable {
  readonly name: string;
  readonly createdNew: boolean;
  readonly superblock: Superblock;
  readonly memory: SegmentMemory;
  readonly participants: Participants;
  readonly doorbell: Doorbell;
  /** Tells whether the name leads here. */
  readonly trail: Trail;
  /** This handle's slot among the participants. */
  readonly slot: number;
  readonly #fd: number;
  readonly #locks: OwnSlotLocks;
  readonly #kind: SegmentKind;
  readonly #cellCount: number;
  /** One object per cell: it knows who of this handle waits there. */
  readonly #cells = new Map<number, WaitCell>();
  #isDisposed = false;

  /**
   * Creates or opens a segment and joins it.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says; `EAGAIN` when it has no place left.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(verb: OpenVerb, spec: SegmentSpec) {
    const { file, createdNew } = openFile(verb, spec);
    this.name = file.name;
    this.createdNew = createdNew;
    this.superblock = file.superblock;
    this.#fd = file.fd;
    this.#kind = spec.kind;
    this.#cellCount = spec.cellCount;
    let memory: SegmentMemory | undefined;
    let locks: OwnSlotLocks | undefined;
    try {
      checkShape(file, spec);
      this.trail = new Trail(file.fd, file.path);
      const { epoch, totalBytes, sections } = file.superblock;
      memory = new SegmentMemory(file.fd, file.path, totalBytes, sections);
      for (const { check } of spec.sections) check?.(memory, file);
      this.memory = memory;
      const { offset, length } = memory.section(SECTION.participants);
      locks = slotLocks({ fd: file.fd, path: file.path, epoch, sectionOffset: offset });
      this.#locks = locks;
      this.participants = new Participants(memory.words, offset / 4, length, locks);
      this.doorbell = this.#takingRoom("join", ownDoorbell);
      this.slot = this.#takingRoom("join", () => this.#join(spec));
    } catch (error) {
      locks?.close();
      memory?.mapping.dispose();
      release(file.fd);
      throw error;
    }
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Whether who opens the name now comes to this segment. */
  get isReachable(): boolean {
    return this.trail.lead === "held";
  }

  /** A wait cell, by its number. */
  cell(index: number): WaitCell {
    if (index >= this.#cellCount) throw new RangeError(`There is no wait cell ${index}`);
    const known = this.#cells.get(index);
    if (known !== undefined) return known;
    const { offset } = this.memory.section(SECTION.cells);
    const byteOffset = offset + index * CELL_BYTES;
    const { words, mapping } = this.memory;
    const futex = mapping.futex(byteOffset);
    const cell = new WaitCell(words, byteOffset / 4, index, this.#bells(), futex);
    this.#cells.set(index, cell);
    return cell;
  }

  /** Clears up after participants that died; see {@link Participants.reapDead}. */
  reapDead(reap: (memory: SegmentMemory, slot: number) => void): number[] {
    return this.participants.reapDead((slot) => reap(this.memory, slot));
  }

  /**
   * Really allocates a part of a section that is only reserved.
   *
   * @param id The section.
   * @param offset Where the part begins, in bytes from the section's start.
   * @throws {SystemError} `ENOSPC` when the file system has no room for it.
   */
  allocate(id: number, offset: number, lengthBytes: number): void {
    const section = this.memory.section(id);
    this.#takingRoom("take a lane of", () =>
      platform().allocate(this.#fd, section.offset + offset, lengthBytes, this.trail.path),
    );
  }

  /**
   * Whether a slot belongs to a handle of this thread: it does nothing while this thread waits.
   *
   * @param slot Its number; -1 is nobody's.
   */
  isOfThisThread(slot: number): boolean {
    return this.participants.bellOf(slot) === this.doorbell.bell && this.participants.isAlive(slot);
  }

  /** Throws when the segment has been left, or has lost its storage. */
  checkOpen(what: string): void {
    if (this.#isDisposed) throw new DisposedError(what);
    this.checkWhole();
  }

  /**
   * Throws when an access to the segment has found no storage: what is written to it since then, nobody else sees.
   * Called where something was written or nothing was found; costs a look at one word.
   *
   * @throws {FileTruncatedError} `ERR_FILE_TRUNCATED`.
   */
  checkWhole(): void {
    if (this.memory.mapping.fault === undefined) return;
    throw new FileTruncatedError(
      `Cannot use "${this.name}": its file was cut short while it was open; dispose it, remove the name and open it anew`,
    );
  }

  /**
   * Leaves the segment: ends the waits of this handle, gives the slot back, unmaps the memory, lets go of the
   * name.
   *
   * @param isSlotKept Leaves the slot as a death would, for others to clear up after it.
   */
  dispose(isSlotKept = false): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const cell of this.#cells.values()) cell.close();
    if (!isSlotKept) this.participants.leave(this.slot);
    this.#locks.close();
    this.memory.mapping.dispose();
    release(this.#fd);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #takingRoom<T>(verb: string, action: () => T): T {
    const directory = dirname(this.trail.path);
    return takingRoom(verb, { kind: this.#kind, name: this.name, directory }, action);
  }

  #join(spec: SegmentSpec): number {
    const reap: Reaper = (slot) => spec.reap?.(this.memory, slot, this.participants);
    return this.participants.join(
      {
        role: spec.role,
        pid: process.pid,
        startTicks: ownStartTicks(),
        bell: this.doorbell.bell,
        joinedAtMs: Date.now(),
        name: spec.participantName ?? programName(),
      },
      reap,
    );
  }

  #bells(): Bells {
    const { participants, doorbell, slot: own } = this;
    const isClosed = (): boolean => this.#isDisposed;
    return {
      get isClosed() {
        return isClosed();
      },
      slotCount: participants.slotCount,
      arm: (cell) => participants.arm(own, cell),
      disarmOwn: (cell) => void participants.disarm(own, cell),
      disarm: (slot, cell) => participants.disarm(slot, cell),
      ring: (slot) => void doorbell.ring(participants.bellOf(slot)),
      checkWhole: () => this.checkWhole(),
    };
  }
}

function openFile(verb: OpenVerb, spec: SegmentSpec): { file: NamedFile; createdNew: boolean } {
  if (verb === "openExisting") {
    return { file: openNamedFile(spec.name, spec.kind), createdNew: false };
  }
  const request: CreateRequest = {
    name: spec.name,
    kind: spec.kind,
    sections: allSections(spec),
    isPersistent: spec.isPersistent ?? false,
    fingerprint: spec.fingerprint ?? 0n,
    fill: (fd, path, totalBytes, sections) => {
      const memory = new SegmentMemory(fd, path, totalBytes, sections);
      try {
        for (const { id, content } of spec.sections) {
          if (content !== undefined) {
            memory.mapping.bytes(memory.section(id).offset, content.length).set(content);
          }
        }
        spec.init?.(memory);
      } finally {
        memory.mapping.dispose();
      }
    },
  };
  if (verb === "createNew") return { file: createNamedFile(request), createdNew: true };
  const file = createOrOpenNamedFile(request);
  return { file, createdNew: file.createdNew };
}

function allSections({ cellCount, sections }: SegmentSpec): readonly SectionSpec[] {
  return [
    { id: SECTION.participants, length: SLOT_COUNT * SLOT_BYTES },
    { id: SECTION.cells, length: cellCount * CELL_BYTES },
    ...sections,
  ];
}

/** Checks that a segment made by others is what this program would have made. */
function checkShape(file: NamedFile, spec: SegmentSpec): void {
  const { superblock, name } = file;
  const expected = spec.fingerprint ?? 0n;
  if (superblock.fingerprint !== expected) {
    const difference = schemaDifference(file, spec.kind, spec.schemaTexts ?? []);
    throw new CorruptSegmentError(
      `Cannot open "${name}": its schema's fingerprint is ${fingerprintText(superblock.fingerprint)}, this program's is ${fingerprintText(expected)}${difference === undefined ? "" : ` (${difference})`}`,
    );
  }
  for (const { id, length, isSizedByCreator, isOptional } of allSections(spec)) {
    const found = superblock.sections.find((section) => section.id === id);
    if (found === undefined && isOptional === true) continue;
    const isAsLong = found?.length === length || (found !== undefined && isSizedByCreator === true);
    if (isAsLong && found.offset % CELL_BYTES === 0) continue;
    throw new CorruptSegmentError(
      `Cannot open "${name}": its section ${id} must have ${length} bytes: found ${found?.length ?? "none"}`,
    );
  }
}

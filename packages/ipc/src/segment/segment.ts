/**
 * An open named segment: its memory, its participants, and this handle's place among them.
 *
 * @module
 */
import { join } from "node:path";
import { DisposedError, FileTruncatedError, type SystemError } from "@isthmus/core";
import {
  type CreateRequest,
  checkName,
  createNamedFile,
  createOrOpenNamedFile,
  directoryPath,
  host,
  type NamedFile,
  openNamedFile,
  platform,
  release,
  SECTION,
  type Trail,
} from "@isthmus/core/internal";
import type { Doorbell } from "../wait/doorbell.ts";
import { type Bells, CELL_BYTES, WaitCell } from "../wait/wait-cell.ts";
import {
  disposeEarlier,
  noteDisposed,
  noteHandle,
  type OpenHandle,
  reclaimHandles,
} from "./handles.ts";
import { JoinedSegment } from "./joined-segment.ts";
import { FIRST_BYTES } from "./participant-layout.ts";
import type { Participants } from "./participants.ts";
import { SegmentMemory } from "./segment-memory.ts";
import { allSections, checkShape, DEFAULT_PLACES, type SegmentSpec } from "./segment-spec.ts";

export { SegmentMemory } from "./segment-memory.ts";

/** How a segment is opened. */
export type OpenVerb = "createNew" | "openExisting" | "createOrOpen";

/** What handles of this thread share, by the segment's epoch. */
const shared = new Map<bigint, JoinedSegment>();

/** A segment that this process has joined, as one handle uses it. */
export class Segment implements Disposable {
  readonly name: string;
  readonly createdNew: boolean;
  readonly superblock: NamedFile["superblock"];
  readonly memory: SegmentMemory;
  readonly participants: Participants;
  readonly doorbell: Doorbell;
  /** Tells whether the name leads here. */
  readonly trail: Trail;
  readonly #joined: JoinedSegment;
  readonly #path: string;
  readonly #purpose: string;
  readonly #cellCount: number;
  /** One object per cell: it knows who of this handle waits there. */
  readonly #cells = new Map<number, WaitCell>();
  #open: OpenHandle | undefined;
  #isDisposed = false;

  /**
   * Creates or opens a segment and joins it.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says; `EAGAIN` when it has no place left for who
   * needs one of its own.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(verb: OpenVerb, spec: SegmentSpec) {
    this.#purpose = `${spec.kind} ${spec.role}`;
    this.#path = join(directoryPath(), checkName(spec.name));
    disposeEarlier(this.#path, verb === "createNew" ? undefined : this.#purpose);
    const { file, createdNew } = openUnlessOver(verb, spec, this.#path);
    this.name = file.name;
    this.createdNew = createdNew;
    this.superblock = file.superblock;
    this.#cellCount = spec.cellCount;
    this.#joined = joinFile(file, spec);
    const { memory, participants, doorbell, trail } = this.#joined;
    this.memory = memory;
    this.participants = participants;
    this.doorbell = doorbell;
    this.trail = trail;
  }

  /** The slot among the participants in which this handle is; -1 while it does without one. */
  get slot(): number {
    return this.#joined.slot ?? -1;
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Whether who opens the name now comes to this segment. */
  get isReachable(): boolean {
    return this.trail.lead === "held";
  }

  /**
   * Takes a place for a handle that cannot do without one any more.
   *
   * @returns The slot.
   * @throws {SystemError} `EAGAIN` when every place belongs to somebody alive.
   */
  needPlace(): number {
    const slot = this.#joined.takePlace();
    if (slot === undefined) throw this.full();
    return slot;
  }

  /** Has handles give back what they have that nobody can use any more; returns whether there were any. */
  reclaim(): boolean {
    return reclaimHandles(this.#path);
  }

  /** The error for a segment without a place for one more; it says who has them. */
  full(): SystemError {
    return this.#joined.full();
  }

  /**
   * Has the place given back when the program forgets a handle without disposing it. The name stays: a name goes when
   * it is disposed, or the process ends.
   *
   * @param handle What the program holds.
   * @param leave Leaves the segment as the handle's disposal does. It must not lead to the handle, and so must not be
   * made where an arrow function uses `this`: all functions of one scope keep what any of them uses.
   */
  whenForgotten(handle: Disposable, leave: () => void = () => this.dispose()): void {
    const main = host.program;
    const letGo = (): void => {
      this.#joined.keepName(main);
      leave();
    };
    // Who has waited for a place has it now, and is another handle.
    if (this.#open !== undefined) noteDisposed(this.#open);
    this.#open = {
      path: this.#path,
      purpose: this.#purpose,
      handle: new WeakRef(handle),
      main,
      letGo,
    };
    noteHandle(this.#open);
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
    this.#joined.takingRoom("take a lane of", () =>
      platform().allocate(this.#joined.fd, section.offset + offset, lengthBytes, this.trail.path),
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

  /**
   * Watches the liveness pipes of those who have certain slots, but of this thread, which outlives its own waits. The end
   * of a pipe is a hint: the kernel's lock decides.
   *
   * @param slots Their numbers; -1 is nobody's.
   * @returns How to stop; undefined when there is nobody to watch.
   */
  watchLives(slots: Iterable<number>, onDeath: () => void): (() => void) | undefined {
    const { participants, doorbell } = this;
    const stops: (() => void)[] = [];
    for (const slot of slots) {
      const bell = participants.bellOf(slot);
      if (bell !== 0 && bell !== doorbell.bell) stops.push(doorbell.watchLife(bell, onDeath));
    }
    if (stops.length === 0) return undefined;
    return () => {
      for (const stop of stops) stop();
    };
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
    if (this.memory.mapping.fault !== undefined) this.#failCutShort();
  }

  /**
   * Leaves the segment: ends the waits of this handle, gives the slot back, unmaps the memory, lets go of the
   * name, unless other handles share them.
   *
   * @param isSlotKept Leaves the slot as a death would, for others to clear up after it.
   */
  dispose(isSlotKept = false): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (this.#open !== undefined) noteDisposed(this.#open);
    for (const cell of this.#cells.values()) cell.close();
    const { epoch } = this.superblock;
    // Nobody who comes later may find what is being given back.
    if (this.#joined.users === 1 && shared.get(epoch) === this.#joined) shared.delete(epoch);
    this.#joined.release(isSlotKept);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #failCutShort(): never {
    throw new FileTruncatedError(
      `Cannot use "${this.name}": its file was cut short while it was open; dispose it, remove the name and open it anew`,
    );
  }

  #bells(): Bells {
    const { participants, doorbell } = this;
    const joined = this.#joined;
    const isClosed = (): boolean => this.#isDisposed;
    return {
      get isClosed() {
        return isClosed();
      },
      get slotCount() {
        return participants.used;
      },
      enter: (cell) => joined.enter(cell),
      leave: (cell) => joined.leave(cell),
      arm: (cell) => {
        const slot = joined.takePlace();
        return slot === undefined ? undefined : participants.arm(slot, cell);
      },
      disarm: (slot, cell) => participants.disarm(slot, cell),
      ring: (slot) => void doorbell.ring(participants.bellOf(slot)),
      sleep: (timeoutMs) => doorbell.sleep(timeoutMs),
      checkWhole: () => this.checkWhole(),
    };
  }
}

/** Joins the segment of an open file, or what this thread has of it already. Lets go of the file when it cannot. */
function joinFile(file: NamedFile, spec: SegmentSpec): JoinedSegment {
  const { isShared, limitName, range } = spec.places ?? DEFAULT_PLACES;
  const { epoch } = file.superblock;
  const check = (memory: SegmentMemory): void => {
    checkShape(file, spec);
    for (const section of spec.sections) section.check?.(memory, file);
  };
  const known = isShared ? shared.get(epoch) : undefined;
  if (known !== undefined) {
    try {
      check(known.memory);
    } finally {
      release(file.fd);
    }
    known.users++;
    return known;
  }
  const { role, participantName, reap, isGatherable } = spec;
  const joined = new JoinedSegment(
    file,
    { kind: spec.kind, role, participantName, reap, range, limitName, isGatherable },
    check,
  );
  try {
    if (joined.takePlace() === undefined && !isShared) throw joined.full();
  } catch (error) {
    joined.release(false);
    throw error;
  }
  if (isShared) shared.set(epoch, joined);
  return joined;
}

/** Opens the file; a name that only an earlier program of this thread has left is no hindrance. */
function openUnlessOver(
  verb: OpenVerb,
  spec: SegmentSpec,
  path: string,
): ReturnType<typeof openFile> {
  try {
    return openFile(verb, spec);
  } catch (error) {
    const isTaken = verb === "createNew" && (error as Partial<SystemError>).code === "EEXIST";
    if (!isTaken || !reclaimHandles(path)) throw error;
    return openFile(verb, spec);
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
    fill: (fd, path, allocatedBytes, sections) => {
      const table = sections.find(({ id }) => id === SECTION.participants);
      // The rest of it is allocated as participants come.
      if (table !== undefined)
        platform().allocate(fd, table.offset, Math.min(table.length, FIRST_BYTES), path);
      const memory = new SegmentMemory(fd, path, allocatedBytes, sections);
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

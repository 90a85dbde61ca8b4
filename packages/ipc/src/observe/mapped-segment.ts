/**
 * A segment's file that stays open and mapped for reading.
 *
 * @module
 */
import { closeSync, fstatSync } from "node:fs";
import { CorruptSegmentError } from "@isthmus/core";
import {
  conditionError,
  decodeSuperblock,
  Mapping,
  readHead,
  SECTION,
  type Superblock,
  Trail,
} from "@isthmus/core/internal";
import { describeSegment, identify, type SegmentIdentity } from "./describe-segment.ts";
import { SectionReader } from "./section-reader.ts";
import type { SegmentInfo } from "./segment-info.ts";

/** Sections that belong to users: they can be large, and no figure is in them. */
const UNMAPPED: ReadonlySet<number> = new Set([SECTION.data, SECTION.lanes]);

/** What to map of it. */
export interface MappedRange {
  /** Whether the rings of a channel are mapped, too. */
  readonly hasLanes: boolean;
}

/**
 * The file and its memory, read-only: nothing is joined, locked or written, so that nobody notices and nobody's
 * lifetime changes. Only the memory itself stays in use while it is mapped, also when the last holder has left and
 * the file is gone.
 *
 * **Safety.** `Atomics.load` writes to memory on some CPUs and ends the process on a read-only mapping (JavaScriptCore
 * makes it of an atomic addition of 0, measured): only plain reads, and copies, may be used on it.
 */
export class MappedSegment implements Disposable {
  readonly superblock: Superblock;
  readonly reader: SectionReader;
  readonly mapping: Mapping;
  readonly #fd: number;
  /** Tells whether the name leads here. */
  readonly #trail: Trail;
  readonly #name: string;
  readonly #identity: SegmentIdentity;
  #isDisposed = false;

  /**
   * @param fd The file, open for reading; closed when this is disposed, or cannot be made.
   * @throws {CorruptSegmentError} When it is not a segment of this version.
   */
  constructor(fd: number, path: string, name: string, { hasLanes }: MappedRange) {
    this.#fd = fd;
    this.#name = name;
    try {
      const stats = fstatSync(fd);
      if (stats.isDirectory()) throw conditionError("EISDIR", `observe "${name}"`, "open", path);
      this.superblock = decodeSuperblock(readHead(fd), stats.size, name);
      this.#identity = identify(name, path, this.superblock);
      this.#trail = new Trail(fd, path);
      const { sections, epoch } = this.superblock;
      const mapped = sections.filter(({ id }) => hasLanes || !UNMAPPED.has(id));
      this.mapping = new Mapping({
        fd,
        path,
        offsetBytes: 0,
        lengthBytes: mapped.reduce((end, { offset, length }) => Math.max(end, offset + length), 0),
        protection: "read",
        sharing: "shared",
      });
      const copy = (offset: number, into: Uint8Array<ArrayBuffer>): void =>
        this.mapping.copy(offset, into, false);
      this.reader = new SectionReader({ fd, path, epoch }, sections, copy);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Whether the name still leads to this file. */
  get isCurrent(): boolean {
    return this.#trail.lead === "held";
  }

  /**
   * Describes the segment at this moment.
   *
   * @throws {CorruptSegmentError} When it cannot be what it says it is.
   */
  describe(): SegmentInfo {
    const info = describeSegment({ fd: this.#fd, reader: this.reader, identity: this.#identity });
    this.checkWhole();
    return info;
  }

  /**
   * Checks that everything that was read until now was really there.
   *
   * @throws {CorruptSegmentError} When the file has been cut short.
   */
  checkWhole(): void {
    if (this.mapping.fault === undefined) return;
    throw new CorruptSegmentError(`Cannot observe "${this.#name}": its file has been cut short`);
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.mapping.dispose();
    closeSync(this.#fd);
  }
}

/**
 * What is written into a new named file before it gets its name.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import {
  encodeSuperblock,
  headerBytes,
  SEGMENT_KINDS,
  type Section,
  type SegmentKind,
  type Superblock,
} from "./superblock.ts";

/** A section of a new named file. */
export interface SectionRequest {
  readonly id: number;
  /** Length in bytes. */
  readonly length: number;
  /**
   * Whether the file is only sized for it and nothing allocated yet. Such sections lie behind all others, and nobody
   * may touch a byte of them before it has been allocated: a full file system would end the process.
   */
  readonly isReserved?: boolean | undefined;
}

/** What a new named file is. */
export interface CreateRequest {
  readonly name: string;
  readonly kind: SegmentKind;
  /** The sections in order, each with its length in bytes; laid out on whole pages. */
  readonly sections: readonly SectionRequest[];
  /** Whether the file stays when nobody holds it. */
  readonly isPersistent: boolean;
  /** Fingerprint of the schema; 0 where there is none. */
  readonly fingerprint?: bigint;
  /** Fills the sections that are not reserved, which are zero and come first, before anybody can see them. */
  readonly fill?: (
    fd: number,
    path: string,
    allocatedBytes: number,
    sections: readonly Section[],
  ) => void;
}

/**
 * Allocates a new file, lays out its sections, fills them and puts the superblock before them.
 *
 * @throws {SystemError} `ENOSPC` when there is no room for all of it.
 */
export function writeNamedFile(request: CreateRequest, fd: number, path: string): Superblock {
  const pageSize = platform().pageSizeBytes;
  let end = headerBytes();
  const place = ({ id, length }: SectionRequest): Section => {
    const offset = Math.ceil(end / pageSize) * pageSize;
    end = offset + length;
    return { id, offset, length };
  };
  const isReserved = (section: SectionRequest): boolean => section.isReserved === true;
  const allocated = request.sections.filter((section) => !isReserved(section)).map(place);
  const allocatedEnd = end;
  const placed = [...allocated, ...request.sections.filter(isReserved).map(place)];
  const sections = request.sections.map(({ id }) => placed.find((one) => one.id === id) as Section);
  platform().allocate(fd, 0, allocatedEnd, path);
  if (allocatedEnd < end) {
    platform().allowHoles(fd);
    platform().setLength(fd, end, `size "${path}" to ${end} bytes`, path);
  }
  const superblock: Superblock = {
    abi: platform().abiTag,
    kind: SEGMENT_KINDS[request.kind],
    isPersistent: request.isPersistent,
    totalBytes: end,
    fingerprint: request.fingerprint ?? 0n,
    epoch: crypto.getRandomValues(new BigUint64Array(1))[0] as bigint,
    createdAtMs: Date.now(),
    creatorPid: process.pid,
    name: request.name,
    sections,
  };
  request.fill?.(fd, path, allocatedEnd, sections);
  writeFirstPage(fd, encodeSuperblock(superblock), path);
  return superblock;
}

function writeFirstPage(fd: number, page: Uint8Array, path: string): void {
  try {
    writeSync(fd, page, 0, undefined, 0);
  } catch (error) {
    throw fromNodeError(error, `write "${path}"`);
  }
}

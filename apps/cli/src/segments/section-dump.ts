/**
 * The bytes of a segment's sections.
 *
 * @module
 */
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { SegmentInfo } from "@isthmus/ipc";
import type { ReadBytes } from "../output/hex-dump.ts";
import { NotFoundError } from "./not-found-error.ts";

/** A range of bytes to show. */
export interface Dump {
  /** The section's name, its number where this version does not know it, or `file` for a damaged file. */
  readonly section: string;
  /** Where the range begins in the file. */
  readonly offset: number;
  readonly lengthBytes: number;
  /** The length of the whole section. */
  readonly sectionBytes: number;
}

/**
 * Chooses what to dump.
 *
 * @param info The segment; of a damaged one the file itself is the only section.
 * @param wanted A section's name or number; undefined for all.
 * @param limitBytes How much of each section; 0 for all of it.
 * @throws {NotFoundError} when the segment has no such section.
 */
export function findDumps(
  info: SegmentInfo,
  wanted: string | undefined,
  limitBytes: number,
): Dump[] {
  const whole = { id: 0, name: "file", offset: 0, lengthBytes: info.totalBytes };
  const sections = info.error === undefined ? info.sections : [whole];
  const found = sections
    .map(({ id, name, offset, lengthBytes }) => ({
      id: String(id),
      section: name === "unknown" ? String(id) : name,
      offset,
      lengthBytes: limitBytes === 0 ? lengthBytes : Math.min(limitBytes, lengthBytes),
      sectionBytes: lengthBytes,
    }))
    .filter(({ id, section }) => wanted === undefined || wanted === section || wanted === id);
  if (wanted === undefined || found.length > 0) return found;
  const names = sections.map(({ name, id }) => (name === "unknown" ? id : name)).join(", ");
  throw new NotFoundError(`There is no section "${wanted}"; it has: ${names}`);
}

/** A file's bytes, until disposed. */
export interface OpenDump extends Disposable {
  readonly read: ReadBytes;
}

/** Opens a segment's file for reading. */
export function openDump({ path }: SegmentInfo): OpenDump {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return {
    read: (offset, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

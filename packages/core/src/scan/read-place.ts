/**
 * Where the bytes of a mapping can be read instead.
 *
 * A kernel has memory of its own, into which what it looks at is copied anyway. A read copies it at once; from a mapping, a
 * page fault for every few pages comes before that (decision 0014).
 *
 * @module
 */
import { readSync } from "node:fs";
import type { Backing } from "../backing.ts";
import { type Mapping, READING_BYTES } from "../mapping.ts";
import { platform } from "../native/platform.ts";
import { type CopyBytes, copierOf, type ReadPlace } from "./kernel/copy-bytes.ts";

/**
 * Where a mapping's bytes can be read.
 *
 * @param mapping Shows the file, and nobody has written to it.
 * @param offset Where it begins, in bytes from the map's offset 0.
 * @returns Undefined where reads and mappings may show different things, and where the file is not in the page cache: then the
 * mapping's advice makes for fewer and larger requests of the disk.
 */
export function readPlace(
  mapping: Mapping,
  { fd, baseOffset, isRegular }: Backing,
  offset: number,
): ReadPlace | undefined {
  if (!isRegular || !platform().readsMappings) return undefined;
  const { lengthBytes } = mapping;
  for (let end = READING_BYTES; end < lengthBytes + READING_BYTES; end += READING_BYTES) {
    if (mapping.residentBytes(Math.min(end, lengthBytes) - 1, 1) === 0) return undefined;
  }
  return { fd, position: baseOffset + offset };
}

/**
 * Makes the copier of mapped bytes for this thread: a file that ended too soon is told before its mapping is looked at.
 *
 * @param place What {@link readPlace} has found.
 * @param end Where the bytes end, from the map's offset 0.
 */
export function readingCopier(
  bytes: Uint8Array,
  place: ReadPlace | undefined,
  backing: Backing,
  end: number,
): CopyBytes {
  return copierOf(bytes, place, readSync, () => backing.checkReaches(end));
}

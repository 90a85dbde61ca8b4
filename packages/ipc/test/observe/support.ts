/**
 * Lies in segments, for tests of those who look at them.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { decodeSuperblock, readHead } from "@isthmus/core/internal";

/** Writes into a section of a segment, as any process that may open it could; returns what was there before. */
export function lieIn(path: string, section: number, offset: number, lie: Uint8Array): Uint8Array {
  const fd = openSync(path, "r+");
  try {
    const { sections } = decodeSuperblock(readHead(fd), Bun.file(path).size, path);
    const found = sections.find(({ id }) => id === section);
    if (found === undefined) throw new Error(`${path} has no section ${section}`);
    const length = Math.min(lie.length, found.length - offset);
    const before = new Uint8Array(length);
    readSync(fd, before, 0, length, found.offset + offset);
    writeSync(fd, lie, 0, length, found.offset + offset);
    return before;
  } finally {
    closeSync(fd);
  }
}

/** Words as bytes. */
export function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

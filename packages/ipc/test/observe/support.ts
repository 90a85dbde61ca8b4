/**
 * Lies in segments, for tests of those who look at them.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { decodeSuperblock, readHead } from "@isthmus/core/internal";
import {
  type FieldType,
  type RecordTail,
  type StructSchema,
  struct,
  type TailedRecord,
  u32,
  utf8,
} from "../../src/index.ts";

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

/** Offsets of a superblock, as docs/layout.md has them. */
const AT = { totalBytes: 32, sectionCount: 68, sections: 512 } as const;
const ENTRY_BYTES = 24;

/** The bytes of a segment with one more section behind the others. */
export function withSection(segment: Uint8Array, id: number, content: Uint8Array): Uint8Array {
  const all = new Uint8Array(segment.length + content.length);
  all.set(segment);
  all.set(content, segment.length);
  const view = new DataView(all.buffer);
  const count = view.getUint32(AT.sectionCount, true);
  const entry = AT.sections + count * ENTRY_BYTES;
  view.setUint32(entry, id, true);
  view.setBigUint64(entry + 8, BigInt(segment.length), true);
  view.setBigUint64(entry + 16, BigInt(content.length), true);
  view.setUint32(AT.sectionCount, count + 1, true);
  view.setBigUint64(AT.totalBytes, BigInt(all.length), true);
  return all;
}

/** A record of two fields. */
export const Order: StructSchema<{
  readonly id: FieldType<number>;
  readonly symbol: FieldType<string>;
}> = struct({ id: u32, symbol: utf8(6) });

/** All records that there are. */
export function drain(tail: RecordTail): TailedRecord[] {
  const all: TailedRecord[] = [];
  while (tail.poll((record) => all.push(record)) > 0);
  return all;
}

/** A job that tells whether it is whole: of one cell, of several, and now and then too long to be written at once. */
export function churned(number: number): { number: number; text: string } {
  const length = number % 50 === 0 ? 6000 : (number % 7) * 40;
  return { number, text: String(number % 10).repeat(length) };
}

/**
 * The first page of every named file: what it is, for whom, and where its sections are.
 *
 * ```text
 *    0 ┌ magic            8 bytes  "ISTHMUS" and a zero byte
 *    8 │ layoutVersion    u32      major << 16 | minor
 *   12 │ state            u32      0 being built, 1 ready, 3 poisoned
 *   16 │ byteOrder        u32      0x01020304 as the creator's CPU writes it
 *   20 │ abi              u32      what its creator runs on: see native/abi.ts
 *   24 │ kind             u32      what the file is (see SEGMENT_KINDS)
 *   28 │ flags            u32      bit 0: persistent
 *   32 │ totalBytes       u64      length of the file
 *   40 │ fingerprint      u64      of the schema; 0 where there is none
 *   48 │ epoch            u64      random, new with every creation
 *   56 │ createdAt        u64      milliseconds since 1970
 *   64 │ creatorPid       u32
 *   68 │ sectionCount     u32      0 to 32
 *   72 │ headerBytes      u32      length of this page, a multiple of the page size
 *   76 │ reserved         52 bytes of zero
 *  128 │ name             u32 length, then up to 200 bytes of UTF-8
 *  332 │ reserved         180 bytes of zero
 *  512 │ sections         32 x { id u32, reserved u32, offset u64, length u64 }
 * 1280 └ reserved         zero, up to headerBytes
 * ```
 *
 * All integers are little-endian. Everything behind this page is reached through the section table only.
 *
 * @module
 */
import { fstatSync, readSync } from "node:fs";
import { CorruptSegmentError } from "../errors.ts";
import { readAbi } from "../native/abi.ts";
import { platform } from "../native/platform.ts";
import { NAME_BYTES_MAX } from "./name.ts";

/** What a named file can be. */
export const SEGMENT_KINDS = {
  memory: 1,
  mutex: 2,
  semaphore: 3,
  event: 4,
  struct: 5,
  channel: 6,
  topic: 7,
  service: 8,
  queue: 9,
  cache: 10,
  table: 11,
  counters: 12,
  journal: 13,
  bridge: 14,
} as const;

/** The name of a kind of segment. */
export type SegmentKind = keyof typeof SEGMENT_KINDS;

/** What a section can hold. Named memory has `data` only; `@isthmus/ipc` describes the others. */
export const SECTION = {
  data: 1,
  participants: 2,
  cells: 3,
  mutex: 4,
  state: 5,
  lanes: 6,
  latency: 7,
  schema: 8,
} as const;

/** Part of a named file. Offsets and lengths in bytes. */
export interface Section {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
}

/** The first page, decoded. */
export interface Superblock {
  /** What its creator runs on; see `readAbi`. */
  readonly abi: number;
  readonly kind: number;
  readonly isPersistent: boolean;
  readonly totalBytes: number;
  readonly fingerprint: bigint;
  readonly epoch: bigint;
  readonly createdAtMs: number;
  readonly creatorPid: number;
  readonly name: string;
  readonly sections: readonly Section[];
}

const MAGIC = new TextEncoder().encode("ISTHMUS\0");
const LAYOUT_MAJOR = 2;
const LAYOUT_MINOR = 1;
const STATE_READY = 1;
const BYTE_ORDER = 0x01020304;
const FLAG_PERSISTENT = 1;
const SECTION_COUNT_MAX = 32;
const SECTION_BYTES = 24;

const AT = {
  magic: 0,
  layoutVersion: 8,
  state: 12,
  byteOrder: 16,
  abi: 20,
  kind: 24,
  flags: 28,
  totalBytes: 32,
  fingerprint: 40,
  epoch: 48,
  createdAt: 56,
  creatorPid: 64,
  sectionCount: 68,
  headerBytes: 72,
  nameLength: 128,
  name: 132,
  sections: 512,
} as const;

/** How much of a file the superblock takes, and `decodeSuperblock` wants to see. */
const SUPERBLOCK_BYTES = 4096;

if (AT.name + NAME_BYTES_MAX > AT.sections)
  throw new Error("superblock: the name overlaps the sections");
if (AT.sections + SECTION_COUNT_MAX * SECTION_BYTES > SUPERBLOCK_BYTES) {
  throw new Error("superblock: the sections do not fit the page");
}

/** Bytes before the first section: whole pages, so that sections can be mapped on their own. */
export function headerBytes(): number {
  return Math.max(SUPERBLOCK_BYTES, platform().pageSizeBytes);
}

/** Reads the start of a named file; fewer bytes than a superblock has when the file is shorter. */
export function readHead(fd: number): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  // A pipe has no places to read from, and nothing that could be a segment.
  if (!fstatSync(fd).isFile()) return bytes.subarray(0, 0);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
}

function hasMagic(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => head[index] === byte);
}

/**
 * Whether a file begins like a segment, of any version, that goes when nobody holds it. Persistent ones stay,
 * and so does what is no segment: it is not ours to remove.
 */
export function isRemovableHead(head: Uint8Array): boolean {
  if (!hasMagic(head) || head.length < SUPERBLOCK_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  return (view.getUint32(AT.flags, true) & FLAG_PERSISTENT) === 0;
}

/** Encodes a first page, state "ready". */
export function encodeSuperblock(block: Superblock): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, AT.magic);
  view.setUint32(AT.layoutVersion, (LAYOUT_MAJOR << 16) | LAYOUT_MINOR, true);
  view.setUint32(AT.state, STATE_READY, true);
  view.setUint32(AT.byteOrder, BYTE_ORDER, true);
  view.setUint32(AT.abi, block.abi, true);
  view.setUint32(AT.kind, block.kind, true);
  view.setUint32(AT.flags, block.isPersistent ? FLAG_PERSISTENT : 0, true);
  view.setBigUint64(AT.totalBytes, BigInt(block.totalBytes), true);
  view.setBigUint64(AT.fingerprint, block.fingerprint, true);
  view.setBigUint64(AT.epoch, block.epoch, true);
  view.setBigUint64(AT.createdAt, BigInt(block.createdAtMs), true);
  view.setUint32(AT.creatorPid, block.creatorPid, true);
  view.setUint32(AT.sectionCount, block.sections.length, true);
  view.setUint32(AT.headerBytes, headerBytes(), true);
  const name = new TextEncoder().encode(block.name);
  view.setUint32(AT.nameLength, name.length, true);
  bytes.set(name, AT.name);
  block.sections.forEach((section, index) => {
    const at = AT.sections + index * SECTION_BYTES;
    view.setUint32(at, section.id, true);
    view.setBigUint64(at + 8, BigInt(section.offset), true);
    view.setBigUint64(at + 16, BigInt(section.length), true);
  });
  return bytes;
}

/**
 * Decodes and checks a first page that anybody may have written.
 *
 * @param bytes The start of the file; shorter than a page when the file is.
 * @param fileBytes The length of the file.
 * @param name Whose file it is, for messages.
 * @throws {CorruptSegmentError} Naming the first field that is not as it must be.
 */
export function decodeSuperblock(bytes: Uint8Array, fileBytes: number, name: string): Superblock {
  const corrupt = (field: string, expected: unknown, found: unknown): CorruptSegmentError =>
    new CorruptSegmentError(
      `Cannot open "${name}": its ${field} must be ${expected}: found ${found}`,
    );
  if (bytes.length < SUPERBLOCK_BYTES)
    throw corrupt("length", `>= ${SUPERBLOCK_BYTES} bytes`, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, SUPERBLOCK_BYTES);
  const word = (field: keyof typeof AT): number => view.getUint32(AT[field], true);
  const long = (field: keyof typeof AT): number => Number(view.getBigUint64(AT[field], true));
  if (!hasMagic(bytes)) {
    throw corrupt("magic", '"ISTHMUS\\0"', Buffer.from(bytes.subarray(0, 8)).toString("hex"));
  }
  const version = word("layoutVersion");
  if (version >>> 16 !== LAYOUT_MAJOR || (version & 0xffff) > LAYOUT_MINOR) {
    const found = `${version >>> 16}.${version & 0xffff}`;
    throw corrupt("layout version", `${LAYOUT_MAJOR}.0 to ${LAYOUT_MAJOR}.${LAYOUT_MINOR}`, found);
  }
  if (word("byteOrder") !== BYTE_ORDER) {
    throw corrupt("byte order", hex(BYTE_ORDER), hex(word("byteOrder")));
  }
  if (readAbi(word("abi")) === undefined) {
    throw corrupt("ABI tag", "of a known CPU and C library", hex(word("abi")));
  }
  if (word("state") !== STATE_READY)
    throw corrupt("state", `${STATE_READY} (ready)`, word("state"));
  const totalBytes = long("totalBytes");
  if (totalBytes !== fileBytes)
    throw corrupt("total size", `the file's ${fileBytes} bytes`, totalBytes);
  const nameLength = word("nameLength");
  if (nameLength > NAME_BYTES_MAX) throw corrupt("name length", `<= ${NAME_BYTES_MAX}`, nameLength);
  return {
    abi: word("abi"),
    kind: word("kind"),
    isPersistent: (word("flags") & FLAG_PERSISTENT) !== 0,
    totalBytes,
    fingerprint: view.getBigUint64(AT.fingerprint, true),
    epoch: view.getBigUint64(AT.epoch, true),
    createdAtMs: long("createdAt"),
    creatorPid: word("creatorPid"),
    name: new TextDecoder().decode(bytes.subarray(AT.name, AT.name + nameLength)),
    sections: decodeSections(view, word("headerBytes"), totalBytes, corrupt),
  };
}

function decodeSections(
  view: DataView,
  firstOffset: number,
  totalBytes: number,
  corrupt: (field: string, expected: unknown, found: unknown) => CorruptSegmentError,
): Section[] {
  const count = view.getUint32(AT.sectionCount, true);
  if (count > SECTION_COUNT_MAX) throw corrupt("section count", `<= ${SECTION_COUNT_MAX}`, count);
  const sections: Section[] = [];
  for (let index = 0; index < count; index++) {
    const at = AT.sections + index * SECTION_BYTES;
    const id = view.getUint32(at, true);
    const offset = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 16, true));
    if (offset < Math.max(firstOffset, SUPERBLOCK_BYTES) || offset + length > totalBytes) {
      throw corrupt(
        `section ${id}`,
        `inside the file's ${totalBytes} bytes`,
        `${offset} + ${length}`,
      );
    }
    sections.push({ id, offset, length });
  }
  return sections;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/**
 * What a journal says of itself, and how one is made.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { CorruptSegmentError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import type { SchemaShape } from "@isthmus/ipc/internal";
import { attempt, syncDirectory, writeAside } from "./disk-files.ts";
import {
  ASIDE_NAME,
  FORMAT_VERSION,
  firstOf,
  ID_BYTES,
  LOCK_NAME,
  META,
  META_BYTES_MAX,
  META_MAGIC,
  META_NAME,
  SEGMENT_BYTES_MAX,
  SEGMENT_BYTES_MIN,
} from "./journal-layout.ts";

/** What is in `meta`. */
export interface JournalMeta {
  readonly id: Uint8Array;
  readonly segmentBytes: number;
  readonly fingerprint: bigint;
  readonly schemaText: string;
}

/** The file that has no name yet. */
const ASIDE = ".meta";

/** What may be there before there is a journal. */
const NOT_OTHERS: readonly string[] = [LOCK_NAME, ASIDE, ASIDE_NAME];

/**
 * Makes the directory of a journal where it is missing.
 *
 * @throws {SystemError} `ENOENT` when its parent is missing; `ENOTDIR` when it is something else; `ENOTEMPTY` when it has other files.
 */
export function ensureJournalDirectory(path: string): void {
  attempt(`open the journal "${path}"`, () => {
    const found = statSync(path, { throwIfNoEntry: false });
    // Before a lock is put there.
    if (found?.isDirectory()) return checkFree(path);
    // Which says what is wrong with what is there instead.
    if (found !== undefined) readdirSync(path);
    try {
      mkdirSync(path);
      syncDirectory(dirname(path));
    } catch (error) {
      // Somebody else was first.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  });
}

/** Refuses a directory that is no journal and has other files. */
function checkFree(path: string): void {
  if (hasMeta(path)) return;
  const others = readdirSync(path).filter((name) => !NOT_OTHERS.includes(name));
  // Somebody else may have made the journal meanwhile.
  if (others.length === 0 || hasMeta(path)) return;
  if (others.some((name) => firstOf(name) !== undefined)) refuse(path, "its meta is missing");
  const reason = `it has files that are none of a journal, as "${others[0]}"`;
  throw conditionError("ENOTEMPTY", `make a journal in "${path}"`, "open", path, reason);
}

function hasMeta(path: string): boolean {
  return statSync(join(path, META_NAME), { throwIfNoEntry: false }) !== undefined;
}

/** Reads `meta`; undefined when there is none. */
export function readMeta(path: string): JournalMeta | undefined {
  const file = join(path, META_NAME);
  const size = attempt(`read "${file}"`, () => statSync(file, { throwIfNoEntry: false })?.size);
  if (size === undefined) return undefined;
  if (size > META_BYTES_MAX) return refuse(path, `its meta has ${size} bytes`);
  return decodeMeta(
    attempt(`read "${file}"`, () => readFileSync(file)),
    path,
  );
}

/**
 * Writes `meta`. Only who has the turn may do that.
 *
 * @param reserve Takes the room for the first segment: without it no journal is made, and the next call may want a smaller one.
 * @throws {SystemError} `ENOTEMPTY` when the directory has other files; `ENOSPC` when there is no room.
 */
export function createMeta(
  path: string,
  shape: SchemaShape,
  segmentBytes: number,
  reserve: (id: Uint8Array) => void,
): JournalMeta {
  checkFree(path);
  const id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  const meta = { id, segmentBytes, fingerprint: shape.fingerprint, schemaText: shape.text };
  attempt(`make the journal "${path}"`, () => {
    writeAside(join(path, ASIDE), encodeMeta(meta), join(path, META_NAME), () => reserve(id));
    syncDirectory(path);
  });
  return meta;
}

/** The bytes of `meta`. */
function encodeMeta({ id, segmentBytes, fingerprint, schemaText }: JournalMeta): Uint8Array {
  const text = new TextEncoder().encode(schemaText);
  const bytes = new Uint8Array(META.schema + text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(META_MAGIC), META.magic);
  view.setUint32(META.version, FORMAT_VERSION, true);
  view.setUint32(META.lengthBytes, bytes.length, true);
  bytes.set(id, META.id);
  view.setFloat64(META.segmentBytes, segmentBytes, true);
  view.setBigUint64(META.fingerprint, fingerprint, true);
  bytes.set(text, META.schema);
  view.setUint32(META.crc, crc32(bytes), true);
  return bytes;
}

/**
 * Reads `meta`.
 *
 * @throws {CorruptSegmentError} When anything in it is wrong.
 */
function decodeMeta(bytes: Uint8Array, path: string): JournalMeta {
  if (bytes.length < META.schema) return refuse(path, `its meta has ${bytes.length} bytes`);
  const own = new Uint8Array(bytes); // not `slice`: a Buffer's copies nothing
  const view = new DataView(own.buffer);
  const magic = Buffer.from(own.subarray(0, META_MAGIC.length)).toString("latin1");
  if (magic !== META_MAGIC) return refuse(path, "its meta does not begin as it should");
  const version = view.getUint32(META.version, true);
  if (version !== FORMAT_VERSION) {
    return refuse(path, `it is of version ${version}, this program knows ${FORMAT_VERSION}`);
  }
  const crc = view.getUint32(META.crc, true);
  view.setUint32(META.crc, 0, true);
  const isWhole = view.getUint32(META.lengthBytes, true) === own.length && crc32(own) === crc;
  if (!isWhole) return refuse(path, "the CRC of its meta is wrong");
  const segmentBytes = view.getFloat64(META.segmentBytes, true);
  const isPossible =
    segmentBytes >= SEGMENT_BYTES_MIN &&
    segmentBytes <= SEGMENT_BYTES_MAX &&
    segmentBytes % 4096 === 0;
  if (!isPossible) return refuse(path, `its segments have ${segmentBytes} bytes`);
  return {
    id: own.slice(META.id, META.id + ID_BYTES),
    segmentBytes,
    fingerprint: view.getBigUint64(META.fingerprint, true),
    schemaText: new TextDecoder().decode(own.subarray(META.schema)),
  };
}

function refuse(path: string, what: string): never {
  throw new CorruptSegmentError(`Cannot open the journal "${path}": ${what}`);
}

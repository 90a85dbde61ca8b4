/**
 * Creating, opening and removing named files: one file per name, made aside and linked into place.
 *
 * The protocol (build aside, then `link(2)`) and its reason are Boost's and iceoryx2's lesson: a file that
 * gets its final name before it is complete hangs whoever opens it when its creator dies in between.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { CorruptSegmentError, SystemError, TimeoutError } from "../errors.ts";
import { conditionError, fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { collectAbandoned } from "./collect.ts";
import { ensureDirectory, findDirectory } from "./directory.ts";
import {
  announceHolder,
  hold,
  isSameFile,
  isSeenHeld,
  removeWhenUnheld,
  unlinkIfThere,
} from "./holder.ts";
import { asideName, checkName } from "./name.ts";
import {
  decodeSuperblock,
  encodeSuperblock,
  headerBytes,
  isRemovableHead,
  readHead,
  SEGMENT_KINDS,
  type Section,
  type SegmentKind,
  type Superblock,
} from "./superblock.ts";

/** A named file that this process holds until it calls `release(fd)`. */
export interface NamedFile {
  readonly fd: number;
  readonly path: string;
  readonly name: string;
  readonly superblock: Superblock;
}

/** A section of a new named file. */
export interface SectionRequest {
  readonly id: number;
  /** Length in bytes. */
  readonly length: number;
  /**
   * Whether the file is only sized for it and nothing allocated yet. Such sections come last, and nobody may
   * touch a byte of them before it has been allocated: a full file system would end the process.
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
  /** Fills the sections, which are zero, before anybody can see them. */
  readonly fill?: (
    fd: number,
    path: string,
    totalBytes: number,
    sections: readonly Section[],
  ) => void;
}

/** How long another process may keep a name busy, in the few system calls of its creation or removal. */
const BUSY_TIMEOUT_MS = 5000;
const BUSY_PAUSE_MS = 1;

const OPEN_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE_FLAGS = OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL;

/**
 * Creates a named file.
 *
 * @throws {SystemError} `EEXIST` when somebody alive holds the name or it is persistent; `ENOSPC` when there is no
 * room for all of it.
 */
export function createNamedFile(request: CreateRequest): NamedFile {
  const name = checkName(request.name);
  const directory = openDirectory();
  const path = join(directory, name);
  const patience = new Patience(name);
  for (;;) {
    // Asked before anything is allocated; the link below decides.
    if (!isFree(path, patience)) throw exists(name, path);
    const created = build(request, directory, path, patience);
    if (created !== undefined) return created;
  }
}

/**
 * Opens a named file that somebody holds, or a persistent one.
 *
 * @throws {SystemError} `ENOENT` when there is no such name or its last holder is gone; `ELOOP` for a symbolic link.
 * @throws {CorruptSegmentError} When it is not a file of this kind and version.
 */
export function openNamedFile(givenName: string, kind: SegmentKind): NamedFile {
  const name = checkName(givenName);
  const path = join(openDirectory(), name);
  const patience = new Patience(name);
  for (;;) {
    const fd = openExisting(path);
    if (fd === undefined) throw missing(name, path);
    try {
      const superblock = decodeSuperblock(readHead(fd), fstatSync(fd).size, name);
      checkKind(superblock, name, kind);
      const claim = claimShared(fd, path, superblock);
      if (claim === "gone") throw missing(name, path);
      if (claim === "held") {
        hold({ fd, path, isPersistent: superblock.isPersistent });
        return { fd, path, name, superblock };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    patience.wait();
  }
}

/** Opens a name, or creates it when nobody holds it. Exactly one of many that try at once creates it. */
export function createOrOpenNamedFile(request: CreateRequest): NamedFile & { createdNew: boolean } {
  const patience = new Patience(checkName(request.name));
  for (;;) {
    try {
      return { ...openNamedFile(request.name, request.kind), createdNew: false };
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "ENOENT")) throw error;
    }
    try {
      return { ...createNamedFile(request), createdNew: true };
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "EEXIST")) throw error;
    }
    patience.wait();
  }
}

/**
 * Removes a name at once. Those who hold it go on; nobody can open it any more.
 *
 * It is done under a lock on the file: whoever has found a file unheld is about to remove its name, and
 * would remove the name of a new file when that one had taken its place in between.
 *
 * @throws {SystemError} `ENOENT` when there is no such name.
 */
export function unlinkNamedFile(givenName: string): void {
  const name = checkName(givenName);
  const path = join(openDirectory(), name);
  const patience = new Patience(name);
  for (;;) {
    const fd = openToUnlink(path);
    if (fd === undefined) break;
    try {
      if (removeWhenUnheld(fd, path)) return;
      if (platform().tryLockFile(fd, "shared") && isSameFile(fd, path)) {
        unlink(name, path);
        return;
      }
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
  unlink(name, path);
}

/**
 * Removes a name if nobody holds it, whatever the file is, persistent or not a segment at all. It collects
 * nothing else.
 *
 * @returns False when somebody holds it.
 * @throws {SystemError} `ENOENT` when there is no such name; `ELOOP`, `EISDIR`, … for what no name can be.
 */
export function removeUnheldFile(givenName: string): boolean {
  const name = checkName(givenName);
  const directory = findDirectory();
  const path = join(directory ?? "", name);
  const patience = new Patience(name);
  for (;;) {
    const fd = directory === undefined ? undefined : openExisting(path);
    if (fd === undefined) throw conditionError("ENOENT", `remove "${name}"`, "unlink", path);
    try {
      if (removeWhenUnheld(fd, path)) return true;
      // Otherwise somebody looked at it or replaced it in this moment.
      if (isSeenHeld(fd) !== false) return false;
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
}

/** Opens what a name leads to, or returns undefined for what cannot be a segment: that has no holders. */
function openToUnlink(path: string): number | undefined {
  try {
    return openExisting(path);
  } catch {
    return undefined;
  }
}

function unlink(name: string, path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    throw fromNodeError(error, `unlink "${name}"`);
  }
}

/** Directories whose leftovers this process has collected: once each, at first use. */
const collected = new Set<string>();

function openDirectory(): string {
  const directory = ensureDirectory();
  if (!collected.has(directory)) {
    collected.add(directory);
    collectAbandoned(directory);
  }
  return directory;
}

/** Makes the file aside and links it into place. Returns undefined when that has to be tried again. */
function build(
  request: CreateRequest,
  directory: string,
  path: string,
  patience: Patience,
): NamedFile | undefined {
  const { name } = request;
  const aside = join(directory, asideName(name));
  const fd = createAside(aside);
  let isDone = false;
  try {
    announceHolder(fd);
    // From here on the file is seen to be held, so that nobody collects it as a leftover. Who has found it
    // before is about to remove it: a file with that lock on it must not get the name.
    if (!platform().tryLockFile(fd, "shared")) return undefined;
    const superblock = write(request, fd, path);
    if (!link(aside, path)) {
      if (!isFree(path, patience)) throw exists(name, path);
      return undefined;
    }
    isDone = true;
    hold({ fd, path, isPersistent: superblock.isPersistent });
    return { fd, path, name, superblock };
  } finally {
    unlinkIfThere(aside);
    if (!isDone) closeSync(fd);
  }
}

function createAside(path: string): number {
  try {
    return openSync(path, CREATE_FLAGS, 0o600);
  } catch (error) {
    throw fromNodeError(error, `create "${path}"`);
  }
}

function write(request: CreateRequest, fd: number, path: string): Superblock {
  const sections: Section[] = [];
  const pageSize = platform().pageSizeBytes;
  let end = headerBytes();
  let allocatedEnd = end;
  for (const { id, length, isReserved } of request.sections) {
    const offset = Math.ceil(end / pageSize) * pageSize;
    sections.push({ id, offset, length });
    end = offset + length;
    if (isReserved !== true) allocatedEnd = end;
  }
  platform().allocate(fd, 0, allocatedEnd, path);
  if (allocatedEnd < end) size(fd, end, path);
  const superblock: Superblock = {
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
  request.fill?.(fd, path, end, sections);
  writeSync(fd, encodeSuperblock(superblock), 0, undefined, 0);
  return superblock;
}

/** Gives the file its length without allocating what is new of it. */
function size(fd: number, totalBytes: number, path: string): void {
  try {
    ftruncateSync(fd, totalBytes);
  } catch (error) {
    throw fromNodeError(error, `size "${path}" to ${totalBytes} bytes`);
  }
}

/** Gives the finished file its name. False when the name is taken, or the file was taken for a leftover. */
function link(aside: string, path: string): boolean {
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    const typed = fromNodeError(error, `create "${path}"`);
    const isRace = typed instanceof SystemError && ["EEXIST", "ENOENT"].includes(typed.code);
    if (isRace) return false;
    throw typed;
  }
}

/** Whether a name can be created: it does not exist, or nobody held what was there, which is removed. */
function isFree(path: string, patience: Patience): boolean {
  for (;;) {
    const fd = openExisting(path);
    if (fd === undefined) return true;
    try {
      if (!isRemovableHead(readHead(fd))) return false;
      if (removeWhenUnheld(fd, path)) return true;
      const isHeld = platform().tryLockFile(fd, "shared") && isSameFile(fd, path);
      // Its last holder may have left meanwhile and met this lock: then the file is left to us to remove.
      if (isHeld) return removeWhenUnheld(fd, path);
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
}

/**
 * Takes a holder's lock on a file.
 *
 * @returns `"held"`: this process holds the name now. `"gone"`: nobody held it, so it has been removed.
 * `"busy"`: somebody is creating, removing or replacing it this moment.
 */
function claimShared(
  fd: number,
  path: string,
  { isPersistent }: Superblock,
): "held" | "gone" | "busy" {
  if (!isPersistent && removeWhenUnheld(fd, path)) return "gone";
  announceHolder(fd);
  if (!platform().tryLockFile(fd, "shared")) return "busy";
  return isSameFile(fd, path) ? "held" : "busy";
}

function checkKind(superblock: Superblock, name: string, kind: SegmentKind): void {
  if (superblock.kind === SEGMENT_KINDS[kind]) return;
  const found = Object.entries(SEGMENT_KINDS).find(([, code]) => code === superblock.kind)?.[0];
  throw new CorruptSegmentError(
    `Cannot open "${name}" as ${kind}: it is ${found ?? `of unknown kind ${superblock.kind}`}`,
  );
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, OPEN_FLAGS);
  } catch (error) {
    const typed = fromNodeError(error, `open "${path}"`);
    if (typed instanceof SystemError && typed.code === "ENOENT") return undefined;
    throw typed;
  }
}

function exists(name: string, path: string): SystemError {
  return conditionError("EEXIST", `create "${name}"`, "link", path);
}

function missing(name: string, path: string): SystemError {
  return conditionError("ENOENT", `open "${name}" (nobody holds this name)`, "open", path);
}

/** Waits, a bounded time in all, for somebody who is in the middle of a few system calls. */
class Patience {
  readonly #name: string;
  readonly #deadline = performance.now() + BUSY_TIMEOUT_MS;

  constructor(name: string) {
    this.#name = name;
  }

  wait(): void {
    if (performance.now() > this.#deadline) {
      throw new TimeoutError(
        `Cannot open or create "${this.#name}": another process has kept it busy for ${BUSY_TIMEOUT_MS} ms (is it stopped?)`,
      );
    }
    Bun.sleepSync(BUSY_PAUSE_MS);
  }
}

/**
 * Opening the memory of a map that is no file of the user's: named, or anonymous.
 *
 * @module
 */
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { MEMORY_ACCESS, type MemoryAccess } from "./access.ts";
import { Backing } from "./backing.ts";
import { CorruptSegmentError } from "./errors.ts";
import { createNamedFile, createOrOpenNamedFile } from "./named/create-named-file.ts";
import { forget, release } from "./named/holder.ts";
import type { NamedFile } from "./named/named-file.ts";
import { openNamedFile } from "./named/open-named-file.ts";
import { SECTION } from "./named/superblock.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { platform } from "./native/platform.ts";
import { openCollecting } from "./open-collecting.ts";
import { checkInteger, checkOneOf, checkOptions, type OptionNames } from "./validate.ts";

const LIFETIMES = ["held", "persistent"] as const;

/** How named or anonymous memory is opened. */
export interface OpenMemoryOptions {
  /** What the map may do. Default `"readWrite"`. */
  readonly access?: MemoryAccess | undefined;
}

/** How named or anonymous memory is made. */
export interface CreateMemoryOptions extends OpenMemoryOptions {
  /**
   * `"held"` (default): the name goes with the last process that holds it, also when that one crashes.
   * `"persistent"`: it stays until `MemoryMappedFile.unlink` (or a restart of the system).
   */
  readonly lifetime?: (typeof LIFETIMES)[number] | undefined;
}

const OPEN_OPTIONS: OptionNames<OpenMemoryOptions> = { access: true };
const CREATE_OPTIONS: OptionNames<CreateMemoryOptions> = { access: true, lifetime: true };

/** What a map is made of. */
export interface MapParts {
  readonly backing: Backing;
  readonly access: MemoryAccess;
  readonly capacity: number;
  readonly name: string | null;
  readonly createdNew: boolean;
  /** Whether what it grows by has storage at once; true unless given. */
  readonly isAllocated?: boolean | undefined;
}

/** Makes named memory, or anonymous memory for the name `null`; see `MemoryMappedFile.createNew`. */
export function createMemory(
  name: string | null,
  capacity: number,
  options: CreateMemoryOptions | undefined,
): MapParts {
  const checked = checkMemory(capacity, options);
  if (name === null) return anonymous(capacity, checked.access);
  const file = createNamedFile(memoryRequest(name, capacity, checked.isPersistent));
  return fromNamed(file, checked.access, true);
}

/** Opens named memory; see `MemoryMappedFile.openExisting`. */
export function openMemory(name: string, options: OpenMemoryOptions | undefined): MapParts {
  const { access = "readWrite" } = checkOptions("options", options, OPEN_OPTIONS);
  checkOneOf("access", access, MEMORY_ACCESS);
  return fromNamed(openNamedFile(name, "memory"), access, false);
}

/** Opens or makes named memory; see `MemoryMappedFile.createOrOpen`. */
export function createOrOpenMemory(
  name: string,
  capacity: number,
  options: CreateMemoryOptions | undefined,
): MapParts {
  const checked = checkMemory(capacity, options);
  const file = createOrOpenNamedFile(memoryRequest(name, capacity, checked.isPersistent));
  return fromNamed(file, checked.access, file.createdNew);
}

function checkMemory(capacity: number, options: CreateMemoryOptions | undefined) {
  checkInteger("capacity", capacity, 1);
  const { access = "readWrite", lifetime = "held" } = checkOptions(
    "options",
    options,
    CREATE_OPTIONS,
  );
  checkOneOf("access", access, MEMORY_ACCESS);
  return { access, isPersistent: checkOneOf("lifetime", lifetime, LIFETIMES) === "persistent" };
}

function memoryRequest(name: string, capacity: number, isPersistent: boolean) {
  const sections = [{ id: SECTION.data, length: capacity }];
  return { name, kind: "memory", sections, isPersistent } as const;
}

function fromNamed(file: NamedFile, access: MemoryAccess, createdNew: boolean): MapParts {
  const data = file.superblock.sections.find(({ id }) => id === SECTION.data);
  if (data === undefined) {
    release(file.fd);
    throw new CorruptSegmentError(`Cannot open "${file.name}": it has no section with data`);
  }
  const backing = new Backing({
    fd: file.fd,
    path: file.path,
    isRegular: true,
    baseOffset: data.offset,
    ends: { close: release, forget },
  });
  const { name } = file;
  return {
    backing,
    access,
    capacity: data.length,
    name,
    createdNew,
  };
}

/**
 * Refuses anonymous memory beyond the machine's. No file system limits it: the system would hand out page after
 * page until it has none left, and then end a process, maybe another one.
 *
 * @throws {SystemError} `ENOSPC`.
 */
export function checkMemoryHolds(capacity: number): void {
  if (capacity <= totalmem()) return;
  const attempt = `create anonymous memory of ${capacity} bytes on a machine with ${totalmem()}`;
  throw conditionError("ENOSPC", attempt, "posix_fallocate");
}

function anonymous(capacity: number, access: MemoryAccess): MapParts {
  checkMemoryHolds(capacity);
  const fd = openCollecting(() => platform().createMemoryFile("isthmus") ?? unlinkedFile());
  try {
    platform().allocate(fd, 0, capacity, undefined);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const backing = new Backing({ fd, path: undefined, isRegular: true });
  return {
    backing,
    access,
    capacity,
    name: null,
    createdNew: true,
  };
}

/** Anonymous memory where the system has no memory files: a temporary file that has lost its name. */
function unlinkedFile(): number {
  const path = join(tmpdir(), `isthmus-${crypto.randomUUID()}`);
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return fd;
  } catch (error) {
    throw fromNodeError(error, "create anonymous memory");
  }
}

/**
 * The directory of named memory and the file system it is on.
 *
 * @module
 */

import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { directoryPath } from "@isthmus/core/internal";
import { COMMAND_NAME } from "../command-name.ts";
import { formatShare, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import { type Check, type Finding, fail, isWindows, ok, warn } from "./check.ts";
import { existingPlace, leadsToDirectory } from "./place.ts";

const MIB = 1024 * 1024;
const OWNER_ONLY = 0o700;
const OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

/** What Docker, Podman and Kubernetes give a container unless told otherwise. */
const CONTAINER_DEFAULT_BYTES = 64 * MIB;
/** Less than a small channel needs. */
const FREE_BYTES_MIN = MIB;
const FREE_SHARE_MIN = 0.1;

/** Types of file systems, from the kernel's `magic.h`. */
const IN_MEMORY: Readonly<Record<number, string>> = { 16914836: "tmpfs", 2240043254: "ramfs" };
/** File systems on which locks or mappings may not hold between processes, or not between machines. */
const REMOTE: Readonly<Record<number, string>> = {
  26985: "NFS",
  4283649346: "CIFS",
  4266872130: "SMB",
  16914839: "9P",
  1702057286: "FUSE",
};

/** The checks of the directory. */
export const directoryChecks: readonly Check[] = [
  { name: "ISTHMUS_DIR", run: checkSetting },
  { name: "directory", run: checkDirectory },
  { name: "file system", run: checkFileSystem },
  { name: "space", run: checkSpace },
];

function checkSetting(): Finding {
  const chosen = process.env["ISTHMUS_DIR"];
  const path = printable(directoryPath());
  if (chosen === undefined || chosen === "") return ok(`not set: ${path}`);
  if (isAbsolute(chosen)) return ok(path);
  return warn(
    `"${printable(chosen)}" is relative: every process starts from its own directory`,
    `set it to an absolute path, for example ISTHMUS_DIR=${path}`,
  );
}

function checkDirectory(): Finding {
  const path = directoryPath();
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return checkMissing(path);
  if (!stats.isDirectory()) {
    const what = stats.isSymbolicLink() ? "a symbolic link" : "no directory";
    return fail(`${path} is ${what}`, `remove it, or set ISTHMUS_DIR to another directory`);
  }
  const uid = process.getuid?.() ?? stats.uid;
  if (stats.uid !== uid) {
    return fail(
      `${path} belongs to user ${stats.uid}, not ${uid}`,
      "set ISTHMUS_DIR to a directory of your own",
    );
  }
  // Modes say nothing of Windows' lists of who may do what.
  return isWindows ? ok(`${path}; who may write to it is not looked at`) : checkMode(path, stats);
}

function checkMissing(path: string): Finding {
  const create = (): string => {
    mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
    return `made ${path}`;
  };
  const parent = dirname(path);
  if (!leadsToDirectory(parent)) {
    const command = isWindows ? `mkdir ${path}` : `mkdir -p -m 700 ${path}`;
    return fail(`${parent} does not exist`, `${command}, or --fix`, create);
  }
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch {
    const next = "set ISTHMUS_DIR to a directory that this user may write to";
    return fail(`${path} does not exist, and ${parent} may not be written to`, next);
  }
  return { ...ok(`${path} does not exist yet: the first use makes it`), fix: create };
}

function checkMode(path: string, stats: Stats): Finding {
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, "0");
  const next = `chmod 700 ${path}, or --fix`;
  const fix = (): string => {
    makePrivate(path);
    return `changed the mode of ${path} from ${mode} to 0700`;
  };
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    return fail(`others may write to ${path} (mode ${mode})`, next, fix);
  }
  if ((stats.mode & OWNER_ONLY) !== OWNER_ONLY) {
    return fail(`its owner may not do everything in ${path} (mode ${mode})`, next, fix);
  }
  if ((stats.mode & OTHERS) !== 0) {
    return warn(`others may see the names in ${path} (mode ${mode})`, next, fix);
  }
  return ok(`${path}, mode ${mode}, this user's own`);
}

/** Changes the mode of the very directory that was looked at: a path could lead elsewhere by now. */
function makePrivate(path: string): void {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const fd = openSync(path, flags);
  try {
    fchmodSync(fd, OWNER_ONLY);
  } finally {
    closeSync(fd);
  }
}

function checkFileSystem(): Finding {
  const place = existingPlace();
  if (isWindows) return checkDrive(place);
  const type = statfsSync(place).type >>> 0;
  const memory = IN_MEMORY[type];
  if (memory !== undefined) return ok(`${place} is on ${memory}, in memory`);
  const remote = REMOTE[type];
  const next = "set ISTHMUS_DIR to a directory in /dev/shm";
  if (remote !== undefined) return fail(`${place} is on ${remote}: locks do not hold there`, next);
  return warn(`${place} is on a disk (type 0x${type.toString(16)}): it works, more slowly`, next);
}

/** What is shared is in memory, and in a file: Windows has no file system in memory. */
function checkDrive(place: string): Finding {
  if (!place.startsWith("\\\\")) return ok(`${place}: written to the disk in the background`);
  return fail(
    `${place} is on another machine: memory is not shared with it`,
    "set ISTHMUS_DIR to a directory on a drive of this machine",
  );
}

function checkSpace(): Finding {
  const place = existingPlace();
  const { bsize, blocks, bavail, files, ffree } = statfsSync(place);
  const totalBytes = blocks * bsize;
  const freeBytes = bavail * bsize;
  const share = formatShare(freeBytes, totalBytes);
  const detail = `${formatSize(freeBytes)} free of ${formatSize(totalBytes)} (${share})`;
  const more = `remove what is not needed (${COMMAND_NAME} ls, ${COMMAND_NAME} gc), or make it larger`;
  if (freeBytes < FREE_BYTES_MIN) return fail(detail, more);
  if (files > 0 && ffree === 0) return fail(`${detail}, but no file can be created`, more);
  const isMemory = IN_MEMORY[statfsSync(place).type >>> 0] !== undefined;
  if (isMemory && totalBytes <= CONTAINER_DEFAULT_BYTES) {
    return warn(
      `${detail}: 64 MiB is what a container gets by default`,
      "docker run --shm-size=1g; in Kubernetes mount an emptyDir of medium Memory on /dev/shm",
    );
  }
  return freeBytes < totalBytes * FREE_SHARE_MIN ? warn(detail, more) : ok(detail);
}

/**
 * What Isthmus asks of the kernel, each tried for real on the file system of named memory.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { doLocksHold, Mapping, makeThreadPipe, openRinger, platform } from "@isthmus/core/internal";
import { type Check, type Finding, fail, isWindows, ok, warn } from "./check.ts";
import { ProbeDirectory } from "./place.ts";

/** Where the parts of a probe lie in one page: a word to sleep on, a mutex, the time of its locking. */
const PROBE = { futex: 0, mutex: 64, stamp: 128, byte: 0 } as const;

/** The checks of system calls. */
export const kernelChecks: readonly Check[] = [
  { name: "file locks", run: checkFileLocks },
  { name: "linked files", run: checkLinks },
  { name: "open-file locks", run: checkByteLocks },
  { name: "robust mutex", run: checkMutex },
  { name: "futex", run: checkFutex },
  { name: "named pipes", run: checkPipes },
  { name: "anonymous memory", run: checkMemoryFile },
  { name: "truncation guard", run: checkGuard },
];

const OTHER_PLACE = `set ISTHMUS_DIR to a directory on another ${isWindows ? "drive" : "file system, for example in /dev/shm"}`;
/** What the locks are called that tell who is alive. */
const LOCKS = isWindows ? "LockFileEx" : "flock";
const BYTE_LOCKS = isWindows ? "LockFileEx" : "F_OFD_SETLK";
const OTHER_KERNEL = "run on Linux 3.15 or later; a sandbox such as gVisor may lack it";

/** Two holders of one file must see each other: every name rests on it. */
function checkFileLocks(): Finding {
  using probe = new ProbeDirectory();
  const first = openSync(probe.file("lock"), "w+", 0o600);
  const second = openSync(probe.file("lock"), "r+");
  try {
    const isTaken = platform().tryLockFile(first, "shared");
    const isExcluded = !platform().tryLockFile(second, "exclusive");
    if (isTaken && isExcluded) return ok(`${LOCKS} tells who holds a name`);
    return fail(
      `${LOCKS} does not exclude: names would be removed under their holders`,
      OTHER_PLACE,
    );
  } finally {
    closeSync(second);
    closeSync(first);
  }
}

/** A name is given by a link: its holder must be seen through it. */
function checkLinks(): Finding {
  using probe = new ProbeDirectory();
  const isLocked = doLocksHold(probe.path);
  if (isLocked === true) return ok("a file's locks are seen through all of its names");
  if (isLocked === undefined) return fail("files cannot be linked or locked here", OTHER_PLACE);
  return fail(
    "a lock is not seen through another name of its file, as on FUSE (bindfs, mergerfs, shared folders)",
    OTHER_PLACE,
  );
}

function checkByteLocks(): Finding {
  const { byteLocks } = platform();
  if (byteLocks === undefined) {
    return ok("none on this system: a locked file per participant tells who has died");
  }
  using probe = new ProbeDirectory();
  const first = openSync(probe.file("lock"), "w+", 0o600);
  const second = openSync(probe.file("lock"), "r+");
  try {
    const isTaken = byteLocks.tryLock(first, PROBE.byte);
    const isSeen = byteLocks.isLocked(second, PROBE.byte);
    if (isTaken && isSeen) return ok(`${BYTE_LOCKS} tells which participant has died`);
    return fail("open-file locks are not seen: participants would look dead", OTHER_PLACE);
  } finally {
    closeSync(second);
    closeSync(first);
  }
}

function checkMutex(): Finding {
  if (platform().robustMutexes === undefined) {
    return ok("none here: an owner word and the participants' locks report a dead owner");
  }
  return withPage((mapping) => {
    const mutex = mapping.robustMutex(PROBE.mutex, PROBE.stamp);
    mutex.init();
    const outcome = mutex.tryLock();
    if (outcome !== "acquired") return fail(`a new mutex is ${outcome}`, OTHER_KERNEL);
    mutex.unlock();
    return ok("the C library's process-shared mutex reports a dead owner");
  });
}

function checkFutex(): Finding {
  return withPage((mapping) => {
    const futex = mapping.futex(PROBE.futex);
    if (futex === undefined) return ok("none between processes here: they sleep on their pipes");
    // The word is 0: a sleeper that expects 1 must not sleep.
    const outcome = futex.wait(1, 1000);
    if (outcome !== "changed") return fail(`a futex wait ended with ${outcome}`, OTHER_KERNEL);
    futex.wake(1);
    return ok("processes can sleep on shared memory");
  });
}

function checkPipes(): Finding {
  using probe = new ProbeDirectory();
  const path = probe.file(`pipe-${crypto.randomUUID()}`);
  const pipe = makeThreadPipe(path);
  const ringer = openRinger(path);
  const isRung = ringer?.ring() ?? false;
  ringer?.close();
  pipe?.close();
  if (isRung) return ok("processes can wake each other's event loop");
  return fail("a pipe that was made cannot be rung", OTHER_PLACE);
}

function checkMemoryFile(): Finding {
  const fd = platform().createMemoryFile("isthmus-doctor");
  if (fd === undefined) return ok("no memfd on this system: a removed file is used instead");
  closeSync(fd);
  return ok(isWindows ? "a temporary file that goes with its last user" : "memfd_create");
}

function checkGuard(): Finding {
  return platform().canGuard()
    ? ok(
        isWindows
          ? "Windows cuts no file short that is mapped"
          : "a file that is cut short under a map is an error, not the end of the process",
      )
    : warn(
        "no SIGBUS guard: a file that is cut short under a map ends the process",
        "never truncate a file that is mapped; use Bun, and a build of it with a C compiler",
      );
}

/** Runs a check on one page of shared memory. */
function withPage(check: (mapping: Mapping) => Finding): Finding {
  using probe = new ProbeDirectory();
  const path = probe.file("page");
  const fd = openSync(path, "w+", 0o600);
  try {
    const lengthBytes = platform().pageSizeBytes;
    platform().allocate(fd, 0, lengthBytes, path);
    using mapping = new Mapping({
      fd,
      path,
      offsetBytes: 0,
      lengthBytes,
      protection: "readWrite",
      sharing: "shared",
    });
    return check(mapping);
  } finally {
    closeSync(fd);
  }
}

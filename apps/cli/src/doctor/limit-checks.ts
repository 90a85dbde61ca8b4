/**
 * The limits of this process.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { memoryLimit } from "@isthmus/core/internal";
import { formatCount, formatSize } from "../output/format.ts";
import { type Check, type Finding, ok, warn } from "./check.ts";

/** A process needs two descriptors for its pipes, one for each segment and one for each peer it wakes. */
const OPEN_FILES_MIN = 1024;
/** The default of Linux since 5.16 is 8 MiB; before it was 64 KiB. */
const LOCKED_BYTES_MIN = 64 * 1024;
/** The default of Linux. */
const MAPS_MIN = 65_530;
/** With less left of a memory limit, a segment or the garbage of a program may be the one too many. */
const LEFT_SHARE_MIN = 0.1;

/** The checks of limits. */
export const limitChecks: readonly Check[] = [
  { name: "open files", run: checkOpenFiles },
  { name: "locked memory", run: checkLockedMemory },
  { name: "memory maps", run: checkMaps },
  { name: "memory limit", run: checkMemoryLimit },
];

function checkOpenFiles(): Finding {
  const limit = softLimit("Max open files");
  if (limit === undefined) return ok("this system does not tell");
  const detail = `${limitText(limit, formatCount)} at most`;
  if (limit >= OPEN_FILES_MIN) return ok(detail);
  return warn(detail, `ulimit -n ${OPEN_FILES_MIN}, or more`);
}

function checkLockedMemory(): Finding {
  const limit = softLimit("Max locked memory");
  if (limit === undefined) return ok("this system does not tell");
  const detail = `${limitText(limit, formatSize)} at most`;
  if (limit >= LOCKED_BYTES_MIN) return ok(detail);
  return warn(
    `${detail}: view.lock() will be refused`,
    "ulimit -l 8192, or docker --ulimit memlock",
  );
}

function checkMaps(): Finding {
  const limit = Number(readText("/proc/sys/vm/max_map_count"));
  if (!limit) return ok("this system does not tell");
  const detail = `${formatCount(limit)} at most`;
  if (limit >= MAPS_MIN) return ok(detail);
  return warn(detail, `sysctl vm.max_map_count=${MAPS_MIN}`);
}

/** Shared memory counts for the control group of whoever allocates it, whatever the size of its file system. */
function checkMemoryLimit(): Finding {
  const limit = memoryLimit();
  if (limit === undefined) return ok("no control group limits this process");
  const { path, maxBytes, availableBytes } = limit;
  const detail = `${formatSize(availableBytes)} left of ${formatSize(maxBytes)} (${path})`;
  if (availableBytes >= maxBytes * LEFT_SHARE_MIN) return ok(detail);
  return warn(
    `${detail}: more is refused with ENOSPC, and what the program itself needs beyond it ends a process`,
    "docker run --memory=2g; in Kubernetes raise limits.memory",
  );
}

/** A limit as it holds now: the third column of a line such as `Max open files  1024  4096  files`. */
function softLimit(title: string): number | undefined {
  const line = readText("/proc/self/limits")
    ?.split("\n")
    .find((candidate) => candidate.startsWith(title));
  const value = line?.slice(title.length).trim().split(/\s+/)[0];
  if (value === undefined) return undefined;
  return value === "unlimited" ? Infinity : Number(value);
}

function limitText(limit: number, format: (value: number) => string): string {
  return limit === Infinity ? "as many as there is room for" : format(limit);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // not Linux, or no /proc
  }
}

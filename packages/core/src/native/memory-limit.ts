/**
 * How much memory the control groups of this process (of its container, that is) leave it.
 *
 * The size of a tmpfs says nothing of them: whoever allocates more there than its group may have is ended by the kernel,
 * without an error (measured on Linux 6.18: `posix_fallocate` in a group of 64 MiB). So what is asked for is compared
 * with the limits before. That is a look, not a reservation: others of the group allocate, too.
 *
 * @module
 */
import { fstatSync, readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** File systems whose files are memory, and memfd's: from the kernel's `magic.h`. */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** How much may be allocated between two looks, in bytes: a look takes as long as to allocate a MiB. */
const CREDIT_MAX_BYTES = 16 << 20;
/** The part of what is left that may be. */
const CREDIT_SHARE = 1 / 16;

/** The limit that leaves least. */
export interface MemoryLimit {
  /** The file that says it. */
  readonly path: string;
  readonly maxBytes: number;
  /** What can still be allocated: caches of files give way, and swap takes in what is there of it. */
  readonly availableBytes: number;
}

/** What this process may allocate before it looks again. */
let creditBytes = 1 << 20;

/**
 * The limit that does not leave room for a range of a file, if there is one and the file is memory.
 *
 * @param root As for {@link memoryLimit}.
 */
export function exceededLimit(
  fd: number,
  offsetBytes: number,
  lengthBytes: number,
  root?: string,
): MemoryLimit | undefined {
  const neededBytes = unallocatedBytes(fd, offsetBytes, lengthBytes);
  creditBytes -= neededBytes;
  if (creditBytes >= 0 || !isMemory(fd)) return undefined;
  const limit = memoryLimit(root);
  const availableBytes = limit?.availableBytes ?? Infinity;
  if (neededBytes > availableBytes) return limit;
  creditBytes = Math.min(CREDIT_MAX_BYTES, (availableBytes - neededBytes) * CREDIT_SHARE);
  return undefined;
}

/** How much of a range has no memory yet, at most: what is behind the end of the file, and its holes. */
function unallocatedBytes(fd: number, offsetBytes: number, lengthBytes: number): number {
  const { size, blocks } = fstatSync(fd);
  const end = offsetBytes + lengthBytes;
  const behind = end - Math.max(size, offsetBytes);
  const holes = Math.max(0, size - blocks * 512);
  return Math.min(lengthBytes, Math.max(0, behind) + holes);
}

function isMemory(fd: number): boolean {
  try {
    return IN_MEMORY.includes(statfsSync(`/proc/self/fd/${fd}`).type >>> 0);
  } catch {
    return false; // not Linux, or no /proc
  }
}

/** What a version of control groups calls its files, and the lines of `memory.stat` that give way. */
const VERSIONS = {
  cgroup2: {
    max: "memory.max",
    used: "memory.current",
    reclaimable: ["inactive_file", "active_file", "slab_reclaimable"],
    swap: ({ readBytes }: Group): number =>
      readBytes("memory.swap.max") - readBytes("memory.swap.current"),
  },
  cgroup: {
    max: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    reclaimable: ["total_inactive_file", "total_active_file"],
    swap: ({ readBytes }: Group): number => {
      const both = readBytes("memory.memsw.limit_in_bytes");
      return Number.isNaN(both) ? Infinity : both - readBytes("memory.limit_in_bytes");
    },
  },
} as const;

type Version = keyof typeof VERSIONS;

interface Group {
  /** A number of bytes; infinite for none, `NaN` where there is no such file. */
  readonly readBytes: (file: string) => number;
}

/**
 * Looks at the limits of this process's group and of all above it.
 *
 * @param root What stands for `/`: another one in tests.
 * @returns The tightest; undefined where nothing limits it, or the system does not tell.
 */
export function memoryLimit(root = "/"): MemoryLimit | undefined {
  const limits = groupsOf(root).flatMap(({ version, path }) => limitOf(root, version, path) ?? []);
  return limits.sort((left, right) => left.availableBytes - right.availableBytes)[0];
}

/** The directories of this process's groups, and of those above, as far as they can be seen from here. */
function groupsOf(root: string): { version: Version; path: string }[] {
  const own = new Map(
    linesOf(root, "proc/self/cgroup").map((line) => {
      const [, controllers = "", ...path] = line.split(":");
      return [controllers, path.join(":")] as const;
    }),
  );
  return linesOf(root, "proc/self/mountinfo").flatMap((line) => {
    const [place = "", system = ""] = line.split(" - ");
    const [, , , mountRoot = "/", mountPoint = "/"] = place.split(" ");
    const [version, , options = ""] = system.split(" ");
    if (version !== "cgroup2" && !(version === "cgroup" && options.split(",").includes("memory"))) {
      return [];
    }
    const controllers = [...own.keys()].find((names) =>
      version === "cgroup2" ? names === "" : names.split(",").includes("memory"),
    );
    const path = own.get(controllers ?? "none") ?? "/";
    return pathsUpwards(within(mountRoot, path)).map((below) => ({
      version: version as Version,
      path: join(mountPoint, below),
    }));
  });
}

/** A group's path below what is mounted; the mount itself where it is another's (a container sees only its own). */
function within(mountRoot: string, path: string): string {
  if (path.startsWith("/..")) return "/";
  if (mountRoot === "/") return path;
  return path === mountRoot || path.startsWith(`${mountRoot}/`)
    ? path.slice(mountRoot.length)
    : "/";
}

function pathsUpwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    parts.slice(0, parts.length - up).join("/"),
  );
}

function limitOf(root: string, version: Version, path: string): MemoryLimit | undefined {
  const { max, used, reclaimable, swap } = VERSIONS[version];
  const readBytes = (file: string): number => {
    const text = linesOf(root, join(path, file))[0];
    if (text === undefined) return Number.NaN;
    // What no machine has is how the first version says "none".
    const bytes = text === "max" ? Infinity : Number(text);
    return bytes > Number.MAX_SAFE_INTEGER ? Infinity : bytes;
  };
  const maxBytes = readBytes(max);
  const usedBytes = readBytes(used);
  if (!Number.isFinite(maxBytes) || !Number.isFinite(usedBytes)) return undefined;
  const cached = sumOf(linesOf(root, join(path, "memory.stat")), reclaimable);
  const swapBytes = Math.min(swap({ readBytes }) || 0, freeSwapBytes(root));
  const availableBytes = Math.max(
    0,
    maxBytes - Math.max(0, usedBytes - cached) + Math.max(0, swapBytes),
  );
  return { path: join(path, max), maxBytes, availableBytes };
}

/** The sum of some lines such as `inactive_file 4096`. */
function sumOf(lines: readonly string[], names: readonly string[]): number {
  return lines
    .map((line) => line.split(" "))
    .filter(([name = ""]) => names.includes(name))
    .reduce((sum, [, value]) => sum + Number(value), 0);
}

function freeSwapBytes(root: string): number {
  const line = linesOf(root, "proc/meminfo").find((text) => text.startsWith("SwapFree:"));
  return Number(line?.split(/\s+/)[1] ?? 0) * 1024;
}

function linesOf(root: string, path: string): string[] {
  try {
    return readFileSync(join(root, path), "utf8").trimEnd().split("\n");
  } catch {
    return []; // not Linux, or nothing of the kind
  }
}

/**
 * What the kernel says about a process: its descriptors, its mappings, its memory.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isLinux } from "./requirement.ts";

/** As Linux shows it on every CPU that Bun runs on; `node:fs` does not know it. */
const O_CLOEXEC = 0o2000000;

/** How many descriptors this process holds. Linux; 0 elsewhere. */
export function descriptorCount(): number {
  return isLinux ? readdirSync("/proc/self/fd").length : 0;
}

/** How many descriptors this process holds on files whose path contains `part`. */
export function descriptorsOf(part: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).includes(part)).length;
}

/** How many mappings this process has of files whose path contains `part`. Linux; 0 elsewhere. */
export function mappingsOf(part: string): number {
  return isLinux ? mappingLines(part).length : 0;
}

/** The lines of `/proc/self/maps` for files whose path contains `part`. */
export function mappingLines(part: string): string[] {
  const lines = readFileSync("/proc/self/maps", "utf8").split("\n");
  return lines.filter((line) => line.includes(part));
}

/** The bytes of memory that belong to this process now: its own, and its pages of files. */
export function residentMemoryBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return kibibytes(status, "RssAnon") + kibibytes(status, "RssFile");
}

/** Whether every descriptor on files whose path contains `part` is closed when another program starts. */
export function areClosedOnExec(part: string): boolean {
  const flags = readdirSync("/proc/self/fd")
    .filter((fd) => linkOf(fd).includes(part))
    .map((fd) => readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))
    .map((info) => Number.parseInt(/^flags:\s+(\d+)$/m.exec(info)?.[1] ?? "", 8));
  return flags.length > 0 && flags.every((bits) => (bits & O_CLOEXEC) !== 0);
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // the descriptor of the listing itself is gone by now
  }
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
}

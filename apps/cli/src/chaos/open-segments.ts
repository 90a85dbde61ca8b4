/**
 * What a process has open and mapped of a directory of named memory.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** How the pipes in the directory of named memory are called. */
const PIPE_PREFIXES = [".bell-", ".life-"] as const;

/**
 * Counts descriptors and mappings of segments in this process. Linux; 0 elsewhere.
 *
 * @param directory The last part of the directory's path.
 */
export function countOpenSegments(directory: string): number {
  if (process.platform !== "linux") return 0;
  return openSegments(directory) + mappedSegments(directory);
}

/**
 * Counts the descriptors of this process, but for the pipes in a directory of named memory: its own are there as long
 * as it is, and those with which it rings others, at most 64, are kept for the next time. Elsewhere than on Linux, all
 * descriptors.
 *
 * @param directory The last part of the directory's path.
 */
export function countDescriptors(directory: string): number {
  if (process.platform !== "linux") return readdirSync("/dev/fd").length;
  return descriptorTargets().filter((path) => !isPipeIn(path, directory)).length;
}

function openSegments(directory: string): number {
  return descriptorTargets().filter((path) => isSegmentIn(path, directory)).length;
}

/** What the descriptors of this process stand for; without that with which they are read. */
function descriptorTargets(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

function mappedSegments(directory: string): number {
  const maps = readFileSync("/proc/self/maps", "latin1").split("\n");
  return maps.filter((line) => isSegmentIn(line, directory)).length;
}

/** Who has created a segment has it open by the hidden name under which it was made. */
function isSegmentIn(path: string, directory: string): boolean {
  return nameIn(path, directory) !== undefined && !isPipeIn(path, directory);
}

/** Whether it is a bell or a liveness pipe. */
function isPipeIn(path: string, directory: string): boolean {
  const name = nameIn(path, directory);
  return PIPE_PREFIXES.some((prefix) => name?.startsWith(prefix) === true);
}

function nameIn(path: string, directory: string): string | undefined {
  const at = path.indexOf(`${directory}/`);
  return at === -1 ? undefined : path.slice(at + directory.length + 1);
}

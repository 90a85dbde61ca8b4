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

function openSegments(directory: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return isSegmentIn(readlinkSync(`/proc/self/fd/${fd}`), directory);
    } catch {
      return false; // the descriptor with which the directory was read
    }
  }).length;
}

function mappedSegments(directory: string): number {
  const maps = readFileSync("/proc/self/maps", "latin1").split("\n");
  return maps.filter((line) => isSegmentIn(line, directory)).length;
}

/**
 * Bells and life lines of others are kept open on purpose. Who has created a segment has it open by the hidden name
 * under which it was made.
 */
function isSegmentIn(path: string, directory: string): boolean {
  const at = path.indexOf(`${directory}/`);
  if (at === -1) return false;
  const name = path.slice(at + directory.length + 1);
  return !PIPE_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/**
 * What a process holds of a directory of named memory, so that leaks are seen.
 *
 * @module
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { type Finding, Findings } from "./judges/findings.ts";

/** How the names of pipes in the directory of named memory begin. */
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
function countDescriptors(directory: string): number {
  if (process.platform !== "linux") return readdirSync("/dev/fd").length;
  return descriptorTargets().filter((path) => !isPipeIn(path, directory)).length;
}

function openSegments(directory: string): number {
  return descriptorTargets().filter((path) => isSegmentIn(path, directory)).length;
}

/** The paths behind the descriptors of this process, without the descriptor by which they are listed. */
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

/** The creator of a segment has it open by the hidden name under which it was made. */
function isSegmentIn(path: string, directory: string): boolean {
  return nameIn(path, directory) !== undefined && !isPipeIn(path, directory);
}

/** Whether it is a doorbell or a liveness pipe. */
function isPipeIn(path: string, directory: string): boolean {
  const name = nameIn(path, directory);
  return PIPE_PREFIXES.some((prefix) => name?.startsWith(prefix) === true);
}

function nameIn(path: string, directory: string): string | undefined {
  const at = path.indexOf(`${directory}/`);
  return at === -1 ? undefined : path.slice(at + directory.length + 1);
}

/** What is held at a moment. */
export interface Resources {
  /** Open descriptors of this process, but for doorbells and liveness pipes. */
  readonly descriptors: number;
  /** Those of them, and those mappings, that belong to segments. */
  readonly segments: number;
  /** Files in the directory of named memory. */
  readonly files: number;
  /** Resident memory of this process, after the garbage has been collected. */
  readonly rssBytes: number;
}

/** Growth up to this is no leak: the engine keeps what it has once needed. 64 bytes in each of a million cycles are more. */
const RSS_GROWTH_MAX_BYTES = 64 << 20;

/**
 * Measures what this process holds now.
 *
 * @param directory The directory of named memory.
 */
export function takeStock(directory: string): Resources {
  Bun.gc(true);
  return {
    descriptors: countDescriptors(basename(directory)),
    segments: countOpenSegments(basename(directory)),
    files: readdirSync(directory).length,
    rssBytes: process.memoryUsage.rss(),
  };
}

/**
 * What has been left between two moments.
 *
 * @param what What was done in between, for messages.
 * @param before What was held before.
 * @param after What was held after.
 */
export function findLeaks(what: string, before: Resources, after: Resources): Finding[] {
  const findings = new Findings();
  for (const kind of ["descriptors", "segments", "files"] as const) {
    findings.report("leaked", `${kind} after ${what}`, after[kind] - before[kind]);
  }
  const grownBytes = after.rssBytes - before.rssBytes;
  const isGrown = grownBytes > RSS_GROWTH_MAX_BYTES;
  if (isGrown) findings.report("leaked", `${grownBytes} bytes of memory after ${what}`);
  return findings.all;
}

/**
 * What a process holds, so that it can be seen whether something is left of what it has opened and closed.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { Finding } from "../chaos/finding.ts";
import { countDescriptors, countOpenSegments } from "../chaos/open-segments.ts";

/** What is held at a moment. */
export interface Resources {
  /** Open descriptors of this process, but for bells and life lines. */
  readonly descriptors: number;
  /** Those of them, and those mappings, that belong to segments. */
  readonly segments: number;
  /** Files in the directory of named memory. */
  readonly files: number;
  /** Resident memory of this process, after the garbage has been collected. */
  readonly rssBytes: number;
}

/**
 * So much more memory is no leak: the engine keeps what it has once needed. In a million cycles a leak of 64 bytes each
 * is more than that.
 */
const RSS_GROWTH_MAX_BYTES = 64 << 20;

/**
 * Looks at what is held now.
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
  const findings: Finding[] = [];
  for (const kind of ["descriptors", "segments", "files"] as const) {
    const count = after[kind] - before[kind];
    if (count > 0) findings.push({ fault: "leaked", count, detail: `${kind} after ${what}` });
  }
  const grownBytes = after.rssBytes - before.rssBytes;
  if (grownBytes > RSS_GROWTH_MAX_BYTES) {
    const detail = `${grownBytes} bytes of memory after ${what}`;
    findings.push({ fault: "leaked", count: 1, detail });
  }
  return findings;
}

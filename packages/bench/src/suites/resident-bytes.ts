/**
 * How much memory this process has.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** A size of this process as Linux tells it; 0 elsewhere. */
export function residentBytes(field: "VmRSS" | "VmHWM"): number {
  if (process.platform !== "linux") return 0;
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
    readFileSync("/proc/self/status", "utf8"),
  );
  return Number(match?.[1] ?? 0) * 1024;
}

/**
 * What is left in the directory of named memory when everybody has ended.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { collectSegments, listSegments } from "@isthmus/ipc";
import type { Finding } from "./finding.ts";
import type { ChaosPlace } from "./place.ts";

const DIRECTORY_VARIABLE = "ISTHMUS_DIR";

/** Unlinks what is persistent and collects what crashes left; whatever is there then has leaked. */
export function sweepNames(place: ChaosPlace): Finding[] {
  const before = process.env[DIRECTORY_VARIABLE];
  process.env[DIRECTORY_VARIABLE] = place.namesPath;
  try {
    for (const { name, isPersistent } of listSegments()) {
      if (isPersistent) MemoryMappedFile.unlink(name);
    }
    collectSegments();
  } finally {
    if (before === undefined) delete process.env[DIRECTORY_VARIABLE];
    else process.env[DIRECTORY_VARIABLE] = before;
  }
  return place.names().map((name) => ({
    fault: "leaked",
    count: 1,
    detail: `the file "${name}" after everybody had ended`,
  }));
}

/**
 * What may be done with a map and with its views: the five access words and how they narrow.
 *
 * @module
 */
import { SystemError } from "./errors.ts";
import type { MappingRequest } from "./mapping.ts";

/** What a map or a view may do with its bytes. */
export type MemoryAccess =
  | "readWrite"
  | "read"
  | "copyOnWrite"
  | "readExecute"
  | "readWriteExecute";

/** The access words, for checking arguments. */
export const MEMORY_ACCESS: readonly MemoryAccess[] = [
  "readWrite",
  "read",
  "copyOnWrite",
  "readExecute",
  "readWriteExecute",
];

/** How pages are mapped. */
type Way = Pick<MappingRequest, "protection" | "sharing" | "isFromStart">;

interface AccessRules {
  /** Whether accessors and streams may write. */
  readonly canWrite: boolean;
  /** Whether writes reach the file, so that it must be open for writing. */
  readonly writesFile: boolean;
  /** How the pages are mapped: in the first of these ways that the system accepts. */
  readonly ways: readonly Way[];
  /** The view accesses that a map of this access permits. */
  readonly views: readonly MemoryAccess[];
}

const SHARED: readonly Way[] = [{ protection: "readWrite", sharing: "shared" }];
const PRIVATE: Way = { protection: "readWrite", sharing: "private" };

/**
 * A `read` view is mapped private and writable: every page is the file's own until somebody writes to it
 * through `bytes()`, and then that write stays in this view instead of ending the process. Where that is refused (by
 * files that nobody may map for writing, or otherwise than from the start; by devices that are only shared; by a system
 * that counts private writable memory against a strict limit), pages that cannot be written to are better than none.
 */
const READ_ONLY: readonly Way[] = [
  PRIVATE,
  { protection: "read", sharing: "private" },
  { protection: "read", sharing: "shared" },
  { protection: "read", sharing: "private", isFromStart: true },
];

const RULES: Readonly<Record<MemoryAccess, AccessRules>> = {
  readWrite: {
    canWrite: true,
    writesFile: true,
    ways: SHARED,
    views: ["readWrite", "read", "copyOnWrite"],
  },
  read: {
    canWrite: false,
    writesFile: false,
    ways: READ_ONLY,
    views: ["read", "copyOnWrite"],
  },
  copyOnWrite: {
    canWrite: true,
    writesFile: false,
    ways: [PRIVATE],
    views: ["read", "copyOnWrite"],
  },
  readExecute: {
    canWrite: false,
    writesFile: false,
    ways: [{ protection: "readExecute", sharing: "shared" }],
    views: ["read", "copyOnWrite", "readExecute"],
  },
  readWriteExecute: {
    canWrite: true,
    writesFile: true,
    ways: [{ protection: "readWriteExecute", sharing: "shared" }],
    views: ["readWrite", "read", "copyOnWrite", "readExecute", "readWriteExecute"],
  },
};

/**
 * Maps in the first way that the system accepts for an access word.
 *
 * @param map Maps in one way.
 * @throws {SystemError} What was said to the first way, when all are refused.
 */
export function mapInAnyWay<T>(access: MemoryAccess, map: (way: Way) => T): T {
  let refusal: SystemError | undefined;
  for (const way of RULES[access].ways) {
    try {
      return map(way);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** The rules of an access word. */
export function accessRules(access: MemoryAccess): AccessRules {
  return RULES[access];
}

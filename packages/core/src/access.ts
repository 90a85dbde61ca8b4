/**
 * What may be done with a map and with its views: the five access words and how they narrow.
 *
 * @module
 */
import type { Protection } from "./native/platform.ts";

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

interface AccessRules {
  /** Whether accessors and streams may write. */
  readonly canWrite: boolean;
  /** Whether writes reach the file, so that it must be open for writing. */
  readonly writesFile: boolean;
  /** How the pages are mapped. */
  readonly protection: Protection;
  readonly sharing: "shared" | "private";
  /** The view accesses that a map of this access permits. */
  readonly views: readonly MemoryAccess[];
}

/**
 * A `read` view is mapped private and writable: every page is the file's own until somebody writes to it
 * through `bytes()`, and then that write stays in this view instead of ending the process.
 */
const RULES: Readonly<Record<MemoryAccess, AccessRules>> = {
  readWrite: {
    canWrite: true,
    writesFile: true,
    protection: "readWrite",
    sharing: "shared",
    views: ["readWrite", "read", "copyOnWrite"],
  },
  read: {
    canWrite: false,
    writesFile: false,
    protection: "readWrite",
    sharing: "private",
    views: ["read", "copyOnWrite"],
  },
  copyOnWrite: {
    canWrite: true,
    writesFile: false,
    protection: "readWrite",
    sharing: "private",
    views: ["read", "copyOnWrite"],
  },
  readExecute: {
    canWrite: false,
    writesFile: false,
    protection: "readExecute",
    sharing: "shared",
    views: ["read", "copyOnWrite", "readExecute"],
  },
  readWriteExecute: {
    canWrite: true,
    writesFile: true,
    protection: "readWriteExecute",
    sharing: "shared",
    views: ["readWrite", "read", "copyOnWrite", "readExecute", "readWriteExecute"],
  },
};

/** The rules of an access word. */
export function accessRules(access: MemoryAccess): AccessRules {
  return RULES[access];
}

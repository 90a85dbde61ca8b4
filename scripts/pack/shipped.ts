/**
 * What is shipped, and as what.
 *
 * @module
 */
import { join } from "node:path";

/** The project's root. */
export const ROOT: string = join(import.meta.dir, "..", "..");

/** One package as others install it. */
export interface ShippedPackage {
  /** Its directory, from the root. */
  readonly directory: string;
  /** Its entries: what users import, or run, and the sources from the package's directory. */
  readonly entries: Readonly<Record<string, string>>;
  /** Whether it is a command, which nobody imports and which contains all that it needs. */
  readonly isCommand: boolean;
}

/** In the order in which they build on each other. */
export const SHIPPED: readonly ShippedPackage[] = [
  {
    directory: "packages/core",
    entries: { ".": "src/index.ts", "./internal": "src/internal.ts" },
    isCommand: false,
  },
  {
    directory: "packages/ipc",
    entries: { ".": "src/index.ts", "./internal": "src/internal.ts" },
    isCommand: false,
  },
  {
    directory: "packages/store",
    entries: { ".": "src/index.ts", "./internal": "src/internal.ts" },
    isCommand: false,
  },
  {
    directory: "packages/bridge",
    entries: { ".": "src/index.ts", "./internal": "src/internal.ts" },
    isCommand: false,
  },
  { directory: "apps/cli", entries: { isthmus: "src/main.ts" }, isCommand: true },
];

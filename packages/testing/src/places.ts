/**
 * Directories for a program under test.
 *
 * @module
 */
import { mkdirSync, readdirSync } from "node:fs";
import type { TemporaryDirectory } from "./temporary-directory.ts";

/** Where a program may put things, and what it has left there. */
export interface Places {
  /** To be added to its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The names of what is there now. */
  leftOver(): string[];
}

/** Makes a directory for temporary files and one for names, both empty. */
export function createPlaces(directory: TemporaryDirectory): Places {
  const env = { TMPDIR: directory.file("tmp"), ISTHMUS_DIR: directory.file("names") };
  for (const path of Object.values(env)) mkdirSync(path, { mode: 0o700 });
  return {
    env,
    leftOver: () =>
      Object.values(env)
        .flatMap((path) => readdirSync(path))
        // Bun keeps the headers of its C compiler here, once for each user.
        .filter((name) => !name.startsWith("bun-cc-")),
  };
}

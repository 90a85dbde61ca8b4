/**
 * What the user reads when something fails: one line with what was received and what to do next.
 *
 * @module
 */
import { inspect } from "node:util";
import type { Environment } from "./context.ts";
import { printable } from "./output/printable.ts";

/** The next step for errors whose message alone leaves a user alone, by their `code`. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES: "check its permissions, or run as a user who may read it",
  EISDIR: "name files: a shell expands directory/*",
  ENODEV: "only regular files can be mapped: copy it to a file first",
  ENOENT: "check the spelling and the current directory",
  ENOMEM: "the limit on memory maps is reached: see ulimit -v and vm.max_map_count",
  ENOSPC: "free some space, or set ISTHMUS_DIR or TMPDIR to a roomier file system",
  ERR_FILE_TRUNCATED: "another process shortened the file: scan it again when it is quiet",
  ETIMEDOUT: "raise the timeout, or see what the other process is doing",
};

/**
 * Describes an error.
 *
 * @param error Whatever was thrown.
 * @param env The environment: with `ISTHMUS_DEBUG` set, the stack and the causes follow.
 * @returns One line without a newline at its end, or several with `ISTHMUS_DEBUG`.
 */
export function errorLine(error: unknown, env: Environment): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const hint = HINTS[code];
  const line = oneLine(error.message || error.name) + (hint === undefined ? "" : `; ${hint}`);
  return env["ISTHMUS_DEBUG"] ? `${line}\n${inspect(error)}` : line;
}

function oneLine(text: string): string {
  return printable(text.trim().replace(/\s*\n\s*/g, " "));
}

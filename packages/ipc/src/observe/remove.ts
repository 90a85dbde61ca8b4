/**
 * Removing a name by hand.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import {
  checkBoolean,
  checkOptions,
  conditionError,
  type OptionNames,
  removeUnheldFile,
  unlinkNamedFile,
} from "@isthmus/core/internal";
import { observe } from "./observe.ts";

/** How to remove a name. */
export interface RemoveOptions {
  /**
   * Whether to remove it although somebody holds it: nobody else can open it any more. Those who hold it go on, with
   * each other; but a lock is refused with `ESTALE`, as it would not exclude who opens the name anew. Default false.
   */
  readonly force?: boolean | undefined;
}

const REMOVE_OPTIONS: OptionNames<RemoveOptions> = { force: true };

/**
 * Removes a name that nobody holds: left over from a crash, persistent, or a file that is no segment.
 *
 * @param name The name.
 * @param options Whether to remove a held one, too.
 * @throws {SystemError} `ENOENT` when there is no such name; `EBUSY` when somebody holds it.
 *
 * @example
 * ```ts
 * import { MemoryMappedFile } from "@isthmus/core";
 * import { removeSegment } from "@isthmus/ipc";
 *
 * MemoryMappedFile.createNew("example-left", 4096, { lifetime: "persistent" }).dispose();
 * removeSegment("example-left"); // nobody holds it
 * ```
 */
export function removeSegment(name: string, options?: RemoveOptions): void {
  const { force = false } = checkOptions("options", options, REMOVE_OPTIONS);
  checkBoolean("force", force);
  if (force) removeAnyway(name);
  else if (!removeUnheldFile(name)) throw busy(name);
}

function removeAnyway(name: string): void {
  let isRemoved = false;
  try {
    isRemoved = removeUnheldFile(name);
  } catch (error) {
    if ((error as Partial<SystemError>).code === "ENOENT") throw error;
    // What cannot be opened has no holders to ask: a symbolic link, a file of other rights.
  }
  if (!isRemoved) unlinkNamedFile(name);
}

function busy(name: string): SystemError {
  return conditionError("EBUSY", `remove "${name}"${holdersOf(name)}`, "flock");
}

/** Who holds a name, for a message: as far as they have said so. */
function holdersOf(name: string): string {
  try {
    const alive = observe(name).participants.filter(({ isAlive }) => isAlive);
    if (alive.length === 0) return " (somebody holds it)";
    const pids = [...new Set(alive.map(({ pid }) => pid))].join(", ");
    return ` (held by process ${pids})`;
  } catch {
    return "";
  }
}

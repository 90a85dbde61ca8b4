/**
 * Removing a directory of a test.
 *
 * @module
 */
import { readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes a directory with all its content. On Windows what somebody still has open or mapped stays, as a file that will be
 * gone with its last user; and Wine cannot remove a directory at once.
 */
export function removeTree(path: string): void {
  if (process.platform !== "win32") {
    rmSync(path, { recursive: true, force: true });
    return;
  }
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const below = join(path, entry.name);
      if (entry.isDirectory()) removeTree(below);
      else unlinkSync(below);
    }
    rmdirSync(path);
  } catch {
    // It is in the directory for temporary files.
  }
}

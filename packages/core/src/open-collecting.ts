/**
 * Opening files when forgotten maps hold all descriptors that the process may have.
 *
 * @module
 */
import { SystemError } from "./errors.ts";
import { host } from "./native/host.ts";

/**
 * Opens; when the process has too many open files, once more after those of forgotten maps have been closed.
 *
 * @param open Opens a file, and leaves nothing open when it fails.
 * @throws {SystemError} `EMFILE` when all of them are in use; what else `open` throws.
 */
export function openCollecting<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== "EMFILE") throw error;
    // The collector does not know of descriptors: small objects hold them, and there may be room for many more of those.
    host.collectGarbage();
    return open();
  }
}

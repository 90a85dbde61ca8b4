/**
 * A file system in memory that is soon full.
 *
 * @module
 */

import { isLinux, isRoot } from "./requirement.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** A file system in memory, unmounted when the test ends; see `isMounted`: not everybody may mount one. */
export class SmallFileSystem implements Disposable {
  readonly #directory: TemporaryDirectory | undefined;
  readonly path: string;
  readonly isMounted: boolean;

  /**
   * @param options As `mount -o` takes them, for example `size=1m`.
   * @param path Where; a new directory unless given.
   */
  constructor(options: string, path?: string) {
    this.#directory = path === undefined ? new TemporaryDirectory() : undefined;
    this.path = path ?? (this.#directory as TemporaryDirectory).path;
    this.isMounted = run("mount", "-t", "tmpfs", "-o", options, "isthmus-test", this.path);
  }

  [Symbol.dispose](): void {
    if (this.isMounted) run("umount", "--lazy", this.path);
    this.#directory?.[Symbol.dispose]();
  }
}

/** Whether this process may mount one. */
export function canMount(): boolean {
  if (!isLinux || !isRoot) return false;
  using probe = new SmallFileSystem("size=1m");
  return probe.isMounted;
}

function run(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

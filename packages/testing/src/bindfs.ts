/**
 * A directory seen through FUSE.
 *
 * @module
 */
import { isLinux, isRoot } from "./requirement.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** A second place at which a directory is seen, each path a file of its own for the kernel; gone when the test ends. */
export class Bindfs implements Disposable {
  readonly #point = new TemporaryDirectory();
  readonly isMounted: boolean;

  constructor(source: string) {
    this.isMounted = Bun.which("bindfs") !== null && run("bindfs", source, this.path);
  }

  get path(): string {
    return this.#point.path;
  }

  [Symbol.dispose](): void {
    if (this.isMounted) run("umount", "--lazy", this.path);
    this.#point[Symbol.dispose]();
  }
}

/** Whether this process can mount one. */
export function canBindfs(): boolean {
  if (!isLinux || !isRoot) return false;
  using source = new TemporaryDirectory();
  using probe = new Bindfs(source.path);
  return probe.isMounted;
}

function run(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/**
 * File systems that are small enough to fill, or that refuse what others permit.
 *
 * @module
 */
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLinux, isRoot } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";

function run(program: string, ...options: string[]): boolean {
  if (Bun.which(program) === null) return false;
  const command = [program, ...options];
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/** What to mount. */
type Kind = "tmpfs" | "ext4" | "hugetlbfs";

/** Length of an ext4 image in bytes: about the least that it can be made in. */
const IMAGE_BYTES = 4 << 20;

/** A file system of its own, mounted on a temporary directory and unmounted when the test ends. */
export class SmallFileSystem implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly path: string = this.#directory.file("mounted");

  /**
   * @param options Mount options, for example `"size=1m"`.
   * @param kind `"ext4"`, in an image of 4 MiB, keeps the part that it could allocate when it is full.
   */
  constructor(options: string, kind: Kind = "tmpfs") {
    mkdirSync(this.path);
    if (!(kind === "ext4" ? this.#mountImage(options) : this.#mountMemory(options, kind))) {
      this.#directory[Symbol.dispose]();
      throw new Error(`Cannot mount ${kind}: canMount should have said so`);
    }
  }

  /** The file that an ext4 file system is in. */
  get image(): string {
    return this.#directory.file("image");
  }

  /** The path of a file on it, written first when there is content for it. */
  file(name: string, content?: string | Uint8Array): string {
    const path = join(this.path, name);
    if (content !== undefined) writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    // Lazily, so that a mapping that a failed test left behind does not keep the directory.
    run("umount", "--lazy", this.path);
    this.#directory[Symbol.dispose]();
  }

  #mountMemory(options: string, kind: string): boolean {
    return run("mount", "-t", kind, "-o", options, "isthmus-test", this.path);
  }

  #mountImage(options: string): boolean {
    const { image } = this;
    writeFileSync(image, "");
    truncateSync(image, IMAGE_BYTES);
    return (
      run("mkfs.ext4", "-q", "-O", "^has_journal", image) &&
      run("mount", "-o", `loop,${options}`, image, this.path)
    );
  }
}

function tryToMount(options: string, kind: Kind): boolean {
  if (!isLinux || !isRoot) return false;
  try {
    new SmallFileSystem(options, kind)[Symbol.dispose]();
    return true;
  } catch {
    return false; // no permission, no such program, or no loop device
  }
}

/** Whether this process may mount a kind of file system that needs no options. */
export function canMountKind(kind: Kind): boolean {
  return tryToMount("mode=700", kind);
}

/** Whether this process may mount a `tmpfs`; asked once, when a test file loads. */
export const canMount: boolean = tryToMount("size=1m", "tmpfs");

/** Whether this process may mount an ext4 image. */
export const canMountExt4: boolean = canMount && tryToMount("rw", "ext4");

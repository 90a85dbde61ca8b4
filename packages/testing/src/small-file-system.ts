/**
 * File systems that are small enough to fill, or that refuse what others permit.
 *
 * @module
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { isLinux, isRoot } from "./requirement.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

function run(program: string, ...options: string[]): boolean {
  if (Bun.which(program) === null) return false;
  const command = [program, ...options];
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

/** Per file system in an image: its length in bytes, about the least that it can be made in, and how it is made. */
const IMAGES: Readonly<
  Record<"ext4" | "xfs" | "btrfs", { bytes: number; make: readonly [string, ...string[]] }>
> = {
  ext4: { bytes: 4 << 20, make: ["mkfs.ext4", "-q", "-O", "^has_journal"] },
  xfs: { bytes: 300 << 20, make: ["mkfs.xfs", "-q"] },
  btrfs: { bytes: 120 << 20, make: ["mkfs.btrfs", "-q"] },
};

/** What to mount. */
export type Kind = "tmpfs" | "hugetlbfs" | keyof typeof IMAGES;

/** What to mount, and where. */
export interface MountOptions {
  /** `"ext4"` keeps the part that it could allocate when it is full; `"xfs"` and `"btrfs"` share blocks of copies. */
  readonly kind?: Kind;
  /** Length of the image, in bytes; as short as it can be unless given. */
  readonly imageBytes?: number;
  /** The directory that it covers; a new one unless given. */
  readonly path?: string;
}

/** A file system of its own, mounted on a temporary directory and unmounted when the test ends. */
export class SmallFileSystem implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly path: string;

  /** @param options Mount options, for example `"size=1m"`. */
  constructor(options: string, { kind = "tmpfs", imageBytes, path }: MountOptions = {}) {
    this.path = path ?? this.#directory.file("mounted");
    mkdirSync(this.path, { recursive: true });
    const isMounted =
      kind in IMAGES
        ? this.#mountImage(options, kind, imageBytes)
        : this.#mountMemory(options, kind);
    if (isMounted) return;
    this.#directory[Symbol.dispose]();
    throw new Error(`Cannot mount ${kind}: canMount should have said so`);
  }

  /** The file that a file system on a disk is in. */
  get image(): string {
    return this.#directory.file("image");
  }

  /** The path of a file on it, written first when there is content for it. */
  file(name: string, content?: string | Uint8Array): string {
    const path = join(this.path, name);
    if (content !== undefined) writeFileSync(path, content);
    return path;
  }

  /** Takes all the room there is, to the last block. */
  fill(): void {
    const fd = openSync(join(this.path, "filling"), "a");
    const zeros = new Uint8Array(1 << 20);
    // What is not allocated yet when it is written is so afterwards, and may leave a little room.
    for (let length = zeros.length; length >= 512; ) {
      try {
        writeSync(fd, zeros, 0, length);
      } catch {
        length >>= 1;
        fsyncSync(fd);
      }
    }
    closeSync(fd);
  }

  /** Takes it away and brings it back, with nothing of it in memory. */
  remount(): void {
    run("umount", this.path);
    run("mount", "-o", "loop", this.image, this.path);
  }

  /** The name of the device that it is on, as in `/sys/block`. */
  get device(): string {
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .find((line) => line.split(" ")[1] === this.path);
    return basename(mount?.split(" ")[0] ?? "");
  }

  [Symbol.dispose](): void {
    // Lazily, so that a mapping that a failed test left behind does not keep the directory.
    run("umount", "--lazy", this.path);
    this.#directory[Symbol.dispose]();
  }

  #mountMemory(options: string, kind: string): boolean {
    return run("mount", "-t", kind, "-o", options, "isthmus-test", this.path);
  }

  #mountImage(options: string, kind: string, imageBytes?: number): boolean {
    const { bytes, make } = IMAGES[kind as keyof typeof IMAGES];
    writeFileSync(this.image, "");
    truncateSync(this.image, imageBytes ?? bytes);
    const [program, ...parameters] = make;
    return (
      run(program, ...parameters, this.image) &&
      run("mount", "-o", `loop,${options}`, this.image, this.path)
    );
  }
}

function tryToMount(options: string, kind: Kind): boolean {
  if (!isLinux || !isRoot) return false;
  try {
    new SmallFileSystem(options, { kind })[Symbol.dispose]();
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

/** Whether it may mount an image of another kind; asked once per kind. */
export function canMountImage(kind: "xfs" | "btrfs"): boolean {
  return canMountExt4 && tryToMount("rw", kind);
}

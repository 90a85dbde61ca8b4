/**
 * Copying a file that is not in the page cache, from a device of its own whose read-ahead is the usual one: the disks of
 * virtual machines often have a larger one, and hide what is asked page by page.
 *
 * @module
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { writeTestFile } from "../../runner/test-file.ts";

const BUFFER_BYTES: number = 1 << 20;
const READ_AHEAD_KIB = 128;
/** How many of the usual files long this one is: with one, what happens once or by chance is a tenth of it. */
const LENGTH = 4;
/** What the file system itself needs, and more. */
const SPARE_BYTES: number = 64 << 20;

/** Copies all of a file, piece by piece; returns how many bytes. */
type Copy = (path: string, buffer: Uint8Array) => number;

const COPIES: Readonly<Record<string, Copy>> = {
  chunks: (path, buffer) => {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    let bytes = 0;
    for (const chunk of file.chunks()) {
      buffer.set(chunk);
      bytes += chunk.length;
    }
    return bytes;
  },
  readArray: (path, buffer) => {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    using view = file.createViewAccessor();
    let bytes = 0;
    while (bytes < file.capacity) bytes += view.readArray(bytes, buffer);
    return bytes;
  },
  stream: (path, buffer) => {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    using stream = file.createViewStream();
    let bytes = 0;
    for (let count = 1; count > 0; bytes += count) count = stream.read(buffer);
    return bytes;
  },
  readSync: (path, buffer) => {
    const fd = openSync(path, "r");
    try {
      let bytes = 0;
      for (let count = 1; count > 0; bytes += count) count = readSync(fd, buffer);
      return bytes;
    } finally {
      closeSync(fd);
    }
  },
};

/** Every way to copy. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  Object.entries(COPIES).map(([name, copy]) => [
    name,
    (context: CaseContext) => measure(context, copy),
  ]),
);

async function measure({ directory, sizes }: CaseContext, copy: Copy): Promise<Figure> {
  const fileBytes = LENGTH * sizes.fileBytes;
  using disk = new LoopDisk(join(directory, `disk-${process.pid}`), fileBytes + SPARE_BYTES);
  const path = join(disk.path, "words.bin");
  await writeTestFile(path, fileBytes, new AbortController().signal);
  const buffer = new Uint8Array(BUFFER_BYTES);
  // Compiled, with nothing in memory, and with memory for it: what has long been free a hypervisor may have to bring back first.
  copy(path, buffer);
  disk.remount();
  copy(path, buffer);
  disk.remount();
  const startedAt = Bun.nanoseconds();
  const bytes = copy(path, buffer);
  const value = bytes / ((Bun.nanoseconds() - startedAt) / 1e9);
  if (bytes !== fileBytes) throw new Error(`copied ${bytes} of ${fileBytes} bytes`);
  return { value };
}

/** A file system in a file. */
class LoopDisk implements Disposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  constructor(place: string, bytes: number) {
    this.path = place;
    this.#image = `${place}.img`;
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      throw new SkipError("only root on Linux may mount a file system in a file");
    }
    mkdirSync(place);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, bytes);
    try {
      run("mkfs.ext4", "-q", "-F", this.#image);
      this.#mount();
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /** Takes it away and brings it back, with nothing of it in memory. */
  remount(): void {
    run("umount", this.path);
    this.#mount();
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", "--lazy", this.path]);
    this.#remove();
  }

  #mount(): void {
    run("mount", "-o", "loop", this.#image, this.path);
    const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
    const device = mounts.find((line) => line.split(" ")[1] === this.path)?.split(" ")[0] ?? "";
    // Otherwise the image would be in the page cache, and the disk as fast as memory.
    run("losetup", "--direct-io=on", device);
    const setting = `/sys/block/${basename(device)}/queue/read_ahead_kb`;
    writeFileSync(setting, String(READ_AHEAD_KIB));
  }

  #remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    rmSync(this.#image, { force: true });
  }
}

/** Runs what may not be there, or not be permitted. */
function run(program: string, ...options: readonly string[]): void {
  if (Bun.which(program) === null) throw new SkipError(`no ${program} in PATH`);
  const { exitCode, stderr } = Bun.spawnSync([program, ...options]);
  if (exitCode !== 0) throw new SkipError(`${program}: ${stderr.toString().trim()}`);
}

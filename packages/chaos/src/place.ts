/**
 * Where a run takes place: a directory for evidence, and one for named memory, on a small file system of its own where
 * one can be mounted.
 *
 * @module
 */
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { nameRoot } from "@isthmus/programs/name-root";
import { clockMs, clockText } from "./evidence.ts";

/** Much more than the participants need, and little enough to be filled in a moment. */
const FILE_SYSTEM_BYTES = 64 << 20;
const FILLER = "filler";
const NEMESIS_LOG = "nemesis.log";
const FILLER_CHUNK = new Uint8Array(1 << 20);

/** Two directories, removed afterwards. */
export class ChaosPlace implements Disposable {
  /** Where participants write down what happens. */
  readonly evidencePath: string;
  /** The directory of named memory, `ISTHMUS_DIR`. */
  readonly namesPath: string;
  /** Why shared memory cannot be filled; undefined when it can. */
  readonly whyNotFilled: string | undefined;
  readonly #rootPath: string;
  /** What the nemesis does is written down here, as long as the place is there. */
  #logFd: number | undefined;
  /** Keeps the file system alive, which no path leads to. */
  #rootFd: number | undefined;
  #isKept = false;

  constructor() {
    this.evidencePath = mkdtempSync(join(tmpdir(), "isthmus-chaos-"));
    this.#logFd = openSync(join(this.evidencePath, NEMESIS_LOG), "ax", 0o600);
    const mounted = mountSmall(join(this.evidencePath, "mounted"));
    if (typeof mounted === "number") {
      this.#rootFd = mounted;
      this.#rootPath = `/proc/${process.pid}/fd/${mounted}`;
    } else {
      this.whyNotFilled = mounted;
      this.#rootPath = mkdtempSync(join(nameRoot(), "isthmus-chaos-names-"));
    }
    // A name of its own, by which a participant knows its open segments again.
    this.namesPath = join(this.#rootPath, `names-of-${basename(this.evidencePath)}`);
    mkdirSync(this.namesPath, { mode: 0o700 });
  }

  /** Writes down what the nemesis does, beside what participants write down, on the same clock. */
  note(what: string): void {
    if (this.#logFd !== undefined) writeSync(this.#logFd, `${clockText(clockMs())} ${what}\n`);
  }

  /** The names of all files of named memory. */
  names(): string[] {
    try {
      return readdirSync(this.namesPath);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  /** Removes the directory of named memory, whoever holds what is in it. */
  deleteNames(): void {
    this.note("delete the directory");
    rmSync(this.namesPath, { recursive: true, force: true });
  }

  /** Removes one file of named memory, whoever holds it. */
  deleteName(name: string): void {
    this.note(`delete the file "${name}"`);
    rmSync(join(this.namesPath, name), { force: true });
  }

  /** Leaves no room for anything in the file system of named memory. */
  fill(): void {
    if (this.whyNotFilled !== undefined) return;
    this.note("fill shared memory");
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
    const fd = openSync(join(this.#rootPath, FILLER), flags, 0o600);
    try {
      while (writeSync(fd, FILLER_CHUNK) > 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Makes room again. */
  empty(): void {
    this.note("make room again");
    rmSync(join(this.#rootPath, FILLER), { force: true });
  }

  /** Leaves the evidence where it is. */
  keepEvidence(): void {
    this.#isKept = true;
  }

  [Symbol.dispose](): void {
    if (this.#logFd !== undefined) closeSync(this.#logFd);
    this.#logFd = undefined;
    if (this.#rootFd === undefined) rmSync(this.#rootPath, { recursive: true, force: true });
    else {
      closeSync(this.#rootFd);
      this.#rootFd = undefined;
    }
    if (!this.#isKept) rmSync(this.evidencePath, { recursive: true, force: true });
  }
}

/**
 * Makes a small file system in memory and takes its path away at once: it is reached through the descriptor, and goes
 * with the last process that uses it, whatever becomes of this one.
 *
 * @returns The descriptor of its root, or why there is none.
 */
function mountSmall(path: string): number | string {
  if (process.platform !== "linux") return "only Linux has tmpfs";
  mkdirSync(path);
  try {
    const options = `size=${FILE_SYSTEM_BYTES},mode=0700`;
    const error = run("mount", "-t", "tmpfs", "-o", options, "isthmus-chaos", path);
    if (error !== undefined) return error;
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    run("umount", "--lazy", path);
    return fd;
  } finally {
    rmdirSync(path);
  }
}

/** Runs a program; returns what it complains of. */
function run(program: string, ...args: string[]): string | undefined {
  if (Bun.which(program) === null) return `there is no ${program}`;
  const { exitCode, stderr } = Bun.spawnSync([program, ...args], { stdout: "ignore" });
  return exitCode === 0 ? undefined : stderr.toString().trim();
}

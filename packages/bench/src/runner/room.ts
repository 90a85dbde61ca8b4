/**
 * Where a run takes place: directories and processes of its own, gone afterwards.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TimeoutError } from "@isthmus/core";
import { nameRoot } from "@isthmus/programs/name-root";

/** What a process that has ended left behind. */
export interface Finished {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a process may take. */
export interface RunOptions {
  readonly timeoutMs: number;
}

/**
 * Temporary directories on disk and in memory, and whatever was started. Every process leads a group of its own, so
 * that those which it starts end with it, however they are occupied.
 */
export class Room implements AsyncDisposable {
  /** Aborted when the user has had enough; ends all processes. */
  readonly signal: AbortSignal;
  /** On a disk. */
  readonly directory: string;
  /** In memory, where the system has such a place. */
  readonly memoryDirectory: string;
  readonly #groups: Set<number> = new Set();
  readonly #killAll = (): void => {
    for (const group of this.#groups) killGroup(group);
  };

  /** @param signal Ends the processes of the room as soon as it is aborted. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.directory = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
    this.memoryDirectory = mkdtempSync(join(nameRoot(), "isthmus-bench-"));
    signal.addEventListener("abort", this.#killAll);
  }

  /**
   * Runs a program to its end.
   *
   * @param command The program and its arguments.
   * @param options How long it may take.
   * @returns What it wrote and how it ended; by then no process that it started is left.
   * @throws The reason of the room's signal once that is aborted.
   * @throws {TimeoutError} when it takes too long.
   */
  async run(command: readonly string[], { timeoutMs }: RunOptions): Promise<Finished> {
    this.signal.throwIfAborted();
    const child = Bun.spawn([...command], {
      cwd: this.directory,
      env: { ...process.env, ISTHMUS_DIR: join(this.memoryDirectory, "names") },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    this.#groups.add(child.pid);
    // Its end is the end of all that it started; otherwise they would hold its pipes open.
    const ended = child.exited.then(() => killGroup(child.pid));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child.pid);
    }, timeoutMs);
    try {
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
        ended,
      ]);
      this.signal.throwIfAborted();
      if (isLate) throw new TimeoutError(`${command.join(" ")} took longer than ${timeoutMs} ms`);
      return {
        exitCode: child.exitCode,
        signal: child.signalCode?.toString() ?? null,
        stdout,
        stderr,
      };
    } finally {
      clearTimeout(timer);
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      await ended;
      this.#groups.delete(child.pid);
    }
  }

  /** Ends what still runs, then removes every file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal.removeEventListener("abort", this.#killAll);
    this.#killAll();
    for (const directory of [this.directory, this.memoryDirectory]) {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

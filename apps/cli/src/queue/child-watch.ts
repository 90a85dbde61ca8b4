/**
 * Ends the programs of a worker that is killed.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { privatePipe } from "./private-pipe.ts";

/**
 * Reads which process groups run, a line whenever that changes; when the worker is gone, so is the other end of the pipe, and
 * what ran last is killed.
 */
const SCRIPT =
  'while read -r line; do groups=$line; done; for group in $groups; do kill -s KILL -- "-$group"; done';

/** A small shell beside the worker that outlives it, if only by a moment. */
export class ChildWatch implements AsyncDisposable {
  readonly #groups = new Set<number>();
  readonly #shell = startShell();

  /** Whether there is a shell. */
  get isThere(): boolean {
    return this.#shell !== undefined;
  }

  /** Notes that a process group runs. */
  add(group: number): void {
    this.#groups.add(group);
    this.#tell();
  }

  /** Notes that it has ended. */
  delete(group: number): void {
    this.#groups.delete(group);
    this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#shell === undefined) return;
    closeSync(this.#shell.writeEnd);
    await this.#shell.process.exited;
  }

  /** When this returns, the pipe has it: who is killed then has told it. */
  #tell(): void {
    if (this.#shell === undefined) return;
    try {
      writeSync(this.#shell.writeEnd, `${Array.from(this.#groups).join(" ")}\n`);
    } catch {
      // Somebody has ended the shell.
    }
  }
}

function startShell() {
  let ends: ReturnType<typeof openEnds> | undefined;
  try {
    ends = privatePipe(tmpdir(), openEnds);
    const process = Bun.spawn(["sh", "-c", SCRIPT], {
      stdin: ends.readEnd,
      stdout: "ignore",
      stderr: "ignore",
      // Neither Ctrl-C nor whoever kills the worker's group ends it.
      detached: true,
    });
    return { process, writeEnd: ends.writeEnd };
  } catch {
    if (ends !== undefined) closeSync(ends.writeEnd);
    return undefined;
  } finally {
    if (ends !== undefined) closeSync(ends.readEnd);
  }
}

/** Without another one that has the pipe open for both, each end would wait for the other. */
function openEnds(path: string): { readonly readEnd: number; readonly writeEnd: number } {
  const both = openSync(path, "r+");
  try {
    return { readEnd: openSync(path, "r"), writeEnd: openSync(path, "w") };
  } finally {
    closeSync(both);
  }
}

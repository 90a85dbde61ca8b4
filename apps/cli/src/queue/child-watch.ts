/**
 * Ends the programs of a worker that is killed.
 *
 * @module
 */

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
    await this.#shell?.stdin.end();
    await this.#shell?.exited;
  }

  #tell(): void {
    this.#shell?.stdin.write(`${Array.from(this.#groups).join(" ")}\n`);
    this.#shell?.stdin.flush();
  }
}

function startShell() {
  try {
    return Bun.spawn(["sh", "-c", SCRIPT], {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      // Neither Ctrl-C nor whoever kills the worker's group ends it.
      detached: true,
    });
  } catch {
    return undefined;
  }
}

/**
 * A run of the `isthmus` command, as a person would start it.
 *
 * @module
 */
import { join } from "node:path";
import { linesOf } from "@isthmus/testing/lines-of";
import type { Subprocess } from "bun";
import { patiently } from "./patiently.ts";

const MAIN = join(import.meta.dir, "..", "..", "..", "cli", "src", "main.ts");

/** One process, killed when the test ends, whatever state it is in then. */
export class Command implements AsyncDisposable {
  readonly #child: Subprocess<"ignore", "pipe", "pipe">;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  /**
   * @param directory Where named memory lives.
   * @param args What stands behind the command's name.
   * @param program Another program than the command.
   */
  constructor(directory: string, args: readonly string[], program: string = MAIN) {
    const { PATH = "", HOME = "", TMPDIR } = process.env;
    this.#child = Bun.spawn([process.execPath, program, ...args], {
      env: { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ISTHMUS_DIR: directory },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#lines = linesOf(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line of its output. */
  async line(): Promise<string> {
    const { value, done } = await patiently(this.#lines.next(), "a line of a command");
    if (done === true) throw new Error(`The command ended: ${await this.#errors}`);
    return value;
  }

  /** The last line of its output, as the record it is. */
  async summary(): Promise<Record<string, number>> {
    let last = "";
    for (;;) {
      const { value, done } = await patiently(this.#lines.next(), "the end of a command");
      if (done === true) break;
      last = value;
    }
    return JSON.parse(last) as Record<string, number>;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end; its exit code. */
  async end(): Promise<number> {
    return await patiently(this.#child.exited, "the end of a command");
  }

  /** All that it has written to stderr by its end. */
  async errors(): Promise<string> {
    return await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

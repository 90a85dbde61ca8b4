/**
 * Another process that is told what to do in plain lines, and answers with plain lines.
 *
 * @module
 */
import type { Subprocess } from "bun";
import { linesOf } from "./lines-of.ts";

/** No operation takes this long; a process that has not answered by then never will. */
const ANSWER_TIMEOUT_MS = 45_000;

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Companion implements AsyncDisposable {
  readonly #child: Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  /**
   * @param command The program and its arguments.
   * @param env Its environment, whole; this process's, with `ISTHMUS_DIR` as it is now, unless given.
   */
  constructor(command: readonly string[], env: Record<string, string | undefined> = process.env) {
    this.#child = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      env: { ...env },
    });
    this.#lines = linesOf(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Lets it do something and waits for the answer, which is `ok` unless said otherwise. */
  async tell(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    this.#child.stdin.flush();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`No answer to ${command}`)), ANSWER_TIMEOUT_MS);
    try {
      const { value, done } = await Promise.race([this.#lines.next(), late]);
      if (done) throw new Error(`The process ended at ${command}`);
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Lets it come to its natural end. */
  async finish(): Promise<number> {
    this.#child.stdin.end();
    return await this.#child.exited;
  }

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

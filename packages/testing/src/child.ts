/**
 * Another process, and the lines that it writes.
 *
 * @module
 */
import type { Subprocess } from "bun";
import { linesOf } from "./lines-of.ts";
import { within } from "./patience.ts";
import { KILLED } from "./requirement.ts";
import { withoutWineNotes } from "./wine-notes.ts";

/** How to start a process. */
export interface ChildOptions {
  /** Its whole environment; this process's, with `ISTHMUS_DIR` as it is now, unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Child implements AsyncDisposable {
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  /**
   * Starts the process.
   *
   * @param command The program and its arguments.
   * @param options Its environment.
   */
  constructor(command: readonly string[], { env = process.env }: ChildOptions = {}) {
    this.#process = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...env },
    });
    this.#lines = linesOf(this.#process.stdout);
    this.#errors = new Response(this.#process.stderr).text().then(withoutWineNotes);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What it wrote to standard error; complete when it has ended. */
  get errors(): Promise<string> {
    return this.#errors;
  }

  /** Writes a line to its standard input. */
  write(line: string): void {
    this.#process.stdin.write(`${line}\n`);
    this.#process.stdin.flush();
  }

  /** The next line of its standard output; undefined when there is none any more. */
  async nextLine(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  /** The next line of its standard output, which must come. */
  async line(): Promise<string> {
    const line = await within(this.nextLine(), () => `Process ${this.pid} does not answer`);
    if (line !== undefined) return line;
    throw new Error(`Process ${this.pid} ended (${await this.end()}): ${await this.#errors}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Waits for its end: the signal's name, or the exit code. */
  async end(): Promise<NodeJS.Signals | number> {
    await within(this.#process.exited, () => `Process ${this.pid} does not end`);
    const { signalCode, exitCode } = this.#process;
    // Windows knows exit codes alone, but now and then Bun tells of the signal there.
    return signalCode === "SIGKILL" ? KILLED : (signalCode ?? (exitCode as number));
  }

  /** Lets it come to its natural end and waits for it. */
  async finish(): Promise<NodeJS.Signals | number> {
    this.#process.stdin.end();
    return await this.end();
  }

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

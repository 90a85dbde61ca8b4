/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import type { Subprocess } from "bun";
import { linesOf } from "./lines-of.ts";

/** What the other process answers, as one line of JSON. */
export type Answer =
  | { readonly value: unknown }
  | { readonly error: { className: string; code: string; message: string } };

/** An error that was thrown in the other process. */
export class RemoteError extends Error {
  readonly className: string;
  readonly code: string;

  constructor({ className, code, message }: { className: string; code: string; message: string }) {
    super(message);
    this.className = className;
    this.code = code;
  }
}

/** No operation takes this long; a process that has not answered by then never will. */
const ANSWER_TIMEOUT_MS = 45_000;

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Peer implements AsyncDisposable {
  readonly #child: Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  /**
   * Starts the process; it inherits `ISTHMUS_DIR`.
   *
   * @param command The program and its arguments.
   * @param environment Environment on top of this process's.
   */
  constructor(
    command: readonly string[],
    environment: Readonly<Record<string, string>> | undefined = {},
  ) {
    this.#child = Bun.spawn([...command], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, ...environment },
    });
    this.#lines = linesOf(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it wrote to standard error; complete when it has ended. */
  get errors(): Promise<string> {
    return this.#errors;
  }

  /** Lets it do something and waits for the result. Throws {@link RemoteError} when that fails there. */
  async call<T = unknown>(operation: string, ...parameters: readonly unknown[]): Promise<T> {
    this.send(operation, ...parameters);
    return await this.answer<T>();
  }

  /** Lets it do something without waiting for it. */
  send(operation: string, ...parameters: readonly unknown[]): void {
    this.#child.stdin.write(`${JSON.stringify({ operation, parameters })}\n`);
    this.#child.stdin.flush();
  }

  /** The next answer. */
  async answer<T = unknown>(): Promise<T> {
    const answer = JSON.parse(await this.line()) as Answer;
    if ("error" in answer) throw new RemoteError(answer.error);
    return answer.value as T;
  }

  /** The next line of its standard output. */
  async line(): Promise<string> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`Process ${this.pid} does not answer`)),
      ANSWER_TIMEOUT_MS,
    );
    try {
      const next = await Promise.race([this.#lines.next(), late]);
      if (next.done !== true) return next.value;
    } finally {
      clearTimeout(timer);
    }
    throw new Error(`Process ${this.pid} ended (${await this.end()}): ${await this.#errors}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for its end: the signal's name, or the exit code. */
  async end(): Promise<NodeJS.Signals | number> {
    await this.#child.exited;
    return this.#child.signalCode ?? (this.#child.exitCode as number);
  }

  /** Lets it come to its natural end and waits for it. */
  async finish(): Promise<NodeJS.Signals | number> {
    this.#child.stdin.end();
    return await this.end();
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

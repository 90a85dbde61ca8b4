/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import { linesOf } from "./lines-of.ts";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

/** No operation takes this long; a process that has not answered by then never will. */
const ANSWER_TIMEOUT_MS = 20_000;

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

/** How to start a participant. */
export interface ParticipantOptions {
  /** The fixture it runs, without its ".ts": a name in `fixtures`, or a whole path. Default `participant`. */
  readonly fixture?: string | undefined;
  /** Passed as JSON in `process.argv[2]`. */
  readonly input?: unknown;
  /** Environment on top of this process's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** A command that runs the fixture, with its arguments, for example `setpriv`. */
  readonly prefix?: readonly string[] | undefined;
}

type Child = Subprocess<"pipe", "pipe", "pipe">;

/** A process of its own, killed when the test ends, whatever state it is in then. */
export class Participant implements AsyncDisposable {
  readonly #child: Child;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: Promise<string>;

  /** Starts the process; it inherits `ISTHMUS_DIR`. */
  constructor({
    fixture = "participant",
    input,
    environment,
    prefix = [],
  }: ParticipantOptions = {}) {
    const script = resolve(FIXTURES, `${fixture}.ts`);
    this.#child = Bun.spawn([...prefix, process.execPath, script, JSON.stringify(input ?? null)], {
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
    const line = await this.line();
    const answer = JSON.parse(line) as Answer;
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

  /** Lets it come to its natural end: it has nothing left to do. */
  finish(): void {
    this.#child.stdin.end();
  }

  /** Waits for its end: the signal's name, or the exit code. */
  async end(): Promise<NodeJS.Signals | number> {
    await this.#child.exited;
    return this.#child.signalCode ?? (this.#child.exitCode as number);
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

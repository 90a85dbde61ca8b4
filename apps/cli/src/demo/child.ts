/**
 * A second process of the demonstration, which speaks in lines.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { TimeoutError } from "@isthmus/core";
import { startProcess } from "@isthmus/programs/start-process";
import type { Subprocess } from "bun";
import { formatDuration } from "../output/format.ts";

/** What a process says first, as soon as its program runs. */
const HELLO = "started";

/** Says that the program of this process runs: what every child does before anything else. */
export function sayHello(): void {
  writeSync(1, `${HELLO}\n`);
}

/** A Bun process that is told what to do by lines on stdin and answers by lines on stdout. */
export class DemoChild implements AsyncDisposable {
  /** Whether it has never said that its program runs. */
  isMute = true;
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string, void>;
  readonly #errors: Promise<string>;
  readonly #started: Promise<void>;
  readonly #patienceMs: number;
  #isKilled = false;

  /**
   * @param command The program and its arguments.
   * @param env The environment of the new process.
   * @param patienceMs How long it may take to answer, in milliseconds.
   * @param onFailure Is told when it does not start or ends badly without having been killed from here.
   * @throws {Error} when the system cannot start it.
   */
  constructor(
    command: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    patienceMs: number,
    onFailure: (error: Error) => void,
  ) {
    this.#patienceMs = patienceMs;
    this.#process = startProcess(command, {
      env: { ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#lines = splitLines(this.#process.stdout);
    this.#errors = new Response(this.#process.stderr).text();
    this.#started = this.#hear().then((line) => {
      if (line !== HELLO) throw new Error(`Process ${this.pid} began with "${line}"`);
      this.isMute = false;
    });
    this.#started.catch((error: Error) => {
      if (!this.#isKilled) onFailure(error);
    });
    void this.#process.exited.then(async (code) => {
      if (code !== 0 && !this.#isKilled) onFailure(await this.#failure());
    });
  }

  /** The operating system's number for the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Waits for the next line.
   *
   * @returns The line.
   * @throws {TimeoutError} when none comes in time.
   * @throws {Error} with what it wrote to stderr when the process ends instead.
   */
  async nextLine(): Promise<string> {
    await this.#started;
    return await this.#hear();
  }

  /**
   * Waits for the end of a process that should end well by itself.
   *
   * @throws {TimeoutError} when it does not end in time.
   * @throws {Error} when it ends with another exit code than 0.
   */
  async finish(): Promise<void> {
    this.#process.stdin.end();
    if ((await this.#inTime(this.#process.exited, "did not end")) !== 0) {
      throw await this.#failure();
    }
  }

  /** Sends SIGKILL: no clean-up code runs in the process. Nothing happens if it has ended. */
  kill(): void {
    this.#isKilled = true;
    this.#process.kill("SIGKILL");
  }

  /** Kills the process and waits until the kernel has let go of everything it held. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#process.exited;
  }

  async #hear(): Promise<string> {
    const next = await this.#inTime(this.#lines.next(), "did not answer");
    if (next.done) throw await this.#failure();
    return next.value;
  }

  async #inTime<T>(promise: Promise<T>, complaint: string): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const what = `Process ${this.pid} ${complaint} within ${formatDuration(this.#patienceMs)}`;
      reject(new TimeoutError(what));
    }, this.#patienceMs);
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #failure(): Promise<Error> {
    const code = await this.#process.exited;
    const how = this.#process.signalCode ?? `exit code ${code}`;
    const when = this.isMute ? "before its program ran" : "too early";
    const words = (await this.#errors).trim();
    return new Error(
      `Process ${this.pid} ended ${when}: ${how}${words === "" ? "" : `, ${words}`}`,
    );
  }
}

async function* splitLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}

/**
 * A second process of the demonstration, which speaks in lines.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { Subprocess } from "bun";

/** Far more than any step needs, so that only a real hang is reported. */
const ANSWER_TIMEOUT_MS = 20_000;

/** A Bun process that is told what to do by lines on stdin and answers by lines on stdout. */
export class DemoChild implements AsyncDisposable {
  readonly #process: Subprocess<"pipe", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string, void>;
  readonly #errors: Promise<string>;

  /**
   * @param command The program and its arguments.
   * @param env The environment of the new process.
   */
  constructor(command: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.#process = Bun.spawn([...command], {
      env: { ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#lines = splitLines(this.#process.stdout);
    this.#errors = new Response(this.#process.stderr).text();
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
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new TimeoutError(`Process ${this.pid} did not answer in ${ANSWER_TIMEOUT_MS} ms`));
    }, ANSWER_TIMEOUT_MS);
    try {
      const next = await Promise.race([this.#lines.next(), late]);
      if (!next.done) return next.value;
    } finally {
      clearTimeout(timer);
    }
    const code = await this.#process.exited;
    const reason = (await this.#errors).trim() || `exit code ${code}`;
    throw new Error(`Process ${this.pid} ended without an answer: ${reason}`);
  }

  /**
   * Waits for the end of a process that should end well by itself.
   *
   * @throws {Error} when it ends with another exit code than 0.
   */
  async finish(): Promise<void> {
    this.#process.stdin.end();
    const code = await this.#process.exited;
    if (code !== 0) {
      throw new Error(`Process ${this.pid} ended with ${code}: ${(await this.#errors).trim()}`);
    }
  }

  /** Sends SIGKILL: no clean-up code runs in the process. Nothing happens if it has ended. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Kills the process and waits until the kernel has let go of everything it held. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#process.exited;
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

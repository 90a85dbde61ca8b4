/**
 * Another process that does what it is told, one line at a time.
 *
 * @module
 */
import { join } from "node:path";
import type { Subprocess } from "bun";
import { testEnvironment } from "./run-cli.ts";

/** No operation takes this long; a process that has not answered by then never will. */
const ANSWER_TIMEOUT_MS = 20_000;

/** A process that runs `fixtures/holder.ts`, killed when the test ends, whatever state it is in then. */
export class Companion implements AsyncDisposable {
  readonly #child: Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  /** @param env Added to its environment. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "..", "fixtures", "holder.ts")],
      {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
        env: testEnvironment(env),
      },
    );
    this.#lines = linesOf(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Lets it do something and waits for the answer, which is `ok` unless said otherwise. */
  async tell(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    this.#child.stdin.flush();
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer to ${command}`)), ANSWER_TIMEOUT_MS);
    });
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

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() as string;
    yield* lines;
  }
}

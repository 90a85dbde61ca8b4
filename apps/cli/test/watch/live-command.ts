/**
 * A run of the command that goes on until it is told to stop.
 *
 * @module
 */

import { PATIENCE_MS } from "@isthmus/testing/patience";
import { processText } from "@isthmus/testing/process-text";
import { testEnvironment } from "@isthmus/testing/run-program";
import type { Subprocess } from "bun";
import { MAIN } from "../support/run-cli.ts";

/** One run, killed when the test ends. */
export class LiveCommand implements AsyncDisposable {
  readonly #child: Subprocess<"ignore", "pipe", "pipe">;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  #isEnded = false;

  constructor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    this.#child = Bun.spawn([process.execPath, MAIN, ...args], {
      env: testEnvironment(env),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The next line of its output; undefined at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#isEnded) return undefined;
      await this.#read();
    }
  }

  /** Reads lines until one is wanted. */
  async until(
    isWanted: (record: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const line = await this.line();
      if (line === undefined) throw new Error(`The command ended: ${await this.errors()}`);
      const record = JSON.parse(line) as Record<string, unknown>;
      if (isWanted(record)) return record;
    }
  }

  /** What it has written to stderr by its end. */
  async errors(): Promise<string> {
    return await new Response(this.#child.stderr).text();
  }

  /** Waits for its end; its exit code. */
  async end(): Promise<number> {
    while (!this.#isEnded) await this.#read();
    return await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The command says nothing; ${processText(this.#child.pid)}`));
      }, PATIENCE_MS);
    });
    try {
      const { value, done } = await Promise.race([this.#chunks.next(), late]);
      if (done === true) this.#isEnded = true;
      else this.#text += this.#decoder.decode(value, { stream: true });
    } finally {
      clearTimeout(timer);
    }
  }
}

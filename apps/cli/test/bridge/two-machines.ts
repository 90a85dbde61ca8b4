/**
 * Two machines, as far as names tell: a directory of names each, and what runs there.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { OtherNames } from "@isthmus/programs/name-root";
import { Home } from "@isthmus/testing/home";
import { within } from "@isthmus/testing/patience";
import { testEnvironment } from "@isthmus/testing/run-program";
import type { Subprocess } from "bun";
import { MAIN } from "../support/run-cli.ts";

/** The command in a process of its own, killed when the test ends. */
export class Command implements AsyncDisposable {
  readonly #child: Subprocess<"ignore", "pipe", "pipe">;
  readonly #reading: Promise<unknown>;
  stdout = "";
  stderr = "";

  constructor(env: Readonly<Record<string, string>>, args: readonly string[]) {
    this.#child = Bun.spawn([process.execPath, MAIN, ...args], {
      env: testEnvironment(env),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const read = async (stream: "stdout" | "stderr"): Promise<void> => {
      const decoder = new TextDecoder();
      for await (const bytes of this.#child[stream]) {
        this[stream] += decoder.decode(bytes, { stream: true });
      }
    };
    this.#reading = Promise.all([read("stdout"), read("stderr")]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Ends it by a signal, or waits for its end; its exit code. */
  async end(signal?: NodeJS.Signals): Promise<number> {
    if (signal !== undefined) this.#child.kill(signal);
    const code = await within(this.#child.exited, () => `It does not end: ${this.stderr}`);
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

/** One of the machines. */
export class Machine {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { mode: 0o700 });
  }

  /** Does something there: what is opened meanwhile stays open. */
  here<T>(action: () => T): T {
    using _names = new OtherNames(this.path);
    return action();
  }

  /** Starts the command there. */
  start(...args: readonly string[]): Command {
    return new Command({ ISTHMUS_DIR: this.path }, args);
  }
}

/** Both of them; all is gone when they are disposed. */
export class TwoMachines implements Disposable {
  readonly #home = new Home();
  readonly one: Machine = new Machine(this.#home.file("one"));
  readonly other: Machine = new Machine(this.#home.file("other"));

  [Symbol.dispose](): void {
    this.#home[Symbol.dispose]();
  }
}

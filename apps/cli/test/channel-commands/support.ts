/**
 * The ends of a channel, each a run of the command, in a directory of names of their own.
 *
 * @module
 */
import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { OtherNames } from "@isthmus/programs/name-root";
import { PATIENCE_MS, within } from "@isthmus/testing/patience";
import { createPlaces, type Places } from "@isthmus/testing/places";
import { processText } from "@isthmus/testing/process-text";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { withoutWineNotes } from "@isthmus/testing/wine-notes";
import type { Subprocess } from "bun";
import { MAIN } from "../support/run-cli.ts";

/** How a run ended. */
export interface EndOfRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A run of the command that may still be going on. */
export class Run implements AsyncDisposable {
  readonly #child: Subprocess<"ignore", "pipe", "pipe">;
  readonly #stdout: Promise<string>;
  readonly #stderrDone: Promise<void>;
  readonly #watchers = new Set<() => void>();
  #stderr = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = Bun.spawn([process.execPath, MAIN, ...args], {
      env: testEnvironment(env),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.#stdout = new Response(this.#child.stdout).text();
    this.#stderrDone = this.#follow();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until stderr has what is described. */
  async says(pattern: RegExp): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (pattern.test(this.#stderr)) resolve();
    };
    const fail = (): void => reject(new Error(`Not said: ${pattern}, but: ${this.#stderr}`));
    const timer = setTimeout(fail, PATIENCE_MS);
    void this.#stderrDone.then(fail);
    this.#watchers.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for the end. */
  async end(): Promise<EndOfRun> {
    const end = Promise.all([this.#stdout, this.#child.exited, this.#stderrDone]);
    const complaint = (): string => `No end; ${processText(this.pid)}\nIt said: ${this.#stderr}`;
    const [stdout, exitCode] = await within(end, complaint);
    return { stdout, stderr: withoutWineNotes(this.#stderr), exitCode };
  }

  /** Waits for the end and takes its output for one line of JSON. */
  async record(exitCode = 0): Promise<Record<string, number>> {
    const end = await this.end();
    if (end.exitCode !== exitCode) throw new Error(`${end.exitCode}: ${end.stderr}`);
    expect(end.stdout).toMatch(/^\{.*\}\n$/);
    return JSON.parse(end.stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #follow(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#stderr += decoder.decode(chunk, { stream: true });
      for (const look of this.#watchers) look();
    }
  }
}

/** Everything is gone when it is disposed: processes first, then files. */
export class Stage implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly #runs: Run[] = [];
  readonly places: Places = createPlaces(this.#directory);

  /** Starts the command; `--json` is added. */
  start(line: string): Run {
    return this.startPlain(`${line} --json`);
  }

  /** Starts the command. */
  startPlain(line: string): Run {
    const run = new Run(line.split(" "), this.places.env);
    this.#runs.push(run);
    return run;
  }

  /** Runs something in this process as if it were one of the others. */
  async inside(work: () => Promise<void>): Promise<void> {
    using _names = new OtherNames(this.places.env["ISTHMUS_DIR"] as string);
    await work();
  }

  /** The names that are there, without the pipes of processes that were killed. */
  names(): string[] {
    return readdirSync(this.places.env["ISTHMUS_DIR"] as string).filter(
      (name) => !/^\.(bell|life)-/.test(name),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

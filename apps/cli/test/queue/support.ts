/**
 * Queues of the test's own, and workers that are real processes.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { json, observe, type QueueInfo, WorkQueue, type WorkQueueOptions } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import type { ProgramResult } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { runIsthmus } from "../../src/run.ts";
import { type EndOfRun, Run } from "../channel-commands/support.ts";
import { createFakeHost } from "../support/fake-host.ts";

/** Everything is gone when it is disposed: processes first, then queues, then files. */
export class WorkScene implements AsyncDisposable {
  readonly #home = new Home();
  readonly #directory = new TemporaryDirectory();
  readonly #stack = new AsyncDisposableStack();
  readonly env: Readonly<Record<string, string>> = { ISTHMUS_DIR: this.#home.path };

  /** Makes a queue of JSON with some jobs. */
  queue(
    name: string,
    jobs: readonly unknown[] = [],
    options: Partial<WorkQueueOptions<typeof json>> = {},
  ): WorkQueue<typeof json> {
    const queue = this.#stack.use(WorkQueue.createNew(name, { schema: json, ...options }));
    queue.addAll(jobs);
    return queue;
  }

  /** What an observer sees of a queue. */
  state(name: string): QueueInfo {
    const { queue } = observe(name);
    if (queue === undefined) throw new Error(`${name} is no queue`);
    return queue;
  }

  /** Runs the command in this process. */
  async command(...args: string[]): Promise<ProgramResult> {
    const host = createFakeHost({ env: { PATH: process.env["PATH"] } });
    const exitCode = await runIsthmus(args, host);
    return { ...host.written, exitCode };
  }

  /** The same, and takes its output for lines of JSON. */
  async json(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout, stderr } = await this.command(...args, "--json");
    if (stderr !== "") throw new Error(stderr);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }

  /** A program of a few lines of shell. */
  script(name: string, ...lines: string[]): string {
    const path = this.#directory.file(name);
    const text = `#!/bin/sh\ncd "${this.#directory.path}"\n${lines.join("\n")}\n`;
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  }

  /** Starts a worker. */
  worker(...args: string[]): Run {
    return this.#stack.use(new Run(["worker", ...args], this.env));
  }

  /** Runs a worker to its end. */
  async work(...args: string[]): Promise<EndOfRun> {
    return await this.worker(...args).end();
  }

  /** Waits until a script has left a number in a file. */
  async left(name: string): Promise<number> {
    const path = join(this.#directory.path, name);
    return await until(
      () => existsSync(path) && (Number(readFileSync(path, "utf8").trim()) || undefined),
      `the file ${name}`,
    );
  }

  /** The names that are there, without the pipes of processes. */
  files(): string[] {
    return this.#home.files().filter((name) => !/^\.(?:bell|life)-/.test(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    this.#directory[Symbol.dispose]();
    this.#home[Symbol.dispose]();
  }
}

/** Waits until a process has ended; one that nobody has asked about yet (a zombie) has. */
export async function untilGone(pid: number): Promise<void> {
  await until(() => {
    const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
    return /^(?:Z|$)/.test(stdout.toString().trim());
  }, `the end of process ${pid}`);
}

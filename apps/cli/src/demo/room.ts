/**
 * Where the demonstration takes place: directories and processes of its own, gone afterwards.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programCommand } from "@isthmus/programs";
import { nameRoot, OtherNames } from "@isthmus/programs/name-root";
import { DemoChild } from "./child.ts";
import { PATIENCE_MS } from "./patience.ts";

/**
 * A temporary directory for files, another for named memory, and the processes that were started.
 * While the room exists, `ISTHMUS_DIR` of this process names its directory: nothing that lives in
 * the user's own directory of names is seen or touched. Disposing ends the processes and removes
 * the rest.
 */
export class DemoRoom implements AsyncDisposable {
  /** Aborted when the user has had enough. */
  readonly interruption: AbortSignal;
  /** Aborted when the step that runs cannot succeed any more, with the reason, or the user has had enough. */
  signal: AbortSignal;
  readonly #directory: string;
  readonly #nameDirectory: string;
  readonly #names: OtherNames;
  readonly #children: DemoChild[] = [];
  readonly #patienceMs: number;
  #step = new AbortController();
  /** Why no process can be started here. */
  #refusal: Error | undefined;
  readonly #killAll = (): void => {
    for (const child of this.#children) child.kill();
  };

  /**
   * @param interruption Ends the processes of the room as soon as it is aborted.
   * @param patienceMs How long a process of the room may take to answer, in milliseconds.
   */
  constructor(interruption: AbortSignal, patienceMs: number = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
    this.interruption = interruption;
    this.signal = interruption;
    this.#directory = mkdtempSync(join(tmpdir(), "isthmus-demo-"));
    this.#nameDirectory = mkdtempSync(join(nameRoot(), "isthmus-demo-names-"));
    this.#names = new OtherNames(this.#nameDirectory);
    interruption.addEventListener("abort", this.#killAll);
  }

  /** The full path of a file in this room. */
  path(name: string): string {
    return join(this.#directory, name);
  }

  /** Begins a step: what has failed before is no longer of importance. */
  beginStep(): void {
    this.#step = new AbortController();
    this.signal = AbortSignal.any([this.interruption, this.#step.signal]);
  }

  /** Ends the step that runs: its processes are killed, and what waits for them ends with this error. */
  failStep(error: Error): void {
    if (this.signal.aborted) return;
    this.#step.abort(error);
    this.#killAll();
  }

  /**
   * Starts a second Bun process on a file of `children/`.
   *
   * @param script The file's name.
   * @param args Its arguments.
   * @returns The process; dispose of it with `await using`, or leave that to the room. When it fails, so does the step.
   * @throws {Error} when the system cannot start it, or when one did not start before.
   */
  spawn(script: string, ...args: readonly (string | number)[]): DemoChild {
    if (this.#refusal !== undefined) throw this.#refusal;
    const command = [
      ...programCommand(import.meta.dir, join("children", script)),
      ...args.map(String),
    ];
    const env = { ...process.env, ISTHMUS_DIR: this.#nameDirectory };
    const step = this.#step;
    const child: DemoChild = new DemoChild(command, env, this.#patienceMs, (error) => {
      if (child.isMute) this.#refusal ??= error;
      if (step === this.#step) this.failStep(error);
    });
    this.#children.push(child);
    return child;
  }

  /** Ends what still runs, then removes every file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.interruption.removeEventListener("abort", this.#killAll);
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    this.#names[Symbol.dispose]();
    for (const directory of [this.#directory, this.#nameDirectory]) {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

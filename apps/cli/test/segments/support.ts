/**
 * A directory of names, the command and other processes in it, for one test.
 *
 * @module
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPlaces, type Places } from "@isthmus/testing/places";
import type { ProgramResult } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Companion } from "../support/companion.ts";
import { runCli } from "../support/run-cli.ts";

/** Everything is gone when it is disposed: processes first, then files. */
export class Scene implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly #companions: Companion[] = [];
  readonly places: Places = createPlaces(this.#directory);

  /** The directory of names. */
  get names(): string {
    return this.places.env["ISTHMUS_DIR"] as string;
  }

  /** Runs the command to its end. */
  async run(...args: string[]): Promise<ProgramResult> {
    return await runCli(args, { env: this.places.env });
  }

  /** Runs the command and takes its output for lines of JSON. */
  async json(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.run(...args, "--json");
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** Starts a process that has done what it was told. */
  async start(...commands: string[]): Promise<Companion> {
    const companion = new Companion(this.places.env);
    this.#companions.push(companion);
    for (const command of commands) {
      const answer = await companion.tell(command);
      if (answer !== "ok") throw new Error(`${command}: ${answer}`);
    }
    return companion;
  }

  /** Leaves behind what a process had that was killed. */
  async leave(...commands: string[]): Promise<number> {
    const companion = await this.start(...commands);
    await companion.kill();
    return companion.pid;
  }

  /** Writes a file among the names. */
  plant(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.names, name), content);
  }

  /** The names that are there, without the pipes of processes and what Windows keeps until it is closed. */
  files(): string[] {
    return readdirSync(this.names)
      .filter((name) => !/^\.(bell|life|gone)-/.test(name))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const companion of this.#companions) await companion.kill();
    this.#directory[Symbol.dispose]();
  }
}

/**
 * Journals of the test's own, and the command in its own process.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Journal, type JournalSchema } from "@isthmus/store";
import { Home } from "@isthmus/testing/home";
import type { ProgramResult } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { InterruptedError } from "../../src/interrupted-error.ts";
import { runIsthmus } from "../../src/run.ts";
import { createFakeHost, type FakeHost } from "../support/fake-host.ts";

/** The smallest segments. */
export const SMALL: { readonly segmentBytes: number } = { segmentBytes: 2 ** 16 };

/** A run of the command that goes on meanwhile. */
export interface Running {
  readonly written: FakeHost["written"];
  /** As Ctrl-C does. */
  interrupt(): void;
  /** The exit code. */
  readonly ended: Promise<number>;
}

/** Everything is gone when it is disposed. */
export class JournalScene implements Disposable {
  readonly #home = new Home();
  readonly #directory = new TemporaryDirectory();
  readonly env: Readonly<Record<string, string>> = { ISTHMUS_DIR: this.#home.path };

  /** The directory of journals; relative paths are resolved there. */
  get path(): string {
    return this.#directory.path;
  }

  /** The path of a journal. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Makes a journal. */
  write<S extends JournalSchema>(name: string, schema: S, records: readonly unknown[]): void {
    using journal = Journal.open(this.at(name), { schema, sync: "none", ...SMALL });
    for (const record of records) journal.append(record as never);
  }

  /** The paths of a journal's segments, in order. */
  segments(name: string): string[] {
    const files = readdirSync(this.at(name)).filter((file) => file.endsWith(".seg"));
    return files.sort().map((file) => join(this.at(name), file));
  }

  /** Runs the command to its end. */
  async command(...args: string[]): Promise<ProgramResult> {
    const { written, ended } = this.start(...args);
    return { exitCode: await ended, ...written };
  }

  /** The same, and takes its output for lines of JSON. */
  async json(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.command(...args, "--json");
    return linesOf(stdout);
  }

  /** Starts the command, with answers to what it asks where there are any. */
  start(...args: string[]): Running {
    return this.startWith(undefined, ...args);
  }

  startWith(ask: ((question: string) => Promise<string>) | undefined, ...args: string[]): Running {
    const controller = new AbortController();
    const host = createFakeHost({ cwd: this.path, signal: controller.signal });
    return {
      written: host.written,
      interrupt: () => controller.abort(new InterruptedError("SIGINT")),
      ended: runIsthmus(args, { ...host, ask }),
    };
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
    this.#home[Symbol.dispose]();
  }
}

/** Lines of JSON. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Changes bytes of a file. */
export function harm(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

/**
 * Where the demonstration takes place: directories and processes of its own, gone afterwards.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameRoot } from "../name-root.ts";
import { DemoChild } from "./child.ts";

const NAME_DIRECTORY_VARIABLE = "ISTHMUS_DIR";

/**
 * A temporary directory for files, another for named memory, and the processes that were started.
 * While the room exists, `ISTHMUS_DIR` of this process names its directory: nothing that lives in
 * the user's own directory of names is seen or touched. Disposing ends the processes and removes
 * the rest.
 */
export class DemoRoom implements AsyncDisposable {
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  readonly #directory: string;
  readonly #nameDirectory: string;
  readonly #nameDirectoryBefore: string | undefined;
  readonly #children: DemoChild[] = [];
  readonly #killAll = (): void => {
    for (const child of this.#children) child.kill();
  };

  /** @param signal Ends the processes of the room as soon as it is aborted. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.#directory = mkdtempSync(join(tmpdir(), "isthmus-demo-"));
    this.#nameDirectory = mkdtempSync(join(nameRoot(), "isthmus-demo-names-"));
    this.#nameDirectoryBefore = process.env[NAME_DIRECTORY_VARIABLE];
    process.env[NAME_DIRECTORY_VARIABLE] = this.#nameDirectory;
    signal.addEventListener("abort", this.#killAll);
  }

  /** The full path of a file in this room. */
  path(name: string): string {
    return join(this.#directory, name);
  }

  /**
   * Starts a second Bun process on a file of `children/`.
   *
   * @param script The file's name.
   * @param args Its arguments.
   * @returns The process; dispose of it with `await using`, or leave that to the room.
   */
  spawn(script: string, ...args: readonly (string | number)[]): DemoChild {
    const path = join(import.meta.dir, "children", script);
    const child = new DemoChild([process.execPath, path, ...args.map(String)], {
      ...process.env,
      [NAME_DIRECTORY_VARIABLE]: this.#nameDirectory,
    });
    this.#children.push(child);
    return child;
  }

  /** Ends what still runs, then removes every file. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal.removeEventListener("abort", this.#killAll);
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    if (this.#nameDirectoryBefore === undefined) delete process.env[NAME_DIRECTORY_VARIABLE];
    else process.env[NAME_DIRECTORY_VARIABLE] = this.#nameDirectoryBefore;
    for (const directory of [this.#directory, this.#nameDirectory]) {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

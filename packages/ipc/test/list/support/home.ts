/**
 * A directory of named memory for one test, never the user's own.
 *
 * @module
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PARENT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A new directory that `ISTHMUS_DIR` leads to until the test ends; then it is removed with all in it. */
export class Home implements Disposable {
  readonly path: string = mkdtempSync(join(PARENT, "isthmus-ipc-test-"));
  readonly #before = process.env["ISTHMUS_DIR"];

  constructor() {
    process.env["ISTHMUS_DIR"] = this.path;
  }

  /** The names of all files in it but this process's own pipes. */
  files(): string[] {
    return readdirSync(this.path)
      .filter((name) => !/^\.(bell|life)-/.test(name))
      .sort();
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file as somebody would who does not know the protocol. */
  plant(name: string, content: Uint8Array | string): string {
    writeFileSync(this.file(name), content);
    return this.file(name);
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env["ISTHMUS_DIR"];
    else process.env["ISTHMUS_DIR"] = this.#before;
    chmodSync(this.path, 0o700);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * A directory of named memory for one test, never the user's own.
 *
 * @module
 */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "./remove-tree.ts";
import { isWindows } from "./requirement.ts";

const PARENT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Between tests: a place that cannot be made, so that no test can fall back on the user's directory. */
const NOWHERE = join(PARENT, "isthmus-test-nowhere", "never");
process.env["ISTHMUS_DIR"] = NOWHERE;

/**
 * A new directory that `ISTHMUS_DIR` leads to until the test ends, passed or failed; then it is removed
 * with all that is in it.
 */
export class Home implements Disposable {
  readonly path: string;

  /** @param parent Where to make it; shared memory by default. */
  constructor(parent: string = PARENT) {
    this.path = mkdtempSync(join(parent, "isthmus-test-"));
    process.env["ISTHMUS_DIR"] = this.path;
  }

  /** The names of all files in it, hidden ones too; without those that Windows keeps, nameless to all, until they are closed. */
  files(): string[] {
    return readdirSync(this.path)
      .filter((name) => !(isWindows && name.startsWith(".gone-")))
      .sort();
  }

  /** The names of its segments: every file but the pipes of processes and what is not finished. */
  names(): string[] {
    return this.files().filter((name) => !name.startsWith("."));
  }

  /** The path of a name's file. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** The bytes of a name's file. */
  bytes(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  /** Writes a file by ordinary means, as somebody would who does not know the protocol; returns its path. */
  plant(name: string, content: Uint8Array | string): string {
    const path = this.file(name);
    writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    // A test that ran out of time ends when the next one has begun, whose directory this must not undo.
    if (process.env["ISTHMUS_DIR"] === this.path) process.env["ISTHMUS_DIR"] = NOWHERE;
    chmodSync(this.path, 0o700);
    removeTree(this.path);
  }
}

/**
 * A directory of named memory for one test, never the user's own.
 *
 * @module
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

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

  constructor() {
    this.path = mkdtempSync(join(PARENT, "isthmus-test-"));
    process.env["ISTHMUS_DIR"] = this.path;
  }

  /** The names of its segments: every file but the pipes of processes. */
  names(): string[] {
    return readdirSync(this.path)
      .filter((name) => !name.startsWith("."))
      .sort();
  }

  /** The path of a name's file. */
  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    // A test that ran out of time ends when the next one has begun, whose directory this must not undo.
    if (process.env["ISTHMUS_DIR"] === this.path) process.env["ISTHMUS_DIR"] = NOWHERE;
    rmSync(this.path, { recursive: true, force: true });
  }
}

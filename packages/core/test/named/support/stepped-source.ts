/**
 * A copy of the library's source that stops before each system call of the naming protocol and asks what
 * to do: nothing, something else in between, or die there. It can also be broken on purpose.
 *
 * @module
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "@isthmus/testing/remove-tree";
import { CORE_VARIABLE, SOURCE } from "./core.ts";

/** One change to a file: every occurrence of `search` (at least one) is replaced. */
export interface Change {
  /** The file, from `src`. */
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

/** Replaces `node:fs` in the copy: the same calls, each announced first. */
const STEPPED_FS = `
import * as fs from "node:fs";
export const constants = fs.constants;
export const hook: { before: (call: string) => void } = { before: () => {} };
function stepped<F extends (...parameters: any[]) => any>(call: string, run: F): F {
  return ((...parameters: any[]) => { hook.before(call); return run(...parameters); }) as F;
}
export const openSync = stepped("open", fs.openSync);
export const closeSync = stepped("close", fs.closeSync);
export const fstatSync = stepped("fstat", fs.fstatSync);
export const lstatSync = stepped("lstat", fs.lstatSync);
export const linkSync = stepped("link", fs.linkSync);
export const unlinkSync = stepped("unlink", fs.unlinkSync);
export const readSync = stepped("read", fs.readSync);
export const writeSync = stepped("write", fs.writeSync);
export const readdirSync = stepped("readdir", fs.readdirSync);
export const mkdirSync = stepped("mkdir", fs.mkdirSync);
export const ftruncateSync = stepped("ftruncate", fs.ftruncateSync);
export const renameSync = stepped("rename", fs.renameSync);
export const existsSync = fs.existsSync;
`;

/**
 * Looks end patience, not time: in an interleaving of one process whoever is busy goes on when all who look have given
 * up. A few looks find what many would.
 */
const SHORT_PATIENCE: readonly Change[] = [
  {
    file: "named/patience.ts",
    search: "const BUSY_TIMEOUT_MS = 5000;",
    replacement: "const BUSY_TIMEOUT_MS = -1;",
  },
  {
    file: "named/patience.ts",
    search: "const LOOKS_MIN = 100;",
    replacement: "const LOOKS_MIN = 2;",
  },
];

/** The copy, removed when the test ends. */
export class SteppedSource implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "isthmus-test-named-source-"));

  /** @param changes What to break in it. */
  constructor(...changes: readonly Change[]) {
    try {
      this.#copy();
      for (const change of [...changes, ...SHORT_PATIENCE]) this.#apply(change);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** For a `Participant` that is to run this copy. */
  get environment(): Record<string, string> {
    return { [CORE_VARIABLE]: this.path };
  }

  #copy(): void {
    cpSync(SOURCE, this.path, { recursive: true });
    writeFileSync(join(this.path, "stepped-fs.ts"), STEPPED_FS);
    const named = readdirSync(join(this.path, "named")).map((file) => join("named", file));
    for (const file of [...named, join("native", "posix-file-names.ts")]) {
      const path = join(this.path, file);
      const text = readFileSync(path, "utf8");
      writeFileSync(path, text.replaceAll('from "node:fs"', 'from "../stepped-fs.ts"'));
    }
  }

  #apply({ file, search, replacement }: Change): void {
    const path = join(this.path, file);
    const text = readFileSync(path, "utf8");
    // A change that no longer applies would test nothing.
    if (!text.includes(search)) throw new Error(`There is no ${JSON.stringify(search)} in ${file}`);
    writeFileSync(path, text.replaceAll(search, replacement));
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

/**
 * A directory for the files of one test.
 *
 * @module
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "./remove-tree.ts";

/** A new directory that is removed with all its content when the test ends, passed or failed. */
export class TemporaryDirectory implements Disposable {
  readonly path: string;

  /** @param parent Where to make it; with all temporary files by default. */
  constructor(parent: string = tmpdir()) {
    this.path = mkdtempSync(join(parent, "isthmus-test-"));
  }

  /** The path of a file in the directory, written first when there is content for it. */
  file(name: string, content?: string | Uint8Array): string {
    const path = join(this.path, name);
    if (content !== undefined) writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

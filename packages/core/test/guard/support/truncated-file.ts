/**
 * Files that lose their end while they are mapped.
 *
 * @module
 */
import { statSync, truncateSync } from "node:fs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../../../src/index.ts";

export const PAGE: number = MemoryMappedFile.pageSize;

/** A file full of ones, with a directory of its own. */
export class ShrinkingFile implements Disposable {
  readonly path: string;
  readonly #directory = new TemporaryDirectory();

  constructor(lengthBytes: number) {
    this.path = this.#directory.file("data", new Uint8Array(lengthBytes).fill(1));
  }

  get length(): number {
    return statSync(this.path).size;
  }

  truncate(lengthBytes: number): void {
    truncateSync(this.path, lengthBytes);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

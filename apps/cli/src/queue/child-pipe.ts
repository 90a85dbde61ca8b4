/**
 * What a program writes, as it comes.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { directoryPath, platform } from "@isthmus/core/internal";
import { privatePipe } from "./private-pipe.ts";

/** How long to wait for what is still in the pipe when the program has ended: others may have it open for ever. */
const LATE_MS = 100;

/** A pipe from a program. */
export class ChildPipe implements AsyncDisposable {
  /** The end for the program; closed by `begin`. */
  readonly writeEnd: number;
  readonly #readEnd: number;
  readonly #reader: ReturnType<typeof readerOf>;
  readonly #onBytes: (bytes: Uint8Array) => unknown;
  #reading: Promise<void> | undefined;
  #isWriteEndOpen = true;

  /** @param onBytes Is given what the program writes; what it promises is waited for. */
  constructor(onBytes: (bytes: Uint8Array) => unknown) {
    this.#onBytes = onBytes;
    const { readEnd, writeEnd } = privatePipe(directoryPath(), openEnds);
    this.#readEnd = readEnd;
    this.writeEnd = writeEnd;
    this.#reader = readerOf(this.#readEnd);
  }

  /** Begins to read, once the program has its end. */
  begin(): void {
    this.#closeWriteEnd();
    this.#reading = this.#read();
  }

  /** Waits until all has been read, or nothing more is to be expected of a program that has ended. */
  async rest(): Promise<void> {
    await Promise.race([this.#reading, Bun.sleep(LATE_MS)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closeWriteEnd();
    await this.#reader.cancel().catch(() => undefined);
    closeSync(this.#readEnd);
  }

  #closeWriteEnd(): void {
    if (this.#isWriteEndOpen) closeSync(this.writeEnd);
    this.#isWriteEndOpen = false;
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      await this.#onBytes(value);
    }
  }
}

function openEnds(path: string): { readonly readEnd: number; readonly writeEnd: number } {
  const readEnd = platform().openFifo(path, "read");
  if (readEnd === undefined) throw new Error(`Cannot open the pipe "${path}": it is gone`);
  return { readEnd, writeEnd: openSync(path, "w") };
}

// Not a type that is written down: DOM's and Bun's readers differ in a method.
function readerOf(fd: number) {
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = Bun.file(fd).stream();
  return stream.getReader();
}

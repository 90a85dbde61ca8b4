/**
 * All ways to read a file from front to back.
 *
 * @module
 */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import type { WordSum } from "./word-sum.ts";

/** Reads a file and hands it over in pieces. */
export type Reader = (path: string, sum: WordSum) => void | Promise<void>;

/** The best of 64 KiB, 256 KiB and 1 MiB on the machines on which this was written; they differ little. */
const BUFFER_BYTES: number = 256 << 10;

/** In windows of 1 MiB over the mapping. */
export const readMapping: Reader = (path, sum) => {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  for (const chunk of file.chunks({ size: 1 << 20 })) sum.add(chunk);
};

/** Node's stream with its default buffer. */
export const readStream: Reader = async (path, sum) => {
  for await (const chunk of createReadStream(path)) sum.add(chunk);
};

/** Bun's stream. */
export const readBunStream: Reader = async (path, sum) => {
  for await (const chunk of Bun.file(path).stream()) sum.add(chunk);
};

/** One buffer, one system call per piece. */
export const readInto: Reader = (path, sum) => {
  const fd = openSync(path, "r");
  try {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) return;
      sum.add(length === buffer.length ? buffer : buffer.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
};

/**
 * Once more through a view that was read before: its pages are mapped already. The view is made, and read for the first
 * time, by the passes that warm up.
 */
export const readAgain: Reader = (path, sum) => {
  held ??= MemoryMappedFile.createFromFile(path, { access: "read" }).createViewAccessor();
  sum.add(held.bytes());
};

let held: ViewAccessor | undefined;

/** All of it in one array. */
export const readWhole: Reader = async (path, sum) => {
  sum.add(await Bun.file(path).bytes());
};

/** Bun's own mapping; unmapped by the collector, later. */
export const readBunMapping: Reader = (path, sum) => sum.add(Bun.mmap(path));

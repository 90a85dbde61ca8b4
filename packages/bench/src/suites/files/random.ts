/**
 * Reading 4 bytes at random positions of a large file that is in the page cache.
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { MemoryMappedFile } from "@isthmus/core";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { testFilePath, wordAt } from "../../runner/test-file.ts";

interface Reads {
  readonly path: string;
  /** Indexes of words. */
  readonly indexes: Int32Array;
  /** What they add up to. */
  readonly sum: number;
}

/** All ways to read at random. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  mapping: (context) => {
    const reads = readsOf(context, context.sizes.randomReads);
    using file = MemoryMappedFile.createFromFile(reads.path, { access: "read" });
    using view = file.createViewAccessor();
    return timed(reads, ({ indexes }) => {
      let sum = 0;
      for (let i = 0; i < indexes.length; i++) {
        sum = (sum + view.readInt32((indexes[i] as number) * 4)) | 0;
      }
      return sum;
    });
  },

  bunMmap: (context) => {
    const reads = readsOf(context, context.sizes.randomReads);
    const { buffer, byteOffset, length } = Bun.mmap(reads.path);
    const view = new DataView(buffer, byteOffset, length);
    return timed(reads, ({ indexes }) => {
      let sum = 0;
      for (let i = 0; i < indexes.length; i++) {
        sum = (sum + view.getInt32((indexes[i] as number) * 4, true)) | 0;
      }
      return sum;
    });
  },

  readSync: (context) => {
    const reads = readsOf(context, context.sizes.randomReads);
    const fd = openSync(reads.path, "r");
    try {
      const buffer = Buffer.alloc(4);
      return timed(reads, ({ indexes }) => {
        let sum = 0;
        for (let i = 0; i < indexes.length; i++) {
          readSync(fd, buffer, 0, 4, (indexes[i] as number) * 4);
          sum = (sum + buffer.readInt32LE(0)) | 0;
        }
        return sum;
      });
    } finally {
      closeSync(fd);
    }
  },

  fileHandle: async (context) => {
    const reads = readsOf(context, context.sizes.asyncReads);
    const file = await open(reads.path);
    try {
      const buffer = Buffer.alloc(4);
      return await timedAsync(reads, async ({ indexes }) => {
        let sum = 0;
        for (let i = 0; i < indexes.length; i++) {
          await file.read(buffer, 0, 4, (indexes[i] as number) * 4);
          sum = (sum + buffer.readInt32LE(0)) | 0;
        }
        return sum;
      });
    } finally {
      await file.close();
    }
  },
};

function readsOf({ directory, sizes, seed }: CaseContext, count: number): Reads {
  const words = sizes.largeFileBytes / 4;
  const random = new SeededRandom(seed);
  const indexes = Int32Array.from({ length: count }, () => random.below(words));
  const sum = indexes.reduce((total, index) => (total + wordAt(index)) | 0, 0);
  return { path: testFilePath(directory, sizes.largeFileBytes), indexes, sum };
}

/** The first of two passes brings code to its compiled state and pages into the mapping. */
function timed(reads: Reads, pass: (reads: Reads) => number): Figure {
  verify(reads, pass(reads));
  const startedAt = Bun.nanoseconds();
  verify(reads, pass(reads));
  return { value: (Bun.nanoseconds() - startedAt) / reads.indexes.length };
}

async function timedAsync(reads: Reads, pass: (reads: Reads) => Promise<number>): Promise<Figure> {
  verify(reads, await pass(reads));
  const startedAt = Bun.nanoseconds();
  verify(reads, await pass(reads));
  return { value: (Bun.nanoseconds() - startedAt) / reads.indexes.length };
}

function verify({ sum: expected }: Reads, sum: number): void {
  if (sum !== expected) throw new Error(`the words add up to ${sum} instead of ${expected}`);
}

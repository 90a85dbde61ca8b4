/**
 * A segment's file as bytes, beside the library: to look into what it does not show, and to damage it.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { decodeSuperblock, readHead, SECTION } from "@isthmus/core/internal";
import { isWindows } from "@isthmus/testing/requirement";
import { MUTEX } from "../../../src/sync/mutex-layout.ts";
import { CELL, CELL_BYTES } from "../../../src/wait/wait-cell.ts";

/** Kept, as what `Bun.mmap` maps stays mapped. */
const maps: MemoryMappedFile[] = [];

/** Maps a file beside the library, or by it where Bun cannot. */
function mapBytes(path: string): Uint8Array {
  if (!isWindows) return Bun.mmap(path);
  const map = MemoryMappedFile.createFromFile(path, { access: "readWrite" });
  maps.push(map);
  return map.createViewAccessor().bytes();
}

/** The mapped file of a live segment. It stays mapped until the process ends. */
export class SegmentBytes {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly #sections: readonly { id: number; offset: number; length: number }[];

  constructor(path: string) {
    this.bytes = mapBytes(path);
    this.words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 2);
    const fd = openSync(path, "r");
    try {
      this.#sections = decodeSuperblock(readHead(fd), this.bytes.length, path).sections;
    } finally {
      closeSync(fd);
    }
  }

  /** The bytes of a section. */
  section(id: keyof typeof SECTION): Uint8Array {
    const found = this.#sections.find((section) => section.id === SECTION[id]);
    if (found === undefined) throw new Error(`The segment has no section "${id}"`);
    return this.bytes.subarray(found.offset, found.offset + found.length);
  }

  /** A counter of a wait cell. */
  cell(index: number, field: keyof typeof CELL): number {
    const { byteOffset } = this.section("cells");
    const at = byteOffset - this.bytes.byteOffset + index * CELL_BYTES;
    return Atomics.load(this.words, at / 4 + CELL[field]);
  }
}

/** How often the mutex of a segment was acquired after its owner's death. */
export function recoveriesOf(raw: SegmentBytes): number {
  const { byteOffset } = raw.section("mutex");
  return raw.words[(byteOffset - raw.bytes.byteOffset) / 4 + MUTEX.recoveries] as number;
}

/** The wait cells of a shared struct. */
export const CELLS = { mutex: 0, changes: 1 } as const;

/**
 * The memory of a cache in huge pages, as it is filled.
 *
 * Who asks for one of millions of entries spends most of its time finding out where in memory the pages of the bucket and of the
 * entry are. Huge pages are found at once, but each takes 2 MiB. So a shard gets them when its log has filled the first of its
 * pages: for that one, for the one that is written next, each time, and for its buckets, one each time.
 *
 * @module
 */
import { type Mapping, platform } from "@isthmus/core/internal";
import type { CacheShape } from "./cache-layout.ts";
import { logWordOf } from "./shard-layout.ts";

/** The pages as one handle fills them. */
export class FilledPages {
  readonly #mapping: Mapping;
  readonly #pageBytes: number;
  /** A word divided by two to this is in the page of that number. */
  readonly #shift: number;
  /** By the number of each shard: the page that is written; -1 until one is. */
  readonly #current: Int32Array;
  /** The same: the first page of its buckets that has not been gathered, and the one in which they end. */
  readonly #buckets: Int32Array;
  readonly #bucketEnds: Int32Array;
  /** By the number of each page: whether it has been gathered. */
  readonly #isDone: Uint8Array;

  /** @param offset Where the shards begin, in bytes. */
  constructor(mapping: Mapping, offset: number, shape: CacheShape) {
    const { hugePageBytes } = platform();
    const { shardCount, bytesPerShard } = shape;
    this.#mapping = mapping;
    this.#pageBytes = hugePageBytes;
    this.#shift = hugePageBytes === 0 ? 31 : Math.log2(hugePageBytes / 4);
    const pageOf = (bytes: number): number => (bytes / 4) >>> this.#shift;
    const shardAt = (index: number): number => offset + index * bytesPerShard;
    this.#current = new Int32Array(shardCount).fill(-1);
    this.#buckets = Int32Array.from(this.#current, (_, i) => pageOf(shardAt(i)));
    const bucketBytes = logWordOf(shape) * 4;
    this.#bucketEnds = Int32Array.from(this.#current, (_, i) => pageOf(shardAt(i) + bucketBytes));
    // The last one would reach beyond the end.
    const pageCount = pageOf(mapping.lengthBytes);
    this.#isDone = new Uint8Array(pageCount);
  }

  /**
   * Notes how far a shard has been written. Call it without the shard's lock.
   *
   * @param word Where its next entry begins.
   */
  note(index: number, word: number): void {
    const page = word >>> this.#shift;
    if (page !== this.#current[index]) this.#goOn(index, page);
  }

  #goOn(index: number, page: number): void {
    const filled = this.#current[index] as number;
    this.#current[index] = page;
    if (filled < 0) return;
    this.#gather(filled);
    // What has not been touched yet is not copied, and need not be made page by page.
    this.#gather(page);
    const buckets = this.#buckets[index] as number;
    if (buckets >= (this.#bucketEnds[index] as number)) return;
    this.#buckets[index] = buckets + 1;
    this.#gather(buckets);
  }

  #gather(page: number): void {
    if (this.#isDone[page] !== 0) return;
    this.#isDone[page] = 1;
    this.#mapping.gatherPages(page * this.#pageBytes, this.#pageBytes);
  }
}

/**
 * A shared cache as one end of a mirror.
 *
 * @module
 */
import type { RecordInput } from "@isthmus/ipc";
import type { SchemaShape } from "@isthmus/ipc/internal";
import type { CacheSchema, SharedCache } from "@isthmus/store";
import { type CacheInside, type Following, insideOfCache } from "@isthmus/store/internal";
import { RecordBodies } from "../record-bodies.ts";
import type { BucketState, BucketValue } from "./bucket.ts";
import type { LocalChange, LocalSide, LocalValue, Remembered } from "./local-side.ts";
import { MirrorMemory } from "./mirror-memory.ts";

/** A cache, whose logs are the list of its changes. */
export class CacheSide<S extends CacheSchema> implements LocalSide {
  readonly shape: SchemaShape;
  readonly origin: string;
  readonly #cache: SharedCache<S>;
  readonly #inside: CacheInside;
  readonly #bodies: RecordBodies;
  readonly #bucket: string;
  #memory: MirrorMemory | undefined;
  #following: Following | undefined;
  /** Where the logs have been read to, with all that was handed out. */
  #positions: Int32Array;

  /** @param bucket The bucket with which it is mirrored. */
  constructor(cache: SharedCache<S>, bucket: string) {
    this.#cache = cache;
    this.#inside = insideOfCache(cache) as CacheInside;
    this.shape = this.#inside.shape;
    this.origin = this.#inside.epoch.toString(16).padStart(16, "0");
    this.#bodies = new RecordBodies(this.shape);
    this.#following = this.#inside.follow(undefined);
    this.#positions = this.#following.positions;
    this.#bucket = bucket;
  }

  keys(): Iterable<string> {
    return this.#cache.keys();
  }

  read(key: string): LocalValue | undefined {
    const found = this.#inside.peek(key);
    if (found === undefined) return undefined;
    const { bytes, freshUntil, staleMs } = found;
    const ttlMs = freshUntil === Infinity ? Infinity : freshUntil - this.#inside.now();
    const stamp = `${Bun.hash(bytes)}:${freshUntil}`;
    return { bytes, stamp, isInitial: false, ttlMs, staleMs };
  }

  async replace(
    key: string,
    expected: LocalValue | undefined,
    value: BucketValue | undefined,
  ): Promise<LocalValue | undefined | "changed"> {
    if (value === undefined) {
      this.#cache.delete(key);
      return undefined;
    }
    // What is fresh no more is as good as nothing to whoever compares.
    const isFresh = expected !== undefined && expected.ttlMs > 0 && this.#cache.has(key);
    const before = isFresh ? (this.decode(expected.bytes) as RecordInput<S>) : undefined;
    const next = this.decode(value.bytes) as RecordInput<S>;
    const { ttlMs, staleMs } = value;
    if (!this.#cache.compareAndSet(key, before, next, { ttlMs, staleMs })) return "changed";
    return this.read(key);
  }

  decode(bytes: Uint8Array): unknown {
    return this.#bodies.decode(bytes);
  }

  encode(value: unknown): Uint8Array<ArrayBuffer> {
    return this.#bodies.encode(value);
  }

  recall(): Remembered | undefined {
    const markBytes = this.#positions.byteLength;
    this.#memory = new MirrorMemory(this.#cache.name, this.origin, this.#bucket, markBytes);
    const found = this.#memory.recall();
    if (found?.mark.length !== this.#positions.byteLength) return undefined;
    const { created, lastRevision, mark } = found;
    const following = this.#inside.follow(new Int32Array(mark.slice().buffer));
    const changed: string[] = [];
    for (let batch = following.poll(); batch !== undefined; batch = following.poll()) {
      for (const { key } of batch) {
        // So much has changed that the log has lost some of it, or all of it was deleted.
        if (key === undefined) return undefined;
        changed.push(key);
      }
    }
    this.#following = following;
    this.#positions = following.positions;
    return { created, lastRevision, changed, common: undefined };
  }

  remember(state: BucketState): void {
    this.#memory?.note(state, new Uint8Array(this.#positions.buffer as ArrayBuffer));
  }

  async *changes(signal: AbortSignal): AsyncGenerator<LocalChange, void> {
    const following = this.#following as Following;
    for await (const changes of following.batches(signal)) {
      this.#positions = following.positions;
      const operations = changes.map(({ operation }) => operation);
      if (operations.includes("clear")) yield "cleared";
      if (operations.includes("lapped")) yield "unknown";
      yield changes.flatMap(({ key }) => (key === undefined ? [] : [key]));
    }
  }

  dispose(): void {
    this.#cache.dispose();
    this.#memory?.[Symbol.dispose]();
  }
}

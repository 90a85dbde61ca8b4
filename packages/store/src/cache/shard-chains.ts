/**
 * The chains of a shard's buckets. Their caller has the shard's lock.
 *
 * Every change is one store: whoever dies before it has changed nothing that anybody sees, and after it nothing is wrong. At
 * worst an entry is there twice, with the newer one first, and the counters are wrong: {@link ShardChains.recover} sees to
 * both.
 *
 * @module
 */
import { type Key, LogReading, NONE } from "./log-reading.ts";
import { BUCKET, BUCKET_WORDS, ENTRY, META, SHARD } from "./shard-layout.ts";

/** What can be found in a shard, as who has its lock changes it. */
export abstract class ShardChains extends LogReading {
  /** Whether the tail has moved since the last fence. */
  protected isReclaimed = false;
  /** The entry before the one that was found last in its chain. */
  #newer: number = NONE;

  /** Finds the entry of a key: its position, or {@link NONE}. */
  find(key: Key): number {
    return this.#seek(key.hash, key, NONE);
  }

  /** Takes the entry of a key away; returns whether there was one. */
  remove(key: Key): boolean {
    const at = this.find(key);
    if (at === NONE) return false;
    this.unlink(at);
    return true;
  }

  /** Takes all entries away. */
  clear(): void {
    const { words, base } = this;
    for (let bucket = 0; bucket <= this.bucketMask; bucket++) {
      words.set(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.newest, NONE);
      words.set(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.visited, 0);
    }
    // Nobody may find what is about to be overwritten.
    words.fence();
    this.moveTail(words.get(base + SHARD.head));
    words.set(base + SHARD.entries, 0);
    words.set(base + SHARD.usedUnits, 0);
  }

  /** Puts in order what an owner of the lock left when it died: an entry that is there twice, and the counters. */
  recover(): void {
    const { words, base } = this;
    words.set(base + SHARD.recoveries, words.get(base + SHARD.recoveries) + 1);
    let [entries, usedUnits] = [0, 0];
    for (let bucket = 0; bucket <= this.bucketMask; bucket++) {
      let newer = NONE;
      let at = words.get(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.newest);
      while (at !== NONE) {
        const units = this.#isInLog(at) ? this.unitsAt(at) : 0;
        const older = words.get(this.wordOf(at) + ENTRY.older);
        // What is in another bucket than its hash says would be looked for in a chain that nobody has checked.
        const isHere = (words.get(this.wordOf(at) + ENTRY.hash) & this.bucketMask) === bucket;
        if (units === 0 || !isHere || this.#isOutOfOrder(at, older)) {
          this.reset();
          return;
        }
        if (this.#isFirstOfItsKey(at)) {
          entries++;
          usedUnits += units;
          newer = at;
        } else {
          words.store(this.wordOf(newer) + ENTRY.older, older);
        }
        at = older;
      }
    }
    words.set(base + SHARD.entries, entries);
    words.set(base + SHARD.usedUnits, usedUnits);
  }

  /** Finds an entry in the chain of a hash: that of a key, or without one, that at a position. */
  #seek(hash: number, key: Key | undefined, wanted: number): number {
    const { words } = this;
    let newer = NONE;
    let at = words.get(this.bucketOf(hash) + BUCKET.newest);
    while (at !== NONE) {
      const word = this.wordOf(at);
      const older = words.get(word + ENTRY.older);
      if (!this.#isInLog(at) || this.#isOutOfOrder(at, older)) break;
      if (key === undefined ? at === wanted : this.isOf(word, key)) {
        if (this.unitsAt(at) === 0) break;
        this.#newer = newer;
        return at;
      }
      newer = at;
      at = older;
    }
    this.#newer = newer;
    if (at !== NONE) this.reset();
    return NONE;
  }

  #isFirstOfItsKey(at: number): boolean {
    const { words } = this;
    const word = this.wordOf(at);
    const hash = words.get(word + ENTRY.hash);
    const meta = words.get(word + ENTRY.meta) & META.sameKeyMask;
    const keyWords = this.valueWordOf(word, meta) - word - ENTRY.key;
    let other = words.get(this.bucketOf(hash) + BUCKET.newest);
    for (; other !== at && other !== NONE; other = words.get(this.wordOf(other) + ENTRY.older)) {
      const start = this.wordOf(other);
      let isSame =
        words.get(start + ENTRY.hash) === hash &&
        (words.get(start + ENTRY.meta) & META.sameKeyMask) === meta;
      for (let i = ENTRY.key; isSame && i < ENTRY.key + keyWords; i++) {
        isSame = words.get(start + i) === words.get(word + i);
      }
      if (isSame) return false;
    }
    return true;
  }

  /** Whether an entry can be found; then it is the one that was found last. */
  protected isFound(at: number): boolean {
    const hash = this.words.get(this.wordOf(at) + ENTRY.hash);
    return this.#seek(hash, undefined, at) !== NONE;
  }

  /** Lets an entry that is written be found, instead of another one of its key, which was found last. */
  protected publish(at: number, units: number, hash: number, replaced: number): void {
    const { words } = this;
    const bucket = this.bucketOf(hash) + BUCKET.newest;
    const older = replaced === NONE ? NONE : words.get(this.wordOf(replaced) + ENTRY.older);
    const newer = this.#newer;
    const isNewest = replaced !== NONE && newer === NONE;
    words.set(this.wordOf(at) + ENTRY.older, isNewest ? older : words.get(bucket));
    // The head first: what can be found must never be behind it.
    words.store(this.base + SHARD.head, (at + units) | 0);
    words.store(bucket, at);
    // The old one last: who does not find it any more sees that the bucket has changed.
    if (replaced !== NONE && !isNewest) words.store(this.wordOf(newer) + ENTRY.older, older);
  }

  /** Takes the entry that was found last out of its chain. */
  protected unlink(at: number): void {
    const { words } = this;
    const word = this.wordOf(at);
    const older = words.get(word + ENTRY.older);
    const link =
      this.#newer === NONE
        ? this.bucketOf(words.get(word + ENTRY.hash)) + BUCKET.newest
        : this.wordOf(this.#newer) + ENTRY.older;
    words.store(link, older);
    this.count(-1, -this.unitsAt(at));
  }

  protected moveTail(tail: number): void {
    this.words.store(this.base + SHARD.tail, tail);
    this.isReclaimed = true;
  }

  protected count(entries: number, units: number): void {
    const { words, base } = this;
    words.set(base + SHARD.entries, words.get(base + SHARD.entries) + entries);
    words.set(base + SHARD.usedUnits, words.get(base + SHARD.usedUnits) + units);
  }

  #isInLog(at: number): boolean {
    const { words, base, mask } = this;
    const head = words.get(base + SHARD.head);
    const taken = (head - words.get(base + SHARD.tail)) | 0;
    const behind = (head - at) | 0;
    return taken >= 0 && taken <= mask + 1 && behind > 0 && behind <= taken;
  }

  #isOutOfOrder(at: number, older: number): boolean {
    return older !== NONE && ((at - older) | 0) <= 0;
  }

  /** Something impossible was found: an empty shard is always right for a cache. */
  protected reset(): void {
    const { words, base } = this;
    words.set(base + SHARD.resets, words.get(base + SHARD.resets) + 1);
    this.clear();
    this.#newer = NONE;
  }
}

/**
 * A shard on plain memory, and keys for it.
 *
 * @module
 */
import { PlainWords } from "../../../../ipc/test/model/checker/plain-words.ts";
import { KeyText } from "../../../src/cache/key-text.ts";
import { NONE } from "../../../src/cache/log-reading.ts";
import { type Body, Shard } from "../../../src/cache/shard.ts";
import { ENTRY, shapeOfLog, shardBytes, TYPE } from "../../../src/cache/shard-layout.ts";
import { SharedBodies } from "../../../src/cache/shared-bodies.ts";

/** A shard of its own. */
export class PlainShard {
  readonly words: PlainWords;
  readonly shard: Shard;
  readonly key: KeyText;
  /** A hash's bucket is these bits of it. */
  readonly bucketMask: number;
  readonly #bodies: SharedBodies;

  constructor(logBytes: number, seed = 1) {
    const bytes = new Uint8Array(new ArrayBuffer(shardBytes(shapeOfLog(logBytes))));
    this.words = new PlainWords(new Int32Array(bytes.buffer));
    this.#bodies = new SharedBodies(bytes);
    this.bucketMask = shapeOfLog(logBytes).bucketCount - 1;
    this.shard = new Shard(this.words, 0, shapeOfLog(logBytes), this.#bodies);
    this.key = new KeyText(seed, 0x9e3779b1);
  }

  put(key: string, text: string, nowMs = 0, freshUntil: number = Infinity): void {
    this.key.set(key);
    this.shard.put(this.key, bodyOf(text, freshUntil), () => nowMs);
  }

  remove(key: string): boolean {
    this.key.set(key);
    return this.shard.remove(this.key);
  }

  get(key: string): string | undefined {
    this.key.set(key);
    const at = this.shard.lookUp(this.key);
    if (at === NONE) return undefined;
    this.shard.visit(this.key.hash);
    const word = this.shard.wordOf(at);
    const lengthBytes = this.words.get(word + ENTRY.valueBytes);
    const value = this.shard.valueWordOf(word, this.words.get(word + ENTRY.meta));
    return Buffer.from(this.words.values.buffer, value * 4, lengthBytes).toString();
  }
}

/** A value. */
function bodyOf(text: string, freshUntil: number = Infinity): Body {
  const bytes = new Uint8Array(Math.ceil((text.length * 3 + 8) / 8) * 8);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  const words = new Int32Array(bytes.buffer);
  return { type: TYPE.record, words, lengthBytes: written, freshUntil, staleMs: 0 };
}

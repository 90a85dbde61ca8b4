/**
 * Following the changes of a cache: its logs are the list of them.
 *
 * What is set is in the log of its shard anyway, with its key; once somebody watches, so are deletions and increments. Who
 * watches reads each log from where it was, without a lock, as those read who look for a value: what the tail has passed
 * meanwhile does not count, and then changes were missed.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { waitAsync } from "@isthmus/ipc/internal";
import type { Following } from "./cache-inside.ts";
import { CHANGE_CELL } from "./cache-segment.ts";
import type { CacheStore } from "./cache-store.ts";
import { typeOf } from "./shard.ts";
import { CONTROL, ENTRY, KIND, META, SHARD, SPACE, TYPE } from "./shard-layout.ts";

/** What has happened to a key. */
export type CacheChange =
  | { readonly operation: "set" | "delete" | "increment"; readonly key: string }
  /**
   * Everything was forgotten, one shard after the other, so that who looks meanwhile is told more than once; or so much has
   * changed that some of it was missed: read again.
   */
  | { readonly operation: "clear" | "lapped"; readonly key?: undefined };

/** What is followed. */
export interface WatchOptions {
  /** Only keys that begin so. Default: all. */
  readonly prefix?: string | undefined;
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const OPERATIONS: Readonly<Record<number, "set" | "delete" | "increment" | "clear">> = {
  [TYPE.record]: "set",
  [TYPE.number]: "set",
  [TYPE.deleted]: "delete",
  [TYPE.incremented]: "increment",
  [TYPE.cleared]: "clear",
};

/** How many changes are gathered before they are handed out. */
const CHANGES_MAX = 256;

const LAPPED: CacheChange = Object.freeze({ operation: "lapped" });
const CLEAR: CacheChange = Object.freeze({ operation: "clear" });

/** The changes since this was made. */
export class CacheWatch implements Following {
  readonly #store: CacheStore;
  readonly #disposed: AbortSignal;
  readonly #prefix: string;
  /** Where each log has been read to. */
  readonly #positions: Int32Array;

  /**
   * @param disposed Ends waits in silence.
   * @param from Where the logs have been read to, as `positions` of another watch of this cache; from now on without any.
   */
  constructor(store: CacheStore, disposed: AbortSignal, prefix: string, from?: Int32Array) {
    this.#store = store;
    this.#disposed = disposed;
    this.#prefix = prefix;
    const { words, bases } = store;
    for (const base of bases) words.store(base + SHARD.isWatched, 1);
    this.#positions =
      from?.length === bases.length
        ? from.slice()
        : Int32Array.from(bases, (base) => words.load(base + SHARD.head));
  }

  get positions(): Int32Array<ArrayBuffer> {
    return Int32Array.from(this.#positions);
  }

  /** What `batches` yields, one by one. */
  async *changes(signal: AbortSignal | undefined): AsyncGenerator<CacheChange, void> {
    for await (const found of this.batches(signal)) yield* found;
  }

  async *batches(signal: AbortSignal | undefined): AsyncGenerator<CacheChange[], void> {
    const { segment } = this.#store;
    const disposed = this.#disposed;
    const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
    const condition = {
      attempt: () => this.poll(),
      description: `wait for a change of "${segment.name}"`,
      owner: "SharedCache",
      cell: segment.cell(CHANGE_CELL),
    };
    const options = { timeoutMs: Infinity, signal: either };
    while (!disposed.aborted) {
      let found: CacheChange[] | undefined;
      try {
        found = await waitAsync(condition, segment.doorbell, options);
      } catch (error) {
        if (disposed.aborted && signal?.aborted !== true) return;
        throw error;
      }
      yield found ?? [];
    }
  }

  /** Of shards that were cleared in one go it tells once, and once that changes were missed in some. */
  poll(): CacheChange[] | undefined {
    const forgotten: CacheChange[] = [];
    const found: CacheChange[] = [];
    for (const index of this.#store.shards.keys()) {
      const changes = this.#read(index, CHANGES_MAX - forgotten.length - found.length);
      forgotten.push(...changes.splice(0, changes.lastIndexOf(CLEAR) + 1));
      found.push(...changes);
    }
    // What a shard has forgotten goes before, what others have set by then behind: that is still there.
    if (forgotten.length > 0) {
      found.unshift(...forgotten.filter((change) => change !== CLEAR), CLEAR);
    }
    const lapped = found.lastIndexOf(LAPPED);
    const told = found.filter((change, index) => change !== LAPPED || index === lapped);
    return told.length === 0 ? undefined : told;
  }

  #read(index: number, max: number): CacheChange[] {
    const found: CacheChange[] = [];
    const { words, bases, shards } = this.#store;
    const shard = shards[index]!;
    const base = bases[index]!;
    const head = words.load(base + SHARD.head);
    let at = this.#positions[index]!;
    while (at !== head && found.length < max) {
      const word = shard.wordOf(at);
      const control = words.get(word + ENTRY.control);
      const change = this.#changeAt(word, control);
      const units = control & CONTROL.unitsMask;
      const isPossible = units > 0 && units <= ((head - at) | 0);
      if (!shard.isWhole(at) || !isPossible) {
        found.push(LAPPED);
        at = head;
        break;
      }
      const isAgain = change?.operation === "clear" && found.at(-1)?.operation === "clear";
      if (change !== undefined && !isAgain) found.push(change);
      at = (at + units) | 0;
    }
    this.#positions[index] = at;
    return found;
  }

  #changeAt(word: number, control: number): CacheChange | undefined {
    const { words, segment } = this.#store;
    const kind = control >>> CONTROL.kindShift;
    const meta = words.get(word + ENTRY.meta);
    const isMoved = (meta & META.moved) !== 0;
    const space = (meta & META.sameKeyMask) >>> META.spaceShift;
    if ((kind !== KIND.entry && kind !== KIND.note) || isMoved || space !== SPACE.values) {
      return undefined;
    }
    const operation = OPERATIONS[typeOf(meta)];
    if (operation === "clear") return CLEAR;
    const start = (word + ENTRY.key) * 4;
    const end = start + (meta & META.keyBytesMask);
    const { offset, length } = segment.memory.section(SECTION.data);
    if (operation === undefined || end > offset + length) return undefined;
    const key = new TextDecoder().decode(segment.memory.mapping.bytes(start, end - start).slice());
    return key.startsWith(this.#prefix) ? { operation, key } : undefined;
  }
}

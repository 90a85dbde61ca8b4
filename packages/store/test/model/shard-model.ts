/**
 * A shard: two writers who take turns by a lock, successors of those who die, and a reader who takes none.
 *
 * ```text
 *   0  the shard   …  lock (0 free, n held by writer n, -1 its owner has died)   newest (what K is at least)
 * ```
 *
 * Both words of a value are its number, so that a torn one can be told. The values of K grow with every change of it.
 *
 * @module
 */

import type { Words } from "../../../ipc/src/words.ts";
import type { Actor, ActorSpec, Model, World } from "../../../ipc/test/model/checker/model.ts";
import type { Bodies, Key } from "../../src/cache/log-reading.ts";
import type { Body, Shard } from "../../src/cache/shard.ts";
import {
  ENTRY,
  entryUnits,
  logWordOf,
  SHARD,
  type ShardShape,
  TYPE,
} from "../../src/cache/shard-layout.ts";

/** The source under test. */
export type ShardSource = typeof import("../../src/cache/shard.ts");

/** One thing that a writer does. */
export type Deed =
  | { readonly put: "K" | "J"; readonly value: number }
  | { readonly remove: "K" | "J" };

/** What is modelled. */
export interface ShardBounds {
  readonly name: string;
  readonly logUnits: number;
  /** What has been done before anybody begins. */
  readonly before: readonly Deed[];
  /** What each writer does, each under the lock of its own. */
  readonly writers: readonly (readonly Deed[])[];
  /** Whether K is there all the time, so that it must be found. */
  readonly isKept: boolean;
  /** How often the reader reads. */
  readonly reads?: number;
}

/** All entries are in one bucket. */
const KEYS = { K: keyOf(0x11, 1), J: keyOf(0x22, 2) } as const;
const FOR_EVER = 1_000_000;
const NOW = 0;

interface Read {
  readonly oldest: number;
  readonly found: readonly number[] | undefined;
}

/** The model. */
export function shardModel({ Shard }: ShardSource, bounds: ShardBounds): Model {
  const shape: ShardShape = { bucketCount: 1, logUnits: bounds.logUnits };
  const wordCount = logWordOf(shape) + bounds.logUnits * 2 + 2;
  const [lock, newest] = [wordCount - 2, wordCount - 1];
  const shardOn = (words: Words): Shard => new Shard(words, 0, shape, bodiesOf(words));

  const write =
    (number: number, deeds: readonly Deed[]) =>
    ({ words, call, put, lookAt }: Actor): void => {
      const shard = shardOn(words);
      for (const deed of deeds) {
        const guard = (memory: Readonly<Int32Array>): boolean => (memory[lock] as number) <= 0;
        const before = call(
          "lock",
          (memory) => {
            const found = memory[lock] as number;
            memory[lock] = number;
            return found;
          },
          { guard, looksAt: [lock] },
        );
        if (before < 0) shard.recover();
        // A successor does again what may have been done already: values never go back.
        const isDone = "put" in deed && deed.put === "K" && lookAt(newest) >= deed.value;
        if (!isDone) perform(shard, deed);
        call(
          "unlock",
          (memory) => {
            memory[lock] = 0;
            return undefined;
          },
          { looksAt: [lock] },
        );
        if ("put" in deed && deed.put === "K" && !isDone) put(newest, deed.value);
      }
    };
  const read = ({ words, lookAt, report }: Actor): void => {
    const shard = shardOn(words);
    for (let i = 0; i < (bounds.reads ?? 1); i++) {
      const oldest = lookAt(newest);
      report({ oldest, found: valueOfK(shard, words) } satisfies Read);
    }
  };
  const actors: ActorSpec[] = bounds.writers.map((deeds, i) => ({
    name: `writer ${i + 1}`,
    body: write(i + 1, deeds),
    successor: { name: `writer ${i + 1} again`, body: write(i + 1, deeds) },
  }));
  return {
    name: `shard, ${bounds.name}`,
    wordCount,
    init: (words) => {
      const shard = shardOn(words);
      for (const deed of bounds.before) perform(shard, deed);
      words.set(newest, lastOf(bounds.before));
    },
    actors: [...actors, { name: "reader", body: read, isImmortal: true }],
    onDeath: (memory, actor) => {
      if (memory[lock] === actor + 1) memory[lock] = -1;
    },
    always: (world) => judgeReads(world, bounds.isKept),
    atEnd: (world) => judgeEnd(world, shardOn(world.words), bounds, { newest, lock }),
    nameOf: nameOf(lock, newest, logWordOf(shape)),
  };
}

function perform(shard: Shard, deed: Deed): void {
  if ("put" in deed) shard.put(KEYS[deed.put], bodyOf(deed.value), () => NOW);
  else shard.remove(KEYS[deed.remove]);
}

function valueOfK(shard: Shard, words: Words): number[] | undefined {
  for (;;) {
    const at = shard.lookUp(KEYS.K);
    if (at === 0) return undefined;
    const word = shard.wordOf(at) + ENTRY.key + 2;
    const value = [words.get(word), words.get(word + 1)];
    if (shard.isWhole(at)) return value;
  }
}

function judgeReads({ actors }: World, isKept: boolean): string | undefined {
  let last = 0;
  for (const { oldest, found } of (actors.at(-1)?.reports ?? []) as Read[]) {
    if (found === undefined) {
      if (isKept) return `K was there all the time, and was not found`;
      continue;
    }
    const [one = 0, two] = found;
    if (one !== two) return `the reader has read a torn value: ${found.join(", ")}`;
    if (one < oldest) return `the reader has read ${one} when K was ${oldest} already`;
    if (one < last) return `the reader has read ${one} after ${last}`;
    last = one;
  }
  return undefined;
}

function judgeEnd(
  { actors, memory, words }: World,
  shard: Shard,
  { isKept }: ShardBounds,
  { newest, lock }: { readonly newest: number; readonly lock: number },
): string | undefined {
  if (actors.some(({ status }) => status === "blocked")) return "somebody waits for ever";
  if ((memory[lock] as number) < 0) shard.recover();
  const found = valueOfK(shard, words);
  if (isKept && found === undefined) return "K is gone";
  if (found !== undefined && (found[0] as number) < (memory[newest] as number)) {
    return `K is ${found[0]} when it was ${memory[newest]}`;
  }
  const entries = (["K", "J"] as const).filter((name) => shard.find(KEYS[name]) !== 0).length;
  if (words.get(SHARD.entries) !== entries) {
    return `there are ${entries} entries, and the counter says ${words.get(SHARD.entries)}`;
  }
  if (words.get(SHARD.usedUnits) !== entries * entryUnits(4, 8)) {
    return `${entries} entries take ${words.get(SHARD.usedUnits)} units, as the counter has it`;
  }
  if (words.get(SHARD.resets) !== 0) return "the shard was emptied";
  // Whoever comes next can take everything away, and nothing comes back.
  for (const name of ["K", "J"] as const) {
    shard.remove(KEYS[name]);
    if (shard.find(KEYS[name]) !== 0) return `${name} is there after it was removed`;
  }
  return undefined;
}

function bodiesOf(words: Words): Bodies {
  return {
    number: (word) => words.get(word),
    setNumber: (word, value) => words.set(word, value),
    copyIn: (word, source, lengthBytes) => {
      for (let i = 0; i < lengthBytes / 4; i++) words.set(word + i, source[i] as number);
    },
    copyOut: (word, target, lengthBytes) => {
      for (let i = 0; i < lengthBytes / 4; i++) target[i] = words.get(word + i);
    },
    move: (from, to, count) => {
      for (let i = 0; i < count; i++) words.set(to + i, words.get(from + i));
    },
  };
}

function bodyOf(value: number): Body {
  return {
    type: TYPE.record,
    words: Int32Array.of(value, value),
    lengthBytes: 8,
    freshUntil: FOR_EVER,
    staleMs: 0,
  };
}

function keyOf(hash: number, text: number): Key {
  return { hash, meta: 4, words: Int32Array.of(text, 0), wordCount: 2 };
}

function lastOf(deeds: readonly Deed[]): number {
  return deeds.reduce((last, deed) => ("put" in deed && deed.put === "K" ? deed.value : last), 0);
}

function nameOf(lock: number, newest: number, log: number): (index: number) => string | undefined {
  return (index) => {
    if (index === lock) return "lock";
    if (index === newest) return "newest";
    const field = Object.entries(SHARD).find(([, word]) => word === index)?.[0];
    if (field !== undefined) return field;
    return index >= log ? `log unit ${(index - log) >> 1} word ${(index - log) & 1}` : undefined;
  };
}

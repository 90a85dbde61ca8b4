/**
 * What a get costs when there are many entries: as many keys are asked for, whose texts take as much memory, in either case.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { bytes } from "@isthmus/ipc";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { SharedCache } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { KEY_COUNT, keyOf, VALUE_BYTES } from "./keys.ts";
import { mustAddUp, timePasses } from "./passes.ts";

/** Keys that are asked for in one pass, at most. */
const ASKED = 500_000;

const LARGE_BYTES = 4080 * 2 ** 20;
const SMALL_BYTES = 16 << 20;

/** Bytes of a large cache for each entry, at least. */
const BYTES_PER_ENTRY = 400;

/** Few, many, and what memory itself takes. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  few: (context) => measure(context, Math.min(KEY_COUNT, context.sizes.entries), SMALL_BYTES),
  many: (context) => {
    const { entries } = context.sizes;
    return measure(context, entries, Math.min(LARGE_BYTES, entries * BYTES_PER_ENTRY));
  },
  chase: async (context) => {
    const { entries } = context.sizes;
    const length = Math.min(LARGE_BYTES, entries * BYTES_PER_ENTRY);
    using memory = MemoryMappedFile.createNew("bench-chase", length);
    using view = memory.createViewAccessor();
    // One word of each cache line is where to go next.
    const lines = Math.floor(length / 64);
    const random = new SeededRandom(context.seed);
    for (let i = 0; i < lines; i++) view.writeUint32(i * 64, random.below(lines));
    const operations = Math.min(ASKED, entries);
    let sum = 0;
    const run = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        const first = view.readUint32(((Math.imul(i, 7919) >>> 0) % lines) * 64);
        sum += view.readUint32(first * 64);
      }
    };
    const figure = await timePasses(context.sizes, { operations, slowness: 40, run });
    if (!(sum > 0)) throw new Error("nothing was read");
    return figure;
  },
};

async function measure(
  context: CaseContext,
  entries: number,
  capacityBytes: number,
): Promise<Figure> {
  using cache = SharedCache.createNew("bench-cache", { capacityBytes, value: bytes });
  const value = new Uint8Array(VALUE_BYTES);
  for (let i = 0; i < entries; i++) {
    value[0] = i;
    cache.set(keyOf(i), value);
  }
  if (cache.metrics.evictions > 0) throw new Error("there was no room for all entries");
  const random = new SeededRandom(context.seed);
  const keys: string[] = [];
  let expected = 0;
  for (let i = Math.min(ASKED, context.sizes.entries); i > 0; i--) {
    const number = random.below(entries);
    expected += number & 0xff;
    keys.push(Buffer.from(keyOf(number)).toString("latin1"));
  }
  const target = new Uint8Array(VALUE_BYTES);
  let sum = 0;
  const run = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      cache.getInto(keys[i] as string, target);
      sum += target[0] as number;
    }
  };
  run(0, keys.length);
  mustAddUp(sum, expected);
  return await timePasses(context.sizes, { operations: keys.length, slowness: 40, run });
}

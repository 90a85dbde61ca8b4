/** The memory of a cache in huge pages: made once each, of what has been filled, and nothing is changed by it. */
import { expect, spyOn } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Mapping, platform } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { testIf } from "@isthmus/testing/requirement";
import { cacheShape } from "../../src/cache/cache-layout.ts";
import { FilledPages } from "../../src/cache/filled-pages.ts";
import { SharedCache } from "../../src/index.ts";

const MIB = 2 ** 20;
const { hugePageBytes } = platform();
const testPages = testIf(hugePageBytes > 0, "huge pages that can be made of others");

/** Pages as they are gathered. */
class Gathered {
  readonly numbers: number[] = [];
  readonly lengthBytes: number;

  constructor(lengthBytes: number) {
    this.lengthBytes = lengthBytes;
  }

  gatherPages(offset: number, length: number): void {
    expect([offset % hugePageBytes, length]).toEqual([0, hugePageBytes]);
    expect(offset + length).toBeLessThanOrEqual(this.lengthBytes);
    this.numbers.push(offset / hugePageBytes);
  }
}

testPages(
  "pages are gathered from the first full one on, once, each with one of the buckets",
  () => {
    const shape = cacheShape(2, 64 * MIB);
    // Shards of a little more than 68 MiB: 4 MiB of buckets, then the log.
    const mapping = new Gathered(2 * shape.bytesPerShard + 4096);
    const pages = new FilledPages(mapping as unknown as Mapping, 4096, shape);
    const at = (page: number, offset = 0) => (page * hugePageBytes) / 4 + offset;
    pages.note(0, at(3));
    pages.note(0, at(3, 1000));
    expect(mapping.numbers).toEqual([]);
    pages.note(0, at(4));
    expect(mapping.numbers).toEqual([3, 4, 0]);
    pages.note(0, at(5));
    pages.note(0, at(6));
    // The last of the buckets share their page with the beginning of the log.
    expect(mapping.numbers).toEqual([3, 4, 0, 5, 1, 6]);
    // Another lap.
    for (const page of [2, 3, 4, 5, 6]) pages.note(0, at(page));
    expect(mapping.numbers).toEqual([3, 4, 0, 5, 1, 6, 2]);
    pages.note(1, at(40));
    pages.note(1, at(41));
    expect(mapping.numbers.slice(7)).toEqual([40, 41, 34]);
    // Of the last page the file has a part.
    pages.note(1, at(68));
    pages.note(1, at(69));
    expect(mapping.numbers.slice(10)).toEqual([35]);
  },
);

testPages("a cache that was filled holds what it held, in as much memory", () => {
  using home = new Home();
  using map = spyOn(platform(), "map");
  using cache = SharedCache.createNew("filled", { capacityBytes: 16 * MIB, value: bytes });
  using other = SharedCache.openExisting("filled", { value: bytes });
  // The first of these is only written, before anybody can see it; two handles share the other one.
  const places = map.mock.calls.map(([{ isGatherable }]) => isGatherable);
  expect(places).toEqual([false, true]);
  const path = join(home.path, "filled");
  const { blocks } = statSync(path);
  const before = hugeBytes(path);
  const bytesOf = (i: number) => new Uint8Array(1000).fill(i);
  const count = 12_000;
  using gather = spyOn(platform(), "gatherPages");
  for (let i = 0; i < count; i++) (i % 2 === 0 ? cache : other).set(`key:${i}`, bytesOf(i));
  expect(cache.metrics).toMatchObject({ entries: count, evictions: 0 });
  for (let i = 0; i < count; i++) expect(cache.get(`key:${i}`)).toEqual(bytesOf(i));
  expect(statSync(path).blocks).toBe(blocks);
  // Whether there is room for huge pages is the machine's to say; two handles map the same ones.
  const answers = gather.mock.results.map(({ value }) => value as boolean);
  expect(answers.length).toBeGreaterThan(4);
  const made = answers.filter((isMade) => isMade).length;
  expect(hugeBytes(path) - before).toBeGreaterThanOrEqual((made / 2) * hugePageBytes);
});

/** What this process has mapped of a file in huge pages. */
function hugeBytes(path: string): number {
  const mappings = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const inode = String(statSync(path).ino);
  const kibibytes = mappings
    .filter((text) => text.split(/ +/, 5)[4] === inode)
    .map((text) => Number(/^ShmemPmdMapped: +(\d+) kB$/m.exec(text)?.[1]));
  return kibibytes.reduce((sum, kib) => sum + kib * 1024, 0);
}

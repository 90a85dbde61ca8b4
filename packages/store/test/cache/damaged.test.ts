/** Segments that somebody has damaged: an error or an answer, never a crash, a hang or a wild read. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { decodeSuperblock, SECTION } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { SharedCache } from "../../src/index.ts";
import { damagedCopy } from "../support/damage.ts";

const RUNS = 150 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const KEYS = 60;

/** Does everything that a cache can do; what it throws must be an error of ours. */
function use(name: string): void {
  try {
    using cache = SharedCache.openExisting(name, { value: bytes });
    const seen = [...cache.entries()].length;
    expect(seen).toBeLessThan(10_000);
    for (let i = 0; i < KEYS; i++) {
      attempt(() => cache.get(`key ${i}`));
      attempt(() => cache.read(`key ${i}`, (view) => view.length));
      attempt(() => cache.set(`key ${i}`, new Uint8Array(i * 3)));
      attempt(() => cache.delete(`key ${i + 1}`));
    }
    void cache.metrics;
    cache.clear();
    cache.set("after", Uint8Array.of(1));
    expect(cache.get("after")).toEqual(Uint8Array.of(1));
  } catch (error) {
    expectOurs(error);
  }
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expectOurs(error);
  }
}

function expectOurs(error: unknown): void {
  expect(["CorruptSegmentError", "SystemError", "TimeoutError"]).toContain((error as Error).name);
}

test("SharedCache answers or refuses, whatever is in its segment", () => {
  using home = new Home();
  const random = new SeededRandom(seedOf("damaged caches"));
  {
    const options = { capacityBytes: 2 ** 14, value: bytes, lifetime: "persistent" } as const;
    using cache = SharedCache.createNew("sound", options);
    for (let i = 0; i < 300; i++) cache.set(`key ${i % KEYS}`, new Uint8Array(random.below(200)));
  }
  const sound = readFileSync(home.file("sound"));
  for (let run = 0; run < RUNS; run++) {
    // A lock that names somebody alive is waited for, rightly.
    const damaged = damagedCopy(sound, random, { words: 40 });
    writeFileSync(home.file("sound"), damaged);
    use("sound");
  }
});

test("SharedCache forgets what was cached before the machine began anew", () => {
  using home = new Home();
  {
    using cache = SharedCache.createNew("rebooted", {
      capacityBytes: 2 ** 14,
      lifetime: "persistent",
    });
    cache.set("a", 1);
  }
  const content = home.bytes("rebooted");
  const { sections } = decodeSuperblock(content, content.length, "rebooted");
  const { offset } = sections.find(({ id }) => id === SECTION.state)!;
  content.writeInt32LE(content.readInt32LE(offset + 16) ^ 1, offset + 16);
  writeFileSync(home.file("rebooted"), content);
  using cache = SharedCache.openExisting("rebooted");
  expect(cache.get("a")).toBeUndefined();
  cache.set("a", 2);
  using again = SharedCache.openExisting("rebooted");
  expect(again.get("a")).toBe(2);
});

/** What others may have put into the directory: none of it hinders the rest, and none of it is touched. */
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { CorruptSegmentError, MemoryMappedFile } from "@isthmus/core";
import { ifUnixFiles, truncatingTest } from "@isthmus/testing/requirement";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { listSegments, NamedMutex, observe } from "../../src/index.ts";
import { Home } from "./support/home.ts";

/** The bytes of a mutex that nobody has ever acquired. */
function goodBytes(home: Home): Uint8Array {
  using _mutex = NamedMutex.createOrOpen("model");
  return new Uint8Array(readFileSync(home.file("model")));
}

function withWord(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value, true);
  return copy;
}

describe("damaged files", () => {
  test("are entries that say what is wrong, and observe() throws it", () => {
    using home = new Home();
    const good = goodBytes(home);
    const damaged: Record<string, [content: Uint8Array, field: RegExp]> = {
      "abi-tag": [withWord(good, 20, 7), /ABI tag/],
      "byte-order": [withWord(good, 16, 0x04030201), /byte order/],
      empty: [new Uint8Array(0), /length/],
      "evil-section": [withWord(good, 512 + 12, 0x7fff_ffff), /section 2/],
      "long-name": [withWord(good, 128, 0xffff_ffff), /name length/],
      "many-sections": [withWord(good, 68, 1000), /section count/],
      random: [new SeededRandom(1).bytes(20_000), /magic/],
      truncated: [good.slice(0, good.length - 1), /total size/],
      "truncated-head": [good.slice(0, 100), /length/],
      unready: [withWord(good, 12, 0), /state/],
      version: [withWord(good, 8, 3 << 16), /layout version/],
      "wrong-magic": [withWord(good, 0, 0), /magic/],
      zeros: [new Uint8Array(20_000), /magic/],
    };
    for (const [name, [content]] of Object.entries(damaged)) home.plant(name, content);
    using _held = MemoryMappedFile.createNew("zz-good", 1);
    const seen = listSegments();
    expect(seen.map(({ name }) => name)).toEqual([...Object.keys(damaged), "zz-good"]);
    for (const [name, [content, field]] of Object.entries(damaged)) {
      const info = seen.find((candidate) => candidate.name === name);
      expect(info).toMatchObject({ kind: "unknown", totalBytes: content.length, isHeld: false });
      expect(info?.error?.code).toBe("ERR_CORRUPT_SEGMENT");
      expect(info?.error?.message).toMatch(field);
      expect(() => observe(name)).toThrow(CorruptSegmentError);
      expect(() => observe(name)).toThrow(field);
    }
    expect(seen.at(-1)).toMatchObject({ kind: "memory", error: undefined });
    for (const [name, [content]] of Object.entries(damaged)) {
      expect(Buffer.compare(readFileSync(home.file(name)), content)).toBe(0);
    }
  });

  test("never make listSegments() fail, whatever bytes are changed", () => {
    using home = new Home();
    const good = goodBytes(home);
    const random = new SeededRandom(20_260_101);
    for (let round = 0; round < 400; round++) {
      const bytes = good.slice();
      for (let change = 0; change < 1 + random.below(8); change++) {
        // Half of the changes hit the header, where the lengths are.
        const range = random.below(2) === 0 ? 1300 : bytes.length;
        bytes[random.below(range)] = random.below(256);
      }
      const length = random.below(4) === 0 ? random.below(bytes.length) : bytes.length;
      writeFileSync(home.file("fuzzed"), bytes.subarray(0, length));
      const [info] = listSegments();
      expect(info?.name).toBe("fuzzed");
      expect(info?.isHeld).toBe(false);
      if (info?.error === undefined) expect(observe("fuzzed")).toEqual(info as never);
      else expect(() => observe("fuzzed")).toThrow(CorruptSegmentError);
    }
  });

  truncatingTest("a file that is cut short under its holders is an entry, too", () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("cut", 10_000);
    truncateSync(home.file("cut"), 5000);
    expect(listSegments()[0]).toMatchObject({ name: "cut", totalBytes: 5000, isHeld: true });
    truncateSync(home.file("cut"), 10);
    expect(listSegments()[0]?.error?.code).toBe("ERR_CORRUPT_SEGMENT");
  });
});

describe("what is no file", () => {
  ifUnixFiles("is not listed, and refused by name", () => {
    using home = new Home();
    mkdirSync(home.file("directory"));
    symlinkSync("/etc/passwd", home.file("link"));
    symlinkSync(home.file("nowhere"), home.file("dangling"));
    Bun.spawnSync(["mkfifo", home.file("pipe")]);
    using _server = Bun.listen({ unix: home.file("socket"), socket: { data() {} } });
    expect(listSegments()).toEqual([]);
    expect(() => observe("directory")).toThrow("EISDIR");
    expect(() => observe("link")).toThrow("ELOOP");
    expect(() => observe("dangling")).toThrow("ELOOP");
    expect(() => observe("pipe")).toThrow(CorruptSegmentError);
    expect(() => observe("socket")).toThrow("ENXIO");
    expect(home.files()).toEqual(["dangling", "directory", "link", "pipe", "socket"]);
  });

  test("hidden files are not names", () => {
    using home = new Home();
    home.plant(".aside", "x");
    expect(listSegments()).toEqual([]);
  });
});

describe("a directory that must not be used", () => {
  ifUnixFiles("is refused as openers refuse it, and left as it is", () => {
    using home = new Home();
    chmodSync(home.path, 0o777);
    expect(() => listSegments()).toThrow("EACCES");
    expect(() => observe("x")).toThrow("EACCES");
    expect(lstatSync(home.path).mode & 0o777).toBe(0o777);
    symlinkSync(home.path, `${home.path}-link`);
    try {
      process.env["ISTHMUS_DIR"] = `${home.path}-link`;
      expect(() => listSegments()).toThrow("ENOTDIR");
    } finally {
      Bun.spawnSync(["rm", `${home.path}-link`]);
    }
  });
});

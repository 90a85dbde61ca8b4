/** Maps of files that keep their length and lose their storage: on a full file system, on a broken device. */
import { describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Companion } from "@isthmus/testing/companion";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { testIf } from "@isthmus/testing/requirement";
import {
  canMount,
  canMountExt4,
  canMountImage,
  type Kind,
  SmallFileSystem,
} from "@isthmus/testing/small-file-system";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../../src/index.ts";
import { platform, readAbi } from "../../src/internal.ts";
import { Participant } from "../named/support/participant.ts";
import { PAGE } from "./support/truncated-file.ts";

// Generous: the processes of a test may have to share a busy machine.
const PAGES = 64;
const LENGTH = PAGES * PAGE;

const isMusl = readAbi(platform().abiTag)?.library === "musl";
const BUN_AT_THE_LIMIT = "glibc: where no more can be mapped, Bun on musl calls abort()";

/** A file of ones at every fourth page, holes in between, on a file system without room for another block. */
function holed(disk: SmallFileSystem): string {
  const path = disk.file("holes");
  const fd = openSync(path, "w");
  ftruncateSync(fd, LENGTH);
  const ones = new Uint8Array(PAGE).fill(1);
  for (let page = 0; page < PAGES; page += 4) writeSync(fd, ones, 0, PAGE, page * PAGE);
  closeSync(fd);
  Bun.spawnSync(["sync", "--file-system", path]);
  disk.fill();
  return path;
}

/** A file of ones that shares its blocks with a copy, on a file system without room for others. */
function shared(disk: SmallFileSystem): string {
  const path = disk.file("shared", new Uint8Array(LENGTH).fill(1));
  const copy = Bun.spawnSync(["cp", "--reflink=always", path, disk.file("copy")]);
  expect(copy.stderr.toString()).toBe("");
  Bun.spawnSync(["sync", "--file-system", path]);
  disk.fill();
  return path;
}

const expectFull = (action: () => unknown) => expectCode(action, "SystemError", "ENOSPC");

/** Every way to write and to ask whether it arrived. */
function describeFull(what: string, isMet: boolean, kind: Kind, make: typeof holed): void {
  const options = kind === "tmpfs" ? "size=2m" : "rw";
  const fullTest = testIf(isMet, `permission to mount ${kind}, and its mkfs`);

  fullTest(`a store to ${what} is ENOSPC with its position, not a truncation`, () => {
    using disk = new SmallFileSystem(options, { kind });
    const path = make(disk);
    using map = MemoryMappedFile.createFromFile(path);
    using view = map.createViewAccessor({ offset: PAGE });
    // Where there is room after all, the store succeeds: the first that does not is meant.
    let position = 0;
    const { message } = expectFull(() => {
      for (position = 2; position < view.capacity; position += PAGE) view.writeInt8(position, 9);
    });
    expect(message).toContain(`byte ${position + PAGE} of "${path}"`);
    expect(statSync(path).size).toBe(LENGTH);
    for (const mode of ["sync", "async"] as const) expectFull(() => view.flush({ mode }));
    expectFull(() => view.readInt8(0));
    expectFull(() => view.bytes());
  });

  fullTest(
    `raw stores to ${what} stay in the view, beside the data, and no flush is well`,
    async () => {
      using disk = new SmallFileSystem(options, { kind });
      using map = MemoryMappedFile.createFromFile(make(disk));
      using view = map.createViewAccessor();
      const before = new Uint8Array(map.createViewAccessor({ access: "read" }).bytes());
      const raw = view.bytes();
      const expected = before.slice();
      for (let at = 0; at < raw.length; at += PAGE) expected[at] = 9;
      for (let at = 0; at < raw.length; at += PAGE) raw[at] = 9;
      expect(Buffer.compare(raw, expected)).toBe(0);
      expectFull(() => view.flush());
      await expectRejection(view.flushAsync(), "SystemError", "ENOSPC");
    },
  );

  fullTest(`a stream's stores to ${what} fail, and its flush does`, async () => {
    using disk = new SmallFileSystem(options, { kind });
    using map = MemoryMappedFile.createFromFile(make(disk));
    using stream = map.createViewStream();
    expectFull(() => {
      while (stream.position < stream.length) stream.write(new Uint8Array(100));
    });
    expectFull(() => stream.flush());
    await expectRejection(stream.flushAsync(), "SystemError", "ENOSPC");
    const { writer } = { writer: stream.writable().getWriter() };
    await expectRejection(writer.write(new Uint8Array(1)), "SystemError", "ENOSPC");
  });
}

describe("on a full file system", () => {
  describeFull("a hole (tmpfs)", canMount, "tmpfs", holed);
  describeFull("a hole (ext4)", canMountExt4, "ext4", holed);
  const hasXfs = canMountImage("xfs");
  const hasBtrfs = canMountImage("btrfs");
  describeFull("a block that a copy shares (xfs)", hasXfs, "xfs", shared);
  describeFull("a block that a copy shares (btrfs)", hasBtrfs, "btrfs", shared);

  testIf(canMount, "permission to mount a tmpfs")(
    "a hole that is only read takes room, too (tmpfs)",
    () => {
      using disk = new SmallFileSystem("size=2m");
      using map = MemoryMappedFile.createFromFile(holed(disk), { access: "read" });
      using view = map.createViewAccessor();
      expect(view.readInt8(4 * PAGE)).toBe(1);
      const { message } = expectFull(() => view.readInt8(PAGE + 7));
      expect(message).toContain(`byte ${PAGE + 7} `);
      expectFull(() => map.count(1));
      expectFull(() => [...map.lines()]);
    },
  );

  testIf(canMount, "permission to mount a tmpfs")(
    "a store that finds room in the end is done",
    () => {
      using disk = new SmallFileSystem("size=2m");
      using map = MemoryMappedFile.createFromFile(holed(disk));
      using view = map.createViewAccessor();
      truncateSync(disk.file("filling"), 0);
      view.writeInt8(PAGE, 5);
      view.flush();
      expect(view.readInt8(PAGE)).toBe(5);
    },
  );
});

describe("on a broken device", () => {
  testIf(canMountExt4, "permission to mount an ext4 image")(
    "reading is EIO with its position",
    () => {
      using disk = new SmallFileSystem("rw", { kind: "ext4" });
      // The image's first part holds what the file system needs itself, and some of the file.
      const path = disk.file("data", new Uint8Array(3 << 20).fill(1));
      disk.remount();
      using map = MemoryMappedFile.createFromFile(path, { access: "read" });
      using view = map.createViewAccessor();
      view.advise("random");
      truncateSync(disk.image, 2 << 20);
      let position = 0;
      const { message } = expectCode(
        () => {
          for (; position < view.capacity; position += PAGE) view.readInt8(position);
        },
        "SystemError",
        "EIO",
      );
      expect(message).toContain(`byte ${position} of "${path}"`);
      expectCode(() => view.flush(), "SystemError", "EIO");
      expectCode(() => map.count(1), "SystemError", "EIO");
      expectCode(() => map.histogram(), "SystemError", "EIO");
      for (const chunk of map.chunks({ length: PAGE })) expect(chunk[0]).toBe(1);
    },
  );
});

describe("flushing after a truncation", () => {
  for (const access of ["readWrite", "read", "copyOnWrite"] as const) {
    test(`throws in a "${access}" view once something is missed`, async () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("data", new Uint8Array(4 * PAGE));
      using map = MemoryMappedFile.createFromFile(path, { access });
      using view = map.createViewAccessor();
      using stream = map.createViewStream();
      const raw = view.bytes();
      truncateSync(path, PAGE);
      view.flush();
      await view.flushAsync();
      raw.fill(3);
      expect(() => stream.read(new Uint8Array(4 * PAGE))).toThrow("truncated");
      for (const { flush, flushAsync } of [view, stream].map(flushesOf)) {
        expectCode(flush, "FileTruncatedError", "ERR_FILE_TRUNCATED");
        await expectRejection(flushAsync(), "FileTruncatedError", "ERR_FILE_TRUNCATED");
      }
    });
  }
});

function flushesOf(view: { flush(): void; flushAsync(): Promise<void> }) {
  return { flush: () => view.flush(), flushAsync: () => view.flushAsync() };
}

test("a file that is truncated and grows back at every moment is truncated, or whole, and nothing else", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data", new Uint8Array(16 * PAGE).fill(1));
  const fixture = join(import.meta.dir, "fixtures", "flicker.ts");
  await using other = new Companion([process.execPath, fixture, path]);
  expect(await other.tell("begin")).toBe("flickers");
  const seen = new Map<string, number>();
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    const outcome = readOnce(path);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  seen.delete("read");
  // How often it is seen depends on the machine.
  expect([...seen.keys()].filter((code) => code !== "ERR_FILE_TRUNCATED")).toEqual([]);
});

/** Reads a file through a map made while it has its length, until it has not. */
function readOnce(path: string): string {
  try {
    using map = MemoryMappedFile.createFromFile(path);
    using view = map.createViewAccessor();
    for (let round = 0; round < 1000; round++) {
      for (let at = 0; at < view.capacity; at += PAGE) view.readInt8(at);
    }
    return "read";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("at the limit of mappings", () => {
  for (const kind of ["views", "mappings"] as const) {
    const testHere = kind === "views" ? testIf(!isMusl, BUN_AT_THE_LIMIT) : test;
    testHere(`${kind}: a truncated file is an error in every view of it`, async () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("data", new Uint8Array(64 * PAGE).fill(1));
      const fixture = join(import.meta.dir, "fixtures", "mapping-limit");
      await using process = new Participant({ fixture, input: { path, kind } });
      const { limit, wrong } = await process.answer<{ limit: string; wrong: string[] }>();
      expect({ limit, wrong }).toEqual({ limit: "ENOMEM", wrong: [] });
    });
  }
});

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { canMountExt4, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import { MemoryMappedFile, type ViewAccessor, type ViewStream } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const CONTENT = pattern(20_000);
const END = CONTENT.length - 5000;

type Flushable = Pick<ViewAccessor | ViewStream, "flush" | "flushAsync" | typeof Symbol.dispose>;

const MAKERS: readonly (readonly [string, (file: MemoryMappedFile) => Flushable])[] = [
  ["ViewAccessor", (file) => file.createViewAccessor({ offset: 5000 })],
  ["ViewStream", (file) => file.createViewStream({ offset: 5000 })],
];

const MAKERS_AT_4096: typeof MAKERS = [
  ["ViewAccessor", (file) => file.createViewAccessor({ offset: 4096 })],
  ["ViewStream", (file) => file.createViewStream({ offset: 4096 })],
];

test.each(MAKERS)("%s.flush() takes any range, sync and async", (_, make) => {
  using directory = new TemporaryDirectory();
  using file = MemoryMappedFile.createFromFile(directory.file("data.bin", CONTENT));
  using view = make(file);
  const ranges = [
    undefined,
    {},
    { offset: 0, size: 0 },
    { offset: 1, size: 1 },
    { offset: 4095, size: 2 },
    { offset: END },
    { offset: END - 1, size: 1 },
    { size: END },
  ];
  for (const range of ranges) {
    for (const mode of ["sync", "async"] as const) {
      expect(view.flush({ ...range, mode })).toBeUndefined();
    }
  }
});

testIf(canMountExt4, "root, to mount ext4")("flush() in mode async begins to write", async () => {
  using files = new SmallFileSystem("rw", { kind: "ext4" });
  const path = files.file("data.bin", new Uint8Array(8192));
  Bun.spawnSync(["sync", "-f", path]);
  using file = MemoryMappedFile.createFromFile(path);
  for (const [_, make] of MAKERS_AT_4096) {
    const marker = crypto.randomUUID();
    using view = make(file);
    file.createViewAccessor({ offset: 4096 }).writeString(0, marker);
    view.flush({ mode: "async" });
    // The kernel would begin by itself, but not before 30 seconds (vm.dirty_expire_centisecs).
    const isWritten = () => readFileSync(files.image).includes(marker);
    for (let wait = 0; wait < 250 && !isWritten(); wait++) await Bun.sleep(100);
    expect(isWritten()).toBe(true);
  }
});

test.each(MAKERS)("%s.flush() refuses a range past the end", (_, make) => {
  using file = MemoryMappedFile.createNew(null, CONTENT.length);
  using view = make(file);
  const refused = [
    { offset: -1 },
    { offset: END + 1 },
    { size: END + 1 },
    { offset: 1, size: END },
    { size: -1 },
    { offset: Number.NaN },
    { size: 0.5 },
  ];
  for (const range of refused) {
    expectCode(() => view.flush(range), RangeError, "ERR_OUT_OF_RANGE");
  }
});

test.each(MAKERS)("%s.flush() refuses a mode and options that are none", (_, make) => {
  using file = MemoryMappedFile.createNew(null, CONTENT.length);
  using view = make(file);
  const flush = (options: unknown) => () => view.flush(options as object);
  expectCode(flush({ mode: "later" }), TypeError, "ERR_INVALID_ARG_VALUE");
  expectCode(flush({ mode: 1 }), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(flush({ offset: "0" }), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(flush({ size: 1n }), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(flush(null), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(flush("sync"), TypeError, "ERR_INVALID_ARG_TYPE");
});

test.each(MAKERS)(
  "%s.flush() and flushAsync() are permitted whatever the access",
  async (_, make) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", CONTENT);
    for (const access of MEMORY_ACCESS) {
      using file = MemoryMappedFile.createFromFile(path, { access });
      using view = make(file);
      view.flush();
      view.flush({ mode: "async" });
      expect(await view.flushAsync()).toBeUndefined();
    }
    expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
  },
);

test.each(MAKERS)(
  "%s.flush() and flushAsync() accept anonymous memory and devices",
  async (_, make) => {
    using memory = MemoryMappedFile.createNew(null, CONTENT.length);
    using view = make(memory);
    view.flush();
    await view.flushAsync();
    if (isWindows) return; // no device of it can be mapped
    using device = MemoryMappedFile.createFromFile("/dev/zero", { capacity: CONTENT.length });
    using zeros = make(device);
    zeros.flush();
    await zeros.flushAsync();
  },
);

test("ViewAccessor.flushAsync() runs beside others and leaves the data in the file", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor();
  view.writeInt32(9999, -1);
  await Promise.all([view.flushAsync(), view.flushAsync(), file.createViewStream().flushAsync()]);
  expect(readFileSync(path).readInt32LE(9999)).toBe(-1);
});

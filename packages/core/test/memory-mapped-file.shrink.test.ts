/** Files that become shorter, and files that take room only where they are written to. */
import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { truncatingTest } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DisposedError, MemoryMappedFile } from "../src/index.ts";

truncatingTest("resize() cuts the file, and ends the views that reach behind its end", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("cut.bin");
  writeFileSync(
    path,
    Uint8Array.from({ length: 20_000 }, (_, i) => i % 251),
  );
  using file = MemoryMappedFile.createFromFile(path);
  using before = file.createViewAccessor({ size: 9000 });
  using across = file.createViewAccessor({ offset: 8000, size: 2000 });
  using whole = file.createViewStream();
  const bytes = across.bytes();
  file.resize(9000);
  expect([file.capacity, statSync(path).size]).toEqual([9000, 9000]);
  expect(before.readUint8(8999)).toBe(8999 % 251);
  expect(bytes.length).toBe(0);
  expectCode(() => across.readUint8(0), DisposedError, "ERR_DISPOSED");
  expectCode(() => whole.readByte(), DisposedError, "ERR_DISPOSED");
  using again = file.createViewAccessor();
  expect(again.capacity).toBe(9000);
  file.resize(12_000);
  using longer = file.createViewAccessor();
  expect(longer.bytes(8999, 3)).toEqual(Uint8Array.of(8999 % 251, 0, 0));
  expect(again.readUint8(0)).toBe(0);
  file.resize(0);
  expect(readFileSync(path).length).toBe(0);
});

test("views of a map that was disposed are its file's no more", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("kept.bin");
  writeFileSync(path, new Uint8Array(20_000));
  const file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor();
  file.dispose();
  expectCode(() => file.resize(1), DisposedError, "ERR_DISPOSED");
  expect(view.capacity).toBe(20_000);
});

test("many views leave nothing behind in their map", () => {
  using memory = MemoryMappedFile.createNew(null, 10_000);
  for (let i = 0; i < 1000; i++) memory.createViewAccessor({ size: 100 }).dispose();
  using view = memory.createViewAccessor({ offset: 9000 });
  memory.resize(9500);
  expectCode(() => view.readUint8(0), DisposedError, "ERR_DISPOSED");
});

test("allocate: false makes files that take room where they are written to", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("sparse.bin");
  const capacity = 2 ** 36;
  using file = MemoryMappedFile.createFromFile(path, {
    mode: "createNew",
    capacity,
    allocate: false,
  });
  const { size, blocks } = statSync(path);
  expect(size).toBe(capacity);
  expect(blocks * 512).toBeLessThan(1 << 20);
  {
    using view = file.createViewAccessor({ offset: capacity - 4096 });
    view.writeInt32(0, 7);
    view.flush();
  }
  file.resize(capacity + 4096);
  using end = file.createViewAccessor({ offset: capacity - 4096 });
  expect([end.readInt32(0), end.readInt32(4096)]).toEqual([7, 0]);
  expect(statSync(path).blocks * 512).toBeLessThan(1 << 20);
  const wrong = { mode: "create", allocate: 1 } as never;
  expectCode(() => MemoryMappedFile.createFromFile(path, wrong), TypeError, "ERR_INVALID_ARG_TYPE");
});

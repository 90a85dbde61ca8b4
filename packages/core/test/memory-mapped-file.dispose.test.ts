import { describe, expect, test } from "bun:test";
import { expectRejection } from "@isthmus/testing/expect-code";
import { DisposedError, MemoryMappedFile, scanJobs } from "../src/index.ts";
import { Scannable } from "../src/scan/scannable.ts";
import { expectDisposed, methodsOf } from "./support/disposed.ts";

const MAP_USES: Record<string, (file: MemoryMappedFile) => unknown> = {
  createViewAccessor: (file) => file.createViewAccessor(),
  createViewStream: (file) => file.createViewStream(),
  chunks: (file) => file.chunks(),
  lines: (file) => file.lines(),
  "lines raw": (file) => file.lines({ raw: true }),
  count: (file) => file.count(0),
  indexOf: (file) => file.indexOf(0),
  lastIndexOf: (file) => file.lastIndexOf(0),
  forEachLine: (file) => file.forEachLine(() => {}),
  lineCursor: (file) => file.lineCursor(),
  histogram: (file) => file.histogram(),
  isUtf8: (file) => file.isUtf8(),
  records: (file) => file.records(),
  rows: (file) => file.rows(),
  follow: (file) => file.follow(),
  resize: (file) => file.resize(1 << 20),
  refresh: (file) => file.refresh(),
};

describe("MemoryMappedFile after dispose()", () => {
  test.each(Object.entries(MAP_USES))("refuses %s", (_name, use) => {
    const file = MemoryMappedFile.createNew(null, 4096);
    file.dispose();
    expect(expectDisposed(() => use(file)).message).toContain("MemoryMappedFile");
  });

  test("still says what it was, and may be disposed again", () => {
    const file = MemoryMappedFile.createNew(null, 4096);
    file.dispose();
    file.dispose();
    file[Symbol.dispose]();
    expect([file.capacity, file.access, file.name]).toEqual([4096, "readWrite", null]);
  });

  test("rejects scan", async () => {
    const file = MemoryMappedFile.createNew(null, 4096);
    file.dispose();
    await expectRejection(file.scan(scanJobs.count("x")), DisposedError, "ERR_DISPOSED");
  });

  test("covers every method", () => {
    const covered = Object.keys(MAP_USES).map((use) => use.split(" ")[0] as string);
    covered.push("scan");
    const methods = [MemoryMappedFile, Scannable].flatMap(methodsOf).sort();
    expect(methods).toEqual([...new Set(covered)].sort());
  });
});

describe("using", () => {
  test("disposes maps, views and streams at the end of the block", () => {
    const kept: (() => unknown)[] = [];
    {
      using file = MemoryMappedFile.createNew(null, 4096);
      using view = file.createViewAccessor();
      using stream = file.createViewStream();
      kept.push(() => file.createViewAccessor());
      kept.push(() => view.readUint8(0));
      kept.push(() => stream.readByte());
      view.writeUint8(0, 1);
    }
    for (const use of kept) expectDisposed(use);
  });
});

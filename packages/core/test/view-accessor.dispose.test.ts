import { describe, expect, test } from "bun:test";
import { expectRejection } from "@isthmus/testing/expect-code";
import {
  DisposedError,
  MemoryMappedFile,
  type RecordSchema,
  type ViewAccessor,
} from "../src/index.ts";
import { MemoryAccessor } from "../src/memory-accessor.ts";
import { ViewAccessor as ViewAccessorClass } from "../src/view-accessor.ts";
import { WideAccessor } from "../src/wide-accessor.ts";
import { ACCESSES } from "./support/accesses.ts";
import { expectDisposed, methodsOf } from "./support/disposed.ts";

/** The smallest struct that there can be. */
const BYTE: RecordSchema<number, number, object> = {
  size: 1,
  encode: (view, byteOffset, value) => view.setUint8(byteOffset, value),
  decode: (view, byteOffset) => view.getUint8(byteOffset),
  cursor: () => ({}),
};

const ACCESSOR_USES: Record<string, (view: ViewAccessor) => unknown> = {
  ...Object.fromEntries(
    Object.entries(ACCESSES).map(([name, access]) => [name, (view) => access(view, 0)]),
  ),
  read: (view) => view.read(BYTE, 0),
  write: (view) => view.write(BYTE, 0, 1),
  array: (view) => view.array(BYTE, 0, 1),
  bytes: (view) => view.bytes(),
  flush: (view) => view.flush(),
  advise: (view) => view.advise("random"),
  residentBytes: (view) => view.residentBytes(),
  lock: (view) => view.lock(),
  unlock: (view) => view.unlock(),
};

describe("ViewAccessor after dispose()", () => {
  test.each(Object.entries(ACCESSOR_USES))("refuses %s", (_name, use) => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const view = file.createViewAccessor();
    use(view);
    view.dispose();
    expectDisposed(() => use(view));
  });

  test.each(Object.entries(ACCESSOR_USES))(
    "refuses %s likewise when its buffer was transferred away",
    (_name, use) => {
      using file = MemoryMappedFile.createNew(null, 8192);
      using view = file.createViewAccessor({ offset: 10 });
      const moved = view.bytes().buffer.transfer();
      const { message } = expectDisposed(() => use(view));
      expect(message).toContain("transferred away");
      expect([view.canRead, view.canWrite]).toEqual([false, false]);
      expect(moved.byteLength).toBe(8192);
    },
  );

  test("rejects flushAsync when its buffer was transferred away", async () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    using view = file.createViewAccessor();
    view.bytes(10, 20).buffer.transfer();
    await expectRejection(view.flushAsync(), DisposedError, "ERR_DISPOSED");
  });

  test("rejects flushAsync", async () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const view = file.createViewAccessor();
    view.dispose();
    await expectRejection(view.flushAsync(), DisposedError, "ERR_DISPOSED");
  });

  test("can neither be read nor written, and may be disposed again", () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const view = file.createViewAccessor({ offset: 10 });
    view.dispose();
    view.dispose();
    view[Symbol.dispose]();
    expect([view.canRead, view.canWrite, view.capacity]).toEqual([false, false, 4086]);
    using other = file.createViewAccessor();
    expect(other.readUint8(0)).toBe(0); // the second dispose has not given back what is the map's
  });

  test("covers every method", () => {
    const inner = ["close", "checkPosition", "checkBigInt", "fetch", "stage", "commit"];
    const isPublic = (name: string) => !inner.includes(name);
    const classes = [MemoryAccessor, WideAccessor, ViewAccessorClass];
    const methods = classes.flatMap(methodsOf);
    const covered = [...Object.keys(ACCESSOR_USES), "flushAsync"];
    expect(methods.filter(isPublic).sort()).toEqual(covered.sort());
  });

  test("reports disposal before anything else that is wrong", () => {
    using file = MemoryMappedFile.createNew(null, 4096, { access: "read" });
    const view = file.createViewAccessor();
    view.dispose();
    expectDisposed(() => view.readInt32(-1));
    expectDisposed(() => view.writeInt32(-1, Number.NaN));
    expectDisposed(() => view.bytes(-1));
    expectDisposed(() => view.flush({ offset: -1 }));
    expectDisposed(() => view.advise("nonsense" as "random"));
  });
});

describe("ViewAccessor.bytes() after dispose()", () => {
  test("is dead: its length is 0 and it reads undefined", () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const view = file.createViewAccessor();
    const bytes = view.bytes();
    const part = bytes.subarray(10, 20);
    const words = new Int32Array(bytes.buffer);
    const data = new DataView(bytes.buffer);
    view.dispose();
    expect([bytes.length, part.length, words.length]).toEqual([0, 0, 0]);
    expect([bytes[0], part[0], words[0]]).toEqual([undefined, undefined, undefined]);
    bytes[0] = 1;
    expect(() => bytes.fill(1)).not.toThrow(DisposedError);
    expect(() => data.getInt32(0)).toThrow(TypeError);
    expect(() => Atomics.load(words, 0)).toThrow();
  });

  test("is dead in a loop that was compiled while it lived", () => {
    using file = MemoryMappedFile.createNew(null, 1 << 16);
    const view = file.createViewAccessor();
    const bytes = view.bytes().fill(1);
    const sum = (array: Uint8Array, count: number): number => {
      let total = 0;
      for (let i = 0; i < count; i++) total += array[i] as number;
      return total;
    };
    for (let round = 0; round < 200; round++) expect(sum(bytes, bytes.length)).toBe(1 << 16);
    view.dispose();
    expect(sum(bytes, 1 << 16)).toBeNaN();
  });

  test("is dead in the middle of a loop that disposes the view", () => {
    using file = MemoryMappedFile.createNew(null, 1 << 16);
    let seen = 0;
    for (let round = 0; round < 50; round++) {
      const view = file.createViewAccessor();
      const bytes = view.bytes();
      for (let i = 0; i < 1 << 16; i++) {
        if (i === 1000) view.dispose();
        if (bytes[i] !== undefined) seen++;
      }
    }
    expect(seen).toBe(50 * 1000);
  });

  test("ends accessors in compiled loops with DisposedError", () => {
    using file = MemoryMappedFile.createNew(null, 1 << 16);
    for (let round = 0; round < 20; round++) {
      const view = file.createViewAccessor();
      let reads = 0;
      expectDisposed(() => {
        for (let i = 0; i < 1 << 14; i++) {
          if (i === 10_000) view.dispose();
          view.writeInt32(i * 4, view.readInt32(i * 4) + 1);
          reads++;
        }
      });
      expect(reads).toBe(10_000);
    }
  });
});

test("ViewAccessor.flushAsync() ends well when the view is disposed meanwhile", async () => {
  using file = MemoryMappedFile.createNew(null, 4096);
  const view = file.createViewAccessor();
  view.writeUint8(0, 1);
  const flushed = view.flushAsync();
  view.dispose();
  file.dispose();
  expect(await flushed).toBeUndefined();
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync, readSync, truncateSync, writeSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { patient } from "@isthmus/testing/patience";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import {
  MemoryMappedFile,
  NotSupportedError,
  SystemError,
  type ViewAccessor,
} from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { NUMBER_TYPES } from "./support/number-types.ts";
import { runFixture } from "./support/subprocess.ts";

const GIB = 2 ** 30;
const CAPACITY = 10 * GIB;
/** Beyond int32, beyond uint32, and beyond two and a half windows. */
const BORDERS = [2 ** 31, 2 ** 32, 2 ** 33, CAPACITY - 64];

/** A window and a little: the system needs seconds for each GiB that is looked at, and has it in its cache then. */
const WALKED_BYTES = 4.25 * GIB;

/** A file of holes: 10 GiB long, a few pages on disk. */
let directory: TemporaryDirectory;
let path: string;
let file: MemoryMappedFile;

beforeAll(() => {
  directory = new TemporaryDirectory();
  path = sparseFile(directory, CAPACITY);
  file = MemoryMappedFile.createFromFile(path);
});

afterAll(() => {
  file.dispose();
  directory[Symbol.dispose]();
});

/** A file of holes that begins with a byte; its path. */
function sparseFile(folder: TemporaryDirectory, lengthBytes: number): string {
  const file = folder.file("large.bin", "x");
  truncateSync(file, lengthBytes);
  return file;
}

/** What the file holds, read in the ordinary way. */
function readBack(position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const fd = openSync(path, "r");
  readSync(fd, bytes, 0, length, position);
  closeSync(fd);
  return bytes;
}

describe("ViewAccessor of a file of 10 GiB", () => {
  // An offset inside a page moves the borders of the windows to another place in the view.
  describe.each([[0], [4093]])("from offset %d", (offset) => {
    let view: ViewAccessor;
    beforeAll(() => {
      view = file.createViewAccessor({ offset });
    });
    afterAll(() => view.dispose());

    test("has an exact capacity", () => {
      expect([file.capacity, view.capacity]).toEqual([CAPACITY, CAPACITY - offset]);
    });

    test.each(NUMBER_TYPES.map((type) => [type.name, type] as const))(
      "reads and writes %s across every border",
      (_, type) => {
        for (const border of BORDERS) {
          for (let before = 0; before <= type.bytes; before++) {
            const place = border - before;
            const value = type.examples.at(-1) as never;
            const model = new DataView(pattern(24, place).buffer);
            view.writeArray(place - offset - 8, new Uint8Array(model.buffer));
            expect(type.read(view, place - offset)).toEqual(type.readModel(model, 8));
            type.write(view, place - offset, value);
            type.writeModel(model, 8, value);
            expect(type.read(view, place - offset)).toBe(value);
            expect(readBack(place - 8, 24)).toEqual(new Uint8Array(model.buffer));
          }
        }
      },
    );

    test("refuses positions at and behind its end", () => {
      for (const position of [view.capacity - 3, view.capacity, view.capacity + 2 ** 32]) {
        expectCode(() => view.readInt32(position), RangeError, "ERR_OUT_OF_RANGE");
        expectCode(() => view.writeInt32(position, 0), RangeError, "ERR_OUT_OF_RANGE");
      }
      expectCode(() => view.readInt32(2 ** 32 + 0.5), RangeError, "ERR_OUT_OF_RANGE");
      const unfit = () => view.writeUint16(2 ** 32 - offset - 1, 65_536);
      expectCode(unfit, RangeError, "ERR_OUT_OF_RANGE");
    });

    test("moves arrays and strings across every border", () => {
      for (const border of BORDERS.slice(0, 3)) {
        const position = border - offset - 4001;
        const source = new Float64Array(pattern(8000).buffer);
        expect(view.writeArray(position, source)).toBe(1000);
        const target = new Float64Array(1000);
        expect(view.readArray(position, target)).toBe(1000);
        expect(Buffer.from(target.buffer).equals(pattern(8000))).toBe(true);
        expect(readBack(border - 4001, 8000)).toEqual(pattern(8000));
        const text = "wide 🦊 text ".repeat(20);
        const length = view.writeString(border - offset - 100, text, { nullTerminated: true });
        expect(view.readString(border - offset - 100)).toBe(text);
        expect(view.readString(border - offset - 100, length - 1)).toBe(text);
      }
    });

    test("shows bytes on both sides of a border at once, at most 4 GiB of them", () => {
      const start = 2 ** 32 - offset - 2;
      const bytes = view.bytes(start, 4);
      bytes.set([1, 2, 3, 4]);
      expect([view.readUint32(start), view.readUint16(start + 2)]).toEqual([0x04030201, 0x0403]);
      expect(view.bytes(100, 2 ** 32).length).toBe(2 ** 32);
      expectCode(() => view.bytes(), RangeError, "ERR_OUT_OF_RANGE");
      expectCode(() => view.bytes(0, 2 ** 32 + 1), RangeError, "ERR_OUT_OF_RANGE");
      const error = expectCode(() => view.bytes(5 * GIB), RangeError, "ERR_OUT_OF_RANGE");
      expect(error.message).toContain(String(2 ** 32));
      expect(view.bytes(view.capacity - 5).length).toBe(5);
    });

    test("flushes and advises a range across a border, and says what of it is in memory", () => {
      const start = 2 ** 32 - offset - 8192;
      view.bytes(start, 16_384).fill(1);
      view.flush({ offset: start, size: 16_384 });
      view.flush({ offset: start, size: 16_384, mode: "async" });
      expect(view.advise("willNeed", { offset: start, size: 16_384 })).toBe(true);
      expect(view.residentBytes({ offset: start, size: 16_384 })).toBe(16_384);
    });
  });

  test("kills bytes in every window when it is disposed", () => {
    const view = file.createViewAccessor();
    const arrays = [0, 2 ** 32 - 2, 2 ** 32, 2 ** 33 - 2, 2 ** 33, CAPACITY - 4].map((offset) =>
      view.bytes(offset, 4),
    );
    view.dispose();
    expect(arrays.map((bytes) => bytes.length)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("may be made of any part of it", () => {
    using view = file.createViewAccessor({ offset: 2 ** 32 - 1, size: 2 });
    view.writeUint16(0, 0xbeef);
    expect([...readBack(2 ** 32 - 1, 2)]).toEqual([0xef, 0xbe]);
    const outside = () => file.createViewAccessor({ offset: CAPACITY - 1, size: 2 });
    expectCode(outside, SystemError, "EACCES");
  });
});

test("ViewStream of a file of 10 GiB reads, writes and seeks across every border", () => {
  using stream = file.createViewStream({ offset: 1 });
  for (const border of BORDERS.slice(0, 3)) {
    stream.seek(border - 1 - 10);
    stream.write(pattern(20, border));
    stream.seek(-20, "current");
    const bytes = new Uint8Array(20);
    expect([stream.read(bytes), stream.position]).toEqual([20, border + 9]);
    expect(bytes).toEqual(pattern(20, border));
    expect(readBack(border - 10, 20)).toEqual(bytes);
  }
  expect(stream.seek(0, "end")).toBe(CAPACITY - 1);
  expectCode(() => stream.writeByte(0), NotSupportedError, "ERR_NOT_SUPPORTED");
});

describe("MemoryMappedFile of 10 GiB", () => {
  test("gives chunks around every border", () => {
    const content = pattern(6 << 20);
    for (const border of BORDERS.slice(0, 3)) {
      const offset = border - (3 << 20) - 5;
      const fd = openSync(path, "r+");
      writeSync(fd, content, 0, content.length, offset);
      closeSync(fd);
      let position = 0;
      for (const chunk of file.chunks({ offset, length: content.length, size: 1_000_003 })) {
        const expected = content.subarray(position, position + chunk.length);
        expect(Buffer.compare(chunk, expected)).toBe(0);
        position += chunk.length;
      }
      expect(position).toBe(content.length);
    }
  });

  test("finds what lies across every border", () => {
    using view = file.createViewAccessor();
    for (const border of BORDERS.slice(0, 3)) {
      view.writeString(border - 3, "needle");
      expect(file.indexOf("needle", border - 1000)).toBe(border - 3);
      expect(file.indexOf("needle", CAPACITY - 1000)).toBe(-1);
    }
  });

  testIf(isLinux, "Linux")(
    "gives all chunks of one of two windows without keeping them in this process's memory",
    async () => {
      using whole = new TemporaryDirectory();
      const result = await runFixture<{ bytes: number; sum: number; grownBytes: number }>(
        "walk-file",
        { input: { path: sparseFile(whole, WALKED_BYTES) }, timeoutMs: patient(500_000) },
      );
      expect(result.bytes).toBe(WALKED_BYTES);
      expect(result.sum).toBe(0x78);
      expect(result.grownBytes).toBeLessThan(64 << 20);
    },
  );
});

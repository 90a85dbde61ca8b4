import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { MemoryMappedFile, NotSupportedError, type ViewStream } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { STREAM_BYTES, STREAM_COMMANDS } from "./support/stream-commands.ts";

const CAPACITY = STREAM_BYTES;

function makeStream(access: "read" | "readWrite" = "readWrite"): ViewStream {
  using file = MemoryMappedFile.createNew(null, 5000);
  using writer = file.createViewAccessor();
  writer.writeArray(0, pattern(5000));
  return file.createViewStream({ offset: 4000, size: CAPACITY, access });
}

describe("ViewStream", () => {
  test("agrees with an array and a position after any sequence of calls", () => {
    fc.assert(
      fc.property(fc.commands(STREAM_COMMANDS, { maxCommands: 60 }), (commands) => {
        using stream = makeStream();
        const bytes = pattern(5000).slice(4000, 4000 + CAPACITY);
        fc.modelRun(() => ({ model: { bytes, position: 0 }, real: stream }), commands);
        stream.position = 0;
        const content = new Uint8Array(CAPACITY);
        stream.read(content);
        expect(content).toEqual(bytes);
      }),
      runs(300),
    );
  });

  test("has a fixed length and no other than its view's", () => {
    using stream = makeStream();
    expect([stream.length, stream.position, stream.canRead, stream.canWrite]).toEqual([
      CAPACITY,
      0,
      true,
      true,
    ]);
    stream.position = CAPACITY - 1;
    stream.writeByte(1);
    expectCode(() => stream.writeByte(2), NotSupportedError, "ERR_NOT_SUPPORTED");
    expect([stream.length, stream.position]).toEqual([CAPACITY, CAPACITY]);
  });

  test("may be positioned beyond its end, where there is nothing", () => {
    using stream = makeStream();
    for (const position of [CAPACITY, CAPACITY + 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      stream.position = position;
      expect([stream.position, stream.readByte(), stream.read(new Uint8Array(9))]).toEqual([
        position,
        -1,
        0,
      ]);
      expectCode(() => stream.writeByte(0), NotSupportedError, "ERR_NOT_SUPPORTED");
      const write = () => stream.write(new Uint8Array(1));
      expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
    }
  });

  test.each([
    [-1, RangeError, "ERR_OUT_OF_RANGE"],
    [Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
    [0.5, RangeError, "ERR_OUT_OF_RANGE"],
    [2 ** 53, RangeError, "ERR_OUT_OF_RANGE"],
    ["1", TypeError, "ERR_INVALID_ARG_TYPE"],
    [1n, TypeError, "ERR_INVALID_ARG_TYPE"],
    [undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("refuses the position %p", (position, type, code) => {
    using stream = makeStream();
    const set = () => {
      stream.position = position as number;
    };
    expectCode(set, type, code);
    expectCode(() => stream.seek(position as number), type, code);
    expect(stream.position).toBe(0);
  });

  test("seeks from the begin, from where it is, and from the end, and from nowhere else", () => {
    using stream = makeStream();
    expect([stream.seek(10), stream.seek(5, "current"), stream.seek(-1, "end")]).toEqual([
      10,
      15,
      CAPACITY - 1,
    ]);
    expect([stream.seek(-CAPACITY, "end"), stream.seek(0, "current")]).toEqual([0, 0]);
    expectCode(() => stream.seek(-1, "current"), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => stream.seek(-CAPACITY - 1, "end"), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => stream.seek(0, "middle" as "end"), TypeError, "ERR_INVALID_ARG_VALUE");
    expectCode(() => stream.seek(0, 2 as never), TypeError, "ERR_INVALID_ARG_TYPE");
    stream.position = Number.MAX_SAFE_INTEGER;
    expectCode(() => stream.seek(1, "current"), RangeError, "ERR_OUT_OF_RANGE");
    expect(stream.position).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("writes all bytes or none", () => {
    using stream = makeStream();
    stream.position = CAPACITY - 3;
    const write = () => stream.write(new Uint8Array([9, 9, 9, 9]));
    const error = expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
    expect(error.message).toContain(String(CAPACITY));
    expect(stream.position).toBe(CAPACITY - 3);
    expect(stream.readByte()).toBe(pattern(5000)[4000 + CAPACITY - 3] as number);
  });

  test("is not written when its view is read-only", () => {
    using stream = makeStream("read");
    expect([stream.canRead, stream.canWrite]).toEqual([true, false]);
    const nothing = undefined as never;
    expectCode(() => stream.write(nothing), NotSupportedError, "ERR_NOT_SUPPORTED");
    expectCode(() => stream.writeByte(256), NotSupportedError, "ERR_NOT_SUPPORTED");
    expectCode(() => stream.writable(), NotSupportedError, "ERR_NOT_SUPPORTED");
    expect(stream.readByte()).toBe(pattern(5000)[4000] as number);
  });

  test.each([
    [-1, RangeError, "ERR_OUT_OF_RANGE"],
    [256, RangeError, "ERR_OUT_OF_RANGE"],
    [Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
    [1.5, RangeError, "ERR_OUT_OF_RANGE"],
    ["1", TypeError, "ERR_INVALID_ARG_TYPE"],
    [1n, TypeError, "ERR_INVALID_ARG_TYPE"],
    [undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
  ] as const)("refuses to write %p as a byte", (value, type, code) => {
    using stream = makeStream();
    expectCode(() => stream.writeByte(value as number), type, code);
    expect(stream.position).toBe(0);
  });

  test("reads into and writes from Uint8Arrays and Buffers, and nothing else", () => {
    using stream = makeStream();
    expect([stream.write(Buffer.from("text")), stream.seek(0)]).toEqual([4, 0]);
    const buffer = Buffer.alloc(4);
    expect([stream.read(buffer), buffer.toString()]).toEqual([4, "text"]);
    const refused = ["text", 4, null, undefined, [1], new Uint16Array(2), new ArrayBuffer(2)];
    for (const value of refused as unknown as Uint8Array[]) {
      expectCode(() => stream.read(value), TypeError, "ERR_INVALID_ARG_TYPE");
      expectCode(() => stream.write(value), TypeError, "ERR_INVALID_ARG_TYPE");
    }
  });
});

import { describe, expect, test } from "bun:test";
import { expectRejection } from "@isthmus/testing/expect-code";
import { DisposedError, MemoryMappedFile, type ViewStream } from "../src/index.ts";
import { expectDisposed } from "./support/disposed.ts";

const STREAM_USES: Record<string, (stream: ViewStream) => unknown> = {
  length: (stream) => stream.length,
  position: (stream) => stream.position,
  "set position": (stream) => {
    stream.position = 0;
  },
  seek: (stream) => stream.seek(0),
  read: (stream) => stream.read(new Uint8Array(1)),
  write: (stream) => stream.write(new Uint8Array(1)),
  readByte: (stream) => stream.readByte(),
  writeByte: (stream) => stream.writeByte(0),
  readable: (stream) => stream.readable(),
  writable: (stream) => stream.writable(),
  flush: (stream) => stream.flush(),
};

describe("ViewStream after dispose()", () => {
  test.each(Object.entries(STREAM_USES))("refuses %s", (_name, use) => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const stream = file.createViewStream();
    use(stream);
    stream.dispose();
    expectDisposed(() => use(stream));
  });

  test("is not made where a getter of its options disposes the map", () => {
    const file = MemoryMappedFile.createNew(null, 4096);
    const options = {
      get size() {
        file.dispose();
        return 8;
      },
    };
    expectDisposed(() => file.createViewStream(options));
  });

  test("rejects flushAsync", async () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const stream = file.createViewStream();
    stream.dispose();
    await expectRejection(stream.flushAsync(), DisposedError, "ERR_DISPOSED");
  });

  test("can neither be read nor written, and may be disposed again", () => {
    using file = MemoryMappedFile.createNew(null, 4096);
    const stream = file.createViewStream();
    stream.dispose();
    stream.dispose();
    stream[Symbol.dispose]();
    expect([stream.canRead, stream.canWrite]).toEqual([false, false]);
  });
});

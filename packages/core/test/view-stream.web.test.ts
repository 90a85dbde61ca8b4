import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { expectRejection } from "@isthmus/testing/expect-code";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DisposedError, MemoryMappedFile, NotSupportedError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const LENGTH = 300_001; // several chunks, the last of them short
const CONTENT = pattern(LENGTH);

function makeStream(access: "read" | "readWrite" = "readWrite") {
  using file = MemoryMappedFile.createNew(null, LENGTH);
  using writer = file.createViewAccessor();
  writer.writeArray(0, CONTENT);
  return file.createViewStream({ access });
}

async function collect(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readable) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

describe("ViewStream.readable()", () => {
  test("gives all bytes", async () => {
    using stream = makeStream("read");
    expect(await collect(stream.readable())).toEqual(CONTENT);
    expect(stream.position).toBe(LENGTH);
  });

  test("begins at the position", async () => {
    using stream = makeStream();
    stream.position = LENGTH - 5;
    expect(await collect(stream.readable())).toEqual(CONTENT.slice(-5));
    expect(await collect(stream.readable())).toEqual(new Uint8Array(0));
  });

  test("feeds a Response", async () => {
    using stream = makeStream();
    expect(new Uint8Array(await new Response(stream.readable()).arrayBuffer())).toEqual(CONTENT);
  });

  test("pipes through a transformation and arrives whole", async () => {
    using stream = makeStream();
    const invert = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte ^ 0xff)),
    });
    const inverted = await collect(stream.readable().pipeThrough(invert));
    expect(inverted.map((byte) => byte ^ 0xff)).toEqual(CONTENT);
  });

  test("gives copies, which live on and leave the memory alone", async () => {
    const stream = makeStream();
    const reader = stream.readable().getReader();
    const { value } = await reader.read();
    await reader.cancel();
    stream.dispose();
    expect(value).toEqual(CONTENT.slice(0, value?.length));
  });

  test("stops when it is cancelled, and the stream goes on", async () => {
    using stream = makeStream();
    const reader = stream.readable().getReader();
    await reader.read();
    await reader.cancel();
    const { position } = stream;
    expect(position).toBeLessThan(LENGTH);
    expect(stream.readByte()).toBe(CONTENT[position] as number);
  });

  test("ends with DisposedError when the stream is disposed before its end", async () => {
    const stream = makeStream();
    const reader = stream.readable().getReader();
    await reader.read();
    stream.dispose();
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    await expectRejection(rest, DisposedError, "ERR_DISPOSED");
  });
});

describe("ViewStream.writable()", () => {
  test("writes what is piped into it, into the file", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", new Uint8Array(LENGTH));
    using file = MemoryMappedFile.createFromFile(path);
    using stream = file.createViewStream();
    using source = makeStream();
    await source.readable().pipeTo(stream.writable());
    expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
    expect(stream.position).toBe(LENGTH);
  });

  test("refuses as a whole a chunk that goes past the end", async () => {
    using stream = makeStream();
    stream.position = LENGTH - 3;
    const writer = stream.writable().getWriter();
    await writer.write(new Uint8Array([1, 2]));
    const refused = writer.write(new Uint8Array([3, 4]));
    await expectRejection(refused, NotSupportedError, "ERR_NOT_SUPPORTED");
    await expectRejection(writer.closed, NotSupportedError, "ERR_NOT_SUPPORTED");
    expect(stream.position).toBe(LENGTH - 1);
    expect(stream.readByte()).toBe(CONTENT[LENGTH - 1] as number);
  });

  test("refuses chunks that are no bytes", async () => {
    using stream = makeStream();
    const writer = stream.writable().getWriter();
    const refused = writer.write("text" as unknown as Uint8Array);
    await expectRejection(refused, TypeError, "ERR_INVALID_ARG_TYPE");
    await writer.closed.catch(() => undefined);
    expect(stream.position).toBe(0);
  });

  test("ends with DisposedError when the stream is disposed before", async () => {
    const stream = makeStream();
    const writer = stream.writable().getWriter();
    await writer.write(new Uint8Array([1]));
    stream.dispose();
    const refused = writer.write(new Uint8Array([1]));
    await expectRejection(refused, DisposedError, "ERR_DISPOSED");
    await writer.closed.catch(() => undefined);
  });

  test("may be closed and aborted, and the stream goes on", async () => {
    using stream = makeStream();
    const first = stream.writable().getWriter();
    await first.write(new Uint8Array([1]));
    await first.close();
    const second = stream.writable().getWriter();
    await second.write(new Uint8Array([2]));
    await second.abort("enough");
    expect([stream.position, stream.seek(0), stream.readByte(), stream.readByte()]).toEqual([
      2, 0, 1, 2,
    ]);
  });
});

/** A view's memory in the hands of a Worker. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DisposedError, MemoryMappedFile, NotSupportedError } from "../../src/index.ts";
import { expectError } from "../support/expect-error.ts";

setDefaultTimeout(60_000);

/** Adds one to the first byte of what it is given, and says what the byte was. */
const WORKER = URL.createObjectURL(
  new Blob([
    `onmessage = ({ data }) => { const was = data[0]; data[0] += 1; postMessage({ was, length: data.length }); };`,
  ]),
);

async function ask(bytes: Uint8Array<ArrayBuffer>): Promise<{ was: number; length: number }> {
  const worker = new Worker(WORKER);
  try {
    const answer = Promise.withResolvers<{ was: number; length: number }>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.onerror = ({ message }) => answer.reject(new Error(message));
    worker.postMessage(bytes, [bytes.buffer]);
    return await answer.promise;
  } finally {
    worker.terminate();
  }
}

describe("ViewAccessor.shareable()", () => {
  test("is the same memory in a Worker, and the view keeps its own", async () => {
    using memory = MemoryMappedFile.createNew(null, 100_000);
    using view = memory.createViewAccessor({ offset: 5000 });
    view.writeUint8(3, 41);
    const bytes = view.shareable({ offset: 3, size: 10 });
    expect(await ask(bytes)).toEqual({ was: 41, length: 10 });
    expect(bytes.length).toBe(0);
    expect(view.readUint8(3)).toBe(42);
    view.dispose();
  });

  test("of a read-only view reads the file and writes nothing to it", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "abc");
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    using view = file.createViewAccessor();
    expect(await ask(view.shareable())).toEqual({ was: 0x61, length: 3 });
    expect(await Bun.file(path).text()).toBe("abc");
  });

  test("outlives the view and its map", async () => {
    using memory = MemoryMappedFile.createNew(null, 4096);
    const view = memory.createViewAccessor();
    const bytes = view.shareable();
    view.dispose();
    memory.dispose();
    bytes[0] = 7;
    expect(await ask(bytes)).toEqual({ was: 7, length: 4096 });
  });

  test("refuses a copy-on-write view, whose changes are its own, and a disposed one", () => {
    using directory = new TemporaryDirectory();
    using file = MemoryMappedFile.createFromFile(directory.file("a", "abc"), { access: "read" });
    using view = file.createViewAccessor({ access: "copyOnWrite" });
    expectError(() => view.shareable(), NotSupportedError, "ERR_NOT_SUPPORTED");
    view.dispose();
    expectError(() => view.shareable(), DisposedError, "ERR_DISPOSED");
  });
});

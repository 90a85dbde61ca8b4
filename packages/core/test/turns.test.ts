/** Streams of what is in memory already, and the event loop that they must not keep. */
import { expect, test } from "bun:test";
import { MemoryMappedFile } from "../src/index.ts";

/** Calls `step` until a timer has fired, `limit` times at most; returns whether it has. */
async function hearsTimer(step: () => Promise<unknown>, limit: number): Promise<boolean> {
  let isHeard = false;
  setTimeout(() => {
    isHeard = true;
  }, 1);
  for (let count = 0; count < limit && !isHeard; count++) await step();
  return isHeard;
}

test("a timer fires before a Web Stream of a long view has been read", async () => {
  using memory = MemoryMappedFile.createNew(null, 1 << 28);
  using view = memory.createViewStream();
  const reader = view.readable().getReader();
  expect(await hearsTimer(() => reader.read(), view.length >> 16)).toBe(true);
  await reader.cancel();
});

test("a timer fires while a Web Stream writes to a view all the time", async () => {
  using memory = MemoryMappedFile.createNew(null, 1 << 20);
  using view = memory.createViewStream();
  const writer = view.writable().getWriter();
  const bytes = new Uint8Array(view.length);
  const step = (): Promise<void> => {
    view.position = 0;
    return writer.write(bytes);
  };
  expect(await hearsTimer(step, 5000)).toBe(true);
  await writer.close();
});

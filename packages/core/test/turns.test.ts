/** Streams of what is in memory already, and the event loop that they must not keep. */
import { expect, test } from "bun:test";
import { MemoryMappedFile } from "../src/index.ts";

test("a timer fires before a Web Stream of a long view has been read", async () => {
  using memory = MemoryMappedFile.createNew(null, 1 << 28);
  using view = memory.createViewStream();
  const reader = view.readable().getReader();
  let isHeard = false;
  setTimeout(() => {
    isHeard = true;
  }, 1);
  while (!isHeard && !(await reader.read()).done);
  expect(isHeard).toBe(true);
  await reader.cancel();
});

import { expect } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isRoot, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { FileOptions } from "../src/index.ts";
import { OTHER_USER_ID, runFixture } from "./support/subprocess.ts";

const CONTENT = "content of a file";
const REFUSED = { where: "createFromFile", name: "SystemError", code: "EACCES" };
const DENIED = { ...REFUSED, namesRead: false };
/** Refused for writing, and told that reading is possible. */
const READABLE = { ...REFUSED, namesRead: true };
const OPENED = { capacity: CONTENT.length };

/** What another user gets who opens a file of these permission bits. */
async function asOtherUser(permissions: number, options: readonly FileOptions[]) {
  using directory = new TemporaryDirectory();
  chmodSync(directory.path, 0o755);
  const path = directory.file("data.bin", CONTENT);
  chmodSync(path, permissions);
  const requests = options.map((each) => ({ path, options: each }));
  const results = await runFixture<object[]>("open-as-other-user", {
    input: { userId: OTHER_USER_ID, requests },
  });
  expect(readFileSync(path, "utf8")).toBe(CONTENT);
  return results;
}

const rootTest = testIf(isRoot, "root, to become another user");

rootTest(
  "MemoryMappedFile.createFromFile() refuses with EACCES what another user may not do, at once",
  async () => {
    const all = [
      { access: "readWrite" },
      { access: "readWriteExecute" },
      { access: "read" },
      { access: "copyOnWrite" },
      { access: "readExecute" },
    ] as const;
    const unreadable = await asOtherUser(0o600, all);
    expect(unreadable).toEqual([DENIED, DENIED, DENIED, DENIED, DENIED]);
    const readOnly = await asOtherUser(0o644, all);
    expect(readOnly).toEqual([READABLE, READABLE, OPENED, OPENED, OPENED]);
    const writeOnly = await asOtherUser(0o622, all);
    expect(writeOnly).toEqual([DENIED, DENIED, DENIED, DENIED, DENIED]);
    const open = await asOtherUser(0o666, all);
    expect(open).toEqual([OPENED, OPENED, OPENED, OPENED, OPENED]);
  },
);

rootTest(
  "MemoryMappedFile.createFromFile() does not change a file that it may not open",
  async () => {
    const results = await asOtherUser(0o644, [
      { mode: "create", capacity: 100 },
      { mode: "create", access: "copyOnWrite", capacity: 100 },
      { mode: "open", access: "copyOnWrite", capacity: 100 },
      { mode: "openOrCreate", capacity: 100 },
    ]);
    expect(results).toEqual([DENIED, DENIED, DENIED, READABLE]);
  },
);

rootTest("MemoryMappedFile.createFromFile() creates nothing where it may not", async () => {
  using directory = new TemporaryDirectory();
  chmodSync(directory.path, 0o755);
  const path = directory.file("new.bin");
  const locked = directory.file("locked");
  mkdirSync(locked, { mode: 0o700 });
  writeFileSync(`${locked}/data.bin`, CONTENT);
  const modes = ["openOrCreate", "create", "createNew"] as const;
  const requests = modes.map((mode) => ({ path, options: { mode, capacity: 100 } }));
  const hidden = { path: `${locked}/data.bin`, options: {} };
  const results = await runFixture<object[]>("open-as-other-user", {
    input: { userId: OTHER_USER_ID, requests: [...requests, hidden] },
  });
  expect(results).toEqual([DENIED, DENIED, DENIED, DENIED]);
  expect(existsSync(path)).toBe(false);
});

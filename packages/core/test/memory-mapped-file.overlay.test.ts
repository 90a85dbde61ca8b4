/** Files of a container's image that somebody writes to after they have been mapped for reading. */
import { expect } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  openSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorsOf } from "@isthmus/testing/process-state";
import { testIf } from "@isthmus/testing/requirement";
import { FileTruncatedError, type MemoryAccess, MemoryMappedFile } from "../src/index.ts";
import { canMountOverlay, Overlay } from "./support/overlay.ts";

const overlayTest = testIf(canMountOverlay, "permission to mount an overlay");
const FIRST = "first\n".repeat(1000);
const MORE = "second\n".repeat(2000);
const LINES = [...Array(1000).fill("first"), ...Array(2000).fill("second")];

function textOf(map: MemoryMappedFile): string {
  using view = map.createViewAccessor();
  return Buffer.from(view.bytes()).toString();
}

for (const access of ["read", "copyOnWrite", "readExecute"] as const satisfies MemoryAccess[]) {
  overlayTest(
    `refresh() of a "${access}" map shows what was appended to a file of the image`,
    () => {
      using disk = new Overlay({ log: FIRST });
      using map = MemoryMappedFile.createFromFile(disk.file("log"), { access });
      using before = map.createViewAccessor();
      expect([...map.lines()]).toEqual(LINES.slice(0, 1000));
      appendFileSync(disk.file("log"), MORE);
      expect(map.refresh()).toBe(FIRST.length + MORE.length);
      expect([...map.lines()]).toEqual(LINES);
      expect(map.count("second")).toBe(2000);
      expect(textOf(map)).toBe(FIRST + MORE);
      expect(before.readString(0, 5)).toBe("first");
    },
  );
}

overlayTest("refresh() goes on showing what is appended after the first time", () => {
  using disk = new Overlay({ log: FIRST });
  using map = MemoryMappedFile.createFromFile(disk.file("log"), { access: "read" });
  let expected = FIRST;
  for (let round = 0; round < 5; round++) {
    appendFileSync(disk.file("log"), MORE);
    expected += MORE;
    expect(map.refresh()).toBe(expected.length);
    expect(textOf(map)).toBe(expected);
  }
});

overlayTest("a file of which only the metadata was copied first shows what is written", () => {
  using disk = new Overlay({ log: FIRST }, "metacopy=on");
  using map = MemoryMappedFile.createFromFile(disk.file("log"), { access: "read" });
  chmodSync(disk.file("log"), 0o600);
  expect(textOf(map)).toBe(FIRST);
  appendFileSync(disk.file("log"), MORE);
  expect(map.refresh()).toBe(FIRST.length + MORE.length);
  expect(textOf(map)).toBe(FIRST + MORE);
});

overlayTest("views made after a change in place show it, without refresh()", () => {
  using disk = new Overlay({ log: FIRST });
  using map = MemoryMappedFile.createFromFile(disk.file("log"), { access: "read" });
  const fd = openSync(disk.file("log"), "r+");
  writeSync(fd, "FIRST");
  closeSync(fd);
  expect(textOf(map)).toBe(`FIRST${FIRST.slice(5)}`);
  expect(map.lines().next().value).toBe("FIRST");
});

overlayTest(
  "a map of a descriptor, and of a file that was renamed or removed, shows it as well",
  () => {
    using disk = new Overlay({ log: FIRST, other: "other" });
    const changes = {
      nothing: () => {},
      renamed: () => renameSync(disk.file("log"), disk.file("log.1")),
      replaced: () => renameSync(disk.file("other"), disk.file("log")),
      removed: () => unlinkSync(disk.file("log.1")),
    };
    const fd = openSync(disk.file("log"), "r");
    const writer = openSync(disk.file("log"), "a");
    using map = MemoryMappedFile.createFromFile(fd, { access: "read" });
    using named = MemoryMappedFile.createFromFile(disk.file("log"), { access: "read" });
    closeSync(fd);
    let expected = FIRST;
    for (const change of Object.values(changes)) {
      change();
      writeSync(writer, MORE);
      expected += MORE;
      for (const each of [map, named]) {
        each.refresh();
        expect(textOf(each)).toBe(expected);
      }
    }
    closeSync(writer);
  },
);

overlayTest("a file of the image that is truncated is an error all the same", () => {
  using disk = new Overlay({ log: FIRST });
  using map = MemoryMappedFile.createFromFile(disk.file("log"), { access: "read" });
  truncateSync(disk.file("log"), 10);
  expectCode(() => map.refresh(), FileTruncatedError, "ERR_FILE_TRUNCATED");
  expectCode(() => map.createViewAccessor(), FileTruncatedError, "ERR_FILE_TRUNCATED");
  using view = map.createViewAccessor({ size: 10 });
  expect(view.readString(0, 10)).toBe(FIRST.slice(0, 10));
});

overlayTest("no descriptor is left behind", () => {
  using disk = new Overlay({ log: FIRST });
  const path = disk.file("log");
  using map = MemoryMappedFile.createFromFile(path, { access: "read" });
  appendFileSync(path, MORE);
  map.refresh();
  map.createViewAccessor().dispose();
  expect(descriptorsOf(path)).toBe(1);
  map.dispose();
  expect(descriptorsOf(path)).toBe(0);
});

/** Directories in which every path is a file of its own: they are refused before anything is done in them. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { Bindfs, canBindfs } from "@isthmus/testing/bindfs";
import { expectCode } from "@isthmus/testing/expect-code";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { canMount, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../../src/index.ts";
import { collectAbandoned, doLocksHold, platform, removeUnheldFile } from "../../src/internal.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

// Generous: the processes of a test may have to share a busy machine.
/** Everything that would take a held name for an unheld one, or make it twice. */
const WAYS: Readonly<Record<string, () => unknown>> = {
  createNew: () => MemoryMappedFile.createNew("other", 8),
  createOrOpen: () => MemoryMappedFile.createOrOpen("held", 8),
  openExisting: () => MemoryMappedFile.openExisting("held"),
  unlink: () => MemoryMappedFile.unlink("held"),
  removeUnheldFile: () => removeUnheldFile("held"),
  collectAbandoned: () => collectAbandoned(process.env["ISTHMUS_DIR"] as string),
};

function expectRefusals(directory: string): void {
  for (const way of Object.values(WAYS)) {
    const { message } = expectCode(way, "SystemError", "ENOTSUP");
    expect(message).toContain(`Cannot use "${directory}" for named memory`);
    expect(message).toContain("set ISTHMUS_DIR to");
  }
  expect(doLocksHold(directory)).toBe(false);
}

/** Locks that belong to a path, as on FUSE, instead of to the file. */
class LocksByPath implements Disposable {
  readonly #places = new TemporaryDirectory();
  readonly #fds: number[] = [];
  readonly #tryLockFile = platform().tryLockFile;

  constructor() {
    platform().tryLockFile = (fd, kind) => {
      const name = basename(readlinkSync(`/proc/self/fd/${fd}`));
      const place = openSync(this.#places.file(name), "a");
      this.#fds.push(place);
      return this.#tryLockFile(place, kind);
    };
  }

  [Symbol.dispose](): void {
    platform().tryLockFile = this.#tryLockFile;
    for (const fd of this.#fds) closeSync(fd);
    this.#places[Symbol.dispose]();
  }
}

describe("where locks belong to a path", () => {
  testIf(isLinux, "Linux, for /proc")("every way in refuses, and a held name stays", async () => {
    using home = new Home();
    await using holder = new Participant();
    await holder.call("create", "m", "held", 8);
    {
      using _locks = new LocksByPath();
      expectRefusals(home.path);
    }
    expect(home.files()).toEqual(["held"]);
    expect(doLocksHold(home.path)).toBe(true);
    MemoryMappedFile.openExisting("held").dispose();
  });

  test("what cannot be tried is not refused: the directory is gone", () => {
    expect(doLocksHold("/nonexistent")).toBeUndefined();
  });

  testIf(canMount, "the right to mount a tmpfs")("nor is a directory that is read-only", () => {
    using home = new Home();
    using _disk = new SmallFileSystem("ro,mode=0700", { path: home.path });
    expect(doLocksHold(home.path)).toBeUndefined();
    const { message } = expectCode(
      () => MemoryMappedFile.createNew("new", 8),
      "SystemError",
      "EROFS",
    );
    expect(message).toContain("Cannot create");
    expectCode(() => MemoryMappedFile.openExisting("none"), "SystemError", "ENOENT");
  });
});

const mounted = testIf(canBindfs(), "bindfs, and the right to mount it");

describe("on bindfs", () => {
  mounted("every way in refuses, and a name that is held on the other side stays", async () => {
    using home = new Home();
    await using holder = new Participant();
    await holder.call("create", "m", "held", 8);
    using fuse = new Bindfs(home.path);
    process.env["ISTHMUS_DIR"] = fuse.path;
    expectRefusals(fuse.path);
    process.env["ISTHMUS_DIR"] = home.path;
    expect(home.files()).toEqual(["held"]);
    MemoryMappedFile.openExisting("held").dispose();
  });
});

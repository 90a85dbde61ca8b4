/** The directory of named memory: who may write into it, and what others may have put there. */
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { canLink, isRoot, isWindows, LINKS, testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";
import { SteppedSource } from "./support/stepped-source.ts";

// Generous: the processes of a test may have to share a busy machine.
const OTHER_USER = 65_534;
const ifModes = testIf(!isWindows, "files with an owner and a mode");
const ifLinks = testIf(canLink, LINKS);
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

/** A path in a home of its own that `ISTHMUS_DIR` leads to. */
function inside(home: Home, name: string): string {
  process.env["ISTHMUS_DIR"] = join(home.path, name);
  return process.env["ISTHMUS_DIR"];
}

const create = () => MemoryMappedFile.createNew("n", 8);

/** All verbs must refuse a directory that cannot be trusted. */
function expectRefused(code: string): void {
  const verbs = [
    create,
    () => MemoryMappedFile.openExisting("n"),
    () => MemoryMappedFile.createOrOpen("n", 8),
    () => MemoryMappedFile.unlink("n"),
  ];
  for (const verb of verbs) {
    const { message } = expectCode(verb, "SystemError", code);
    expect(message).toContain(process.env["ISTHMUS_DIR"] as string);
  }
}

describe("the directory", () => {
  ifModes("is made for this user alone, and so are the files in it", () => {
    using home = new Home();
    const path = inside(home, "new");
    const mask = process.umask(0);
    try {
      using _memory = create();
      expect([modeOf(path), modeOf(join(path, "n"))]).toEqual(["700", "600"]);
    } finally {
      process.umask(mask);
      rmSync(path, { recursive: true });
      process.env["ISTHMUS_DIR"] = home.path;
    }
  });

  const refused: readonly (readonly [string, string, (path: string) => void])[] = [
    ["a file", "ENOTDIR", (path) => writeFileSync(path, "")],
    [
      "a symbolic link to a good directory",
      "ENOTDIR",
      (path) => {
        mkdirSync(`${path}.target`, { mode: 0o700 });
        symlinkSync(`${path}.target`, path);
      },
    ],
    ["a symbolic link to nowhere", "ENOTDIR", (path) => symlinkSync(`${path}.nowhere`, path)],
    ["writable by its group", "EACCES", (path) => mkdirWithMode(path, 0o770)],
    ["writable by everybody", "EACCES", (path) => mkdirWithMode(path, 0o702)],
    ["writable by everybody, and sticky", "EACCES", (path) => mkdirWithMode(path, 0o1777)],
  ];
  for (const [what, code, make] of refused) {
    const refuse = what.includes("link") ? ifLinks : code === "EACCES" ? ifModes : test;
    refuse(`is refused when it is ${what}`, () => {
      using home = new Home();
      const path = inside(home, "given");
      make(path);
      const before = lstatSync(path);
      expectRefused(code);
      const after = lstatSync(path);
      expect([after.mode, after.ino]).toEqual([before.mode, before.ino]);
      process.env["ISTHMUS_DIR"] = home.path;
    });
  }

  testIf(isRoot, "root, to give a directory away")("is refused when it is another user's", () => {
    using home = new Home();
    const path = inside(home, "given");
    mkdirWithMode(path, 0o700);
    chownSync(path, OTHER_USER, OTHER_USER);
    expectRefused("EACCES");
    process.env["ISTHMUS_DIR"] = home.path;
  });

  test("is made once by processes that all use it for the first time", async () => {
    using home = new Home();
    for (let round = 0; round < 5; round++) {
      const path = inside(home, `new-${round}`);
      await using stack = new AsyncDisposableStack();
      const processes = [0, 1, 2, 3].map(() => stack.use(new Participant()));
      await Promise.all(processes.map((each, index) => each.call("create", "m", `n${index}`, 8)));
      if (!isWindows) expect(modeOf(path)).toBe("700");
      expect(readdirSync(path).sort()).toEqual(["n0", "n1", "n2", "n3"]);
    }
    process.env["ISTHMUS_DIR"] = home.path;
  });

  test("whose parent does not exist is reported as missing", () => {
    using home = new Home();
    inside(home, "missing/below");
    expectRefused("ENOENT");
    process.env["ISTHMUS_DIR"] = home.path;
  });

  testIf(!isWindows, "the file system calls of POSIX")(
    "is made again when somebody removes it before it is looked at",
    async () => {
      using home = new Home();
      const path = inside(home, "removed");
      using source = new SteppedSource();
      const { hook } = await import(join(source.path, "stepped-fs.ts"));
      const { ensureDirectory } = await import(join(source.path, "named", "directory.ts"));
      let removals = 0;
      hook.before = (call: string) => {
        if (call === "lstat" && removals++ < 3) rmSync(path, { recursive: true });
      };
      expect(ensureDirectory()).toBe(path);
      expect([removals, lstatSync(path).isDirectory()]).toEqual([4, true]);
    },
  );

  test("may be readable by others", () => {
    using home = new Home();
    chmodSync(home.path, 0o755);
    create().dispose();
  });
});

function mkdirWithMode(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

describe("another user", () => {
  const asOther = {
    prefix: ["setpriv", `--reuid=${OTHER_USER}`, `--regid=${OTHER_USER}`, "--clear-groups"],
  };
  testIf(isRoot && Bun.which("setpriv") !== null, "root and setpriv, to become another user")(
    "cannot use the directory, nor get at what is in it",
    async () => {
      using home = new Home();
      using memory = MemoryMappedFile.createNew("private", 8);
      using view = memory.createViewAccessor();
      view.writeInt32(0, 6);
      await using other = new Participant(asOther);
      const calls: readonly (readonly [string, ...unknown[]])[] = [
        ["open", "m", "private"],
        ["create", "m", "private", 8],
        ["create", "m", "mine", 8],
        ["createOrOpen", "m", "private", 8],
        ["unlink", "private"],
      ];
      for (const call of calls) await expectRejection(other.call(...call), "SystemError", "EACCES");
      expect([home.files(), view.readInt32(0)]).toEqual([["private"], 6]);
    },
  );

  testIf(isRoot && Bun.which("setpriv") !== null, "root and setpriv, to become another user")(
    "is told that a directory of its own cannot be read",
    async () => {
      using home = new Home();
      chmodSync(home.path, 0o755);
      const path = inside(home, "unreadable");
      mkdirWithMode(path, 0o300);
      chownSync(path, OTHER_USER, OTHER_USER);
      await using other = new Participant(asOther);
      const creation = other.call("create", "m", "n", 8);
      expect((await expectRejection(creation, "SystemError", "EACCES")).message).toContain(path);
    },
  );
});

describe("what is planted at a name", () => {
  const attempts = {
    createNew: create,
    openExisting: () => MemoryMappedFile.openExisting("n"),
    createOrOpen: () => MemoryMappedFile.createOrOpen("n", 8),
  };

  /** Tries every verb but `unlink` and checks that nothing happened to what is there. */
  function expectLeftAlone(path: string, errors: Record<keyof typeof attempts, [string, string]>) {
    const before = lstatSync(path);
    for (const [verb, [className, code]] of Object.entries(errors)) {
      expectCode(attempts[verb as keyof typeof attempts], className, code);
    }
    const after = lstatSync(path);
    expect([after.ino, after.mode, after.size]).toEqual([before.ino, before.mode, before.size]);
  }

  ifLinks("is not followed when it is a symbolic link", () => {
    using home = new Home();
    home.collect();
    const target = home.plant("target", "untouched");
    symlinkSync(target, home.file("n"));
    const loop: [string, string] = ["SystemError", "ELOOP"];
    expectLeftAlone(home.file("n"), { createNew: loop, openExisting: loop, createOrOpen: loop });
    MemoryMappedFile.unlink("n");
    expect(readFileSync(target, "utf8")).toBe("untouched");
  });

  ifLinks("is not followed when the link leads to live memory of another name", () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("live", 8);
    symlinkSync(home.file("live"), home.file("n"));
    expectCode(attempts.openExisting, "SystemError", "ELOOP");
  });

  test("is refused when it is a directory", () => {
    using home = new Home();
    mkdirSync(home.file("n"));
    const directory: [string, string] = ["SystemError", "EISDIR"];
    // Windows opens directories as it does files, and they are found to be something else then.
    const corrupt: [string, string] = ["CorruptSegmentError", "ERR_CORRUPT_SEGMENT"];
    expectLeftAlone(home.file("n"), {
      createNew: isWindows ? ["SystemError", "EEXIST"] : directory,
      openExisting: isWindows ? corrupt : directory,
      createOrOpen: isWindows ? corrupt : directory,
    });
    const code = isWindows ? "ENOTSUP" : "EISDIR";
    expectCode(() => MemoryMappedFile.unlink("n"), "SystemError", code);
  });

  testIf(!isWindows, "pipes that have a path")(
    "is refused when it is a pipe, without waiting for its other end",
    () => {
      using home = new Home();
      expect(Bun.spawnSync(["mkfifo", home.file("n")]).exitCode).toBe(0);
      expectLeftAlone(home.file("n"), {
        createNew: ["SystemError", "EEXIST"],
        openExisting: ["CorruptSegmentError", "ERR_CORRUPT_SEGMENT"],
        createOrOpen: ["CorruptSegmentError", "ERR_CORRUPT_SEGMENT"],
      });
      MemoryMappedFile.unlink("n");
      expect(home.files()).toEqual([]);
    },
  );

  testIf(!isWindows, "sockets that have a path")("is refused when it is a socket", async () => {
    using home = new Home();
    home.collect();
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(home.file("n"), resolve);
    await promise;
    try {
      const socket: [string, string] = ["SystemError", "ENXIO"];
      expectLeftAlone(home.file("n"), {
        createNew: socket,
        openExisting: socket,
        createOrOpen: socket,
      });
    } finally {
      server.close();
    }
  });

  test("stays when it is somebody's own file", () => {
    using home = new Home();
    for (const content of ["", "notes", "x".repeat(10_000)]) {
      home.plant("n", content);
      expectLeftAlone(home.file("n"), {
        createNew: ["SystemError", "EEXIST"],
        openExisting: ["CorruptSegmentError", "ERR_CORRUPT_SEGMENT"],
        createOrOpen: ["CorruptSegmentError", "ERR_CORRUPT_SEGMENT"],
      });
    }
    home.collect();
    expect(home.files()).toEqual(["n"]);
    MemoryMappedFile.unlink("n");
    create().dispose();
  });
});

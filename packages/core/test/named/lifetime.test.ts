/** How long a name lives: as long as somebody holds it, however its holders end. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { MemoryMappedFile } from "../../src/index.ts";
import { runFixture } from "../support/subprocess.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";
import { permutations } from "./support/permutations.ts";

// Generous: the processes of a test may have to share a busy machine.
describe("a name in one process", () => {
  test("goes with the last of map and views, in every order of leaving", () => {
    using home = new Home();
    for (const order of permutations([0, 1, 2, 3])) {
      const map = MemoryMappedFile.createNew("ordered", 64);
      const opened = MemoryMappedFile.openExisting("ordered");
      const holders = [map, opened, map.createViewAccessor(), opened.createViewStream()];
      for (const index of order) {
        expect(home.files()).toEqual(["ordered"]);
        expectCode(() => MemoryMappedFile.createNew("ordered", 1), "SystemError", "EEXIST");
        const holder = holders[index] as (typeof holders)[number];
        holder.dispose();
        holder.dispose();
      }
      expect({ order, files: home.files() }).toEqual({ order, files: [] });
    }
  });

  test("stays while a scan of it is under way", () => {
    using home = new Home();
    const map = MemoryMappedFile.createNew("scanned", 64);
    const chunks = map.chunks({ size: 16 });
    chunks.next();
    map.dispose();
    expect(home.files()).toEqual(["scanned"]);
    chunks.return();
    expect(home.files()).toEqual([]);
  });
});

describe("a name in several processes", () => {
  test("goes with the last holder, in every order of leaving", async () => {
    using home = new Home();
    await using first = new Participant();
    await using second = new Participant();
    await using third = new Participant();
    const processes = [first, second, third];
    for (const order of permutations([0, 1, 2])) {
      await first.call("create", "m", "shared", 64);
      for (const later of [second, third]) {
        await later.call("open", "m", "shared");
        await later.call("view", "v", "m");
        await later.call("dispose", "m"); // the view alone holds the name now
      }
      for (const index of order) {
        expect(home.files()).toEqual(["shared"]);
        expectCode(() => MemoryMappedFile.createNew("shared", 1), "SystemError", "EEXIST");
        await processes[index]?.call("dispose", index === 0 ? "m" : "v");
      }
      expect({ order, files: home.files() }).toEqual({ order, files: [] });
    }
  });

  test("kill -9 of one holder leaves it to the others", async () => {
    using home = new Home();
    await using creator = new Participant();
    await creator.call("create", "m", "inherited", 64);
    {
      using memory = MemoryMappedFile.openExisting("inherited");
      using view = memory.createViewAccessor();
      await creator.kill();
      view.writeInt32(0, 1);
      expectCode(() => MemoryMappedFile.createNew("inherited", 1), "SystemError", "EEXIST");
    }
    expect(home.files()).toEqual([]);
  });

  test("kill -9 of the last holder frees it at once for each verb", async () => {
    using home = new Home();
    const uses = [
      () => expectCode(() => MemoryMappedFile.openExisting("n"), "SystemError", "ENOENT"),
      () => MemoryMappedFile.createNew("n", 8).dispose(),
      () => {
        using memory = MemoryMappedFile.createOrOpen("n", 8);
        expect(memory.createdNew).toBe(true);
      },
    ];
    for (const use of uses) {
      await using holder = new Participant();
      await holder.call("create", "m", "n", 64);
      await holder.call("view", "v", "m");
      await holder.kill();
      expect(home.files()).toEqual(["n"]); // nobody was there to remove it
      use();
      expect(home.files()).toEqual([]);
    }
  });

  test("what kill -9 leaves behind goes with the next first use of the directory", async () => {
    using home = new Home();
    await using holder = new Participant();
    for (const name of ["a", "b", "c"]) await holder.call("create", name, name, 64);
    await holder.call("create", "p", "kept", 64, { lifetime: "persistent" });
    await holder.kill();
    expect(home.files()).toEqual(["a", "b", "c", "kept"]);
    await using next = new Participant();
    await next.call("create", "m", "elsewhere", 1);
    expect(home.files()).toEqual(["elsewhere", "kept"]);
  });

  const ends: readonly [string, (holder: Participant) => void, number][] = [
    ["process.exit without dispose", (holder) => holder.send("exit", 3), 3],
    ["the natural end of the program", (holder) => void holder.finish(), 0],
    [
      "an exception that nobody catches",
      (holder) => {
        holder.send("fail");
        void holder.finish(); // Bun lets the program run on while its input is open
      },
      1,
    ],
  ];
  for (const [what, end, code] of ends) {
    test(`${what} removes the file`, async () => {
      using home = new Home();
      await using holder = new Participant();
      await holder.call("create", "one", "one", 64);
      await holder.call("create", "two", "two", 64);
      await holder.call("view", "v", "two");
      await holder.call("dispose", "two");
      end(holder);
      expect(await holder.end()).toBe(code);
      expect(home.files()).toEqual([]);
    });
  }

  test("process.exit of one holder leaves the name to the others", async () => {
    using home = new Home();
    await using holder = new Participant();
    await holder.call("create", "m", "left", 64);
    using _memory = MemoryMappedFile.openExisting("left");
    holder.send("exit", 0);
    await holder.end();
    expect(home.files()).toEqual(["left"]);
    expectCode(() => MemoryMappedFile.createNew("left", 1), "SystemError", "EEXIST");
  });

  test("stays when its holder forgets it, until that process ends", async () => {
    using home = new Home();
    await using holder = new Participant();
    await holder.call("create", "m", "forgotten", 64);
    await holder.call("view", "v", "m");
    await holder.call("drop");
    for (let round = 0; round < 10; round++) await holder.call("collectGarbage");
    {
      using memory = MemoryMappedFile.openExisting("forgotten");
      expect(memory.capacity).toBe(64);
    }
    expect(home.files()).toEqual(["forgotten"]);
    await holder.finish();
    expect(home.files()).toEqual([]);
  });

  test.each(["createNew", "createOrOpen"])(
    "stays while the constant that holds it is used by no later line (%s)",
    async (verb) => {
      using home = new Home();
      const found = await runFixture<unknown[]>("forget-named", { input: ["served", verb] });
      expect(found).toEqual(Array(10).fill(7));
      expect(home.files()).toEqual([]);
    },
  );

  test("stays forgotten when another handle of the process is disposed", async () => {
    using home = new Home();
    const forget = (): void => {
      MemoryMappedFile.createOrOpen("kept", 64).createViewAccessor().writeInt32(0, 1);
    };
    for (let i = 0; i < 20; i++) forget();
    for (let round = 0; round < 10; round++) {
      Bun.gc(true);
      await Bun.sleep(1);
      MemoryMappedFile.openExisting("kept").dispose();
    }
    expect(home.files()).toEqual(["kept"]);
    MemoryMappedFile.unlink("kept");
  });
});

describe("a persistent name", () => {
  test("survives everybody, with its content", async () => {
    using home = new Home();
    await using maker = new Participant();
    await maker.call("create", "m", "kept", 64, { lifetime: "persistent" });
    await maker.call("view", "v", "m");
    await maker.call("write", "v", 0, 99);
    await maker.kill();
    home.collect();
    expect(home.files()).toEqual(["kept"]);
    expectCode(() => MemoryMappedFile.createNew("kept", 8), "SystemError", "EEXIST");
    for (const opened of [
      MemoryMappedFile.openExisting("kept"),
      MemoryMappedFile.createOrOpen("kept", 8),
    ]) {
      using view = opened.createViewAccessor();
      expect([opened.createdNew, opened.capacity, view.readInt32(0)]).toEqual([false, 64, 99]);
      opened.dispose();
    }
    expect(home.files()).toEqual(["kept"]);
    MemoryMappedFile.unlink("kept");
    expect(home.files()).toEqual([]);
    expectCode(() => MemoryMappedFile.openExisting("kept"), "SystemError", "ENOENT");
  });

  test("that is unlinked while held is gone when its holders are", async () => {
    using home = new Home();
    await using other = new Participant();
    using memory = MemoryMappedFile.createNew("kept", 64, { lifetime: "persistent" });
    using view = memory.createViewAccessor();
    await other.call("open", "m", "kept");
    await other.call("view", "v", "m");
    MemoryMappedFile.unlink("kept");
    view.writeInt32(0, 5);
    expect(await other.call<number>("read", "v", 0)).toBe(5);
    await expectRejection(other.call("open", "again", "kept"), "SystemError", "ENOENT");
    expect(home.files()).toEqual([]);
  });
});

describe("the holders' locks", () => {
  for (const how of ["Bun.spawn", "shell", "node:child_process"]) {
    for (const end of ["dispose", "kill"] as const) {
      const canTell = end === "dispose" || !isWindows;
      const tell = testIf(canTell, "children that outlive a killed parent");
      tell(`are not inherited by a child of ${how} when the holder ends by ${end}`, async () => {
        using home = new Home();
        await using holder = new Participant();
        await holder.call("create", "m", "inherited", 64);
        await holder.call("view", "v", "m");
        const child = await holder.call<number>("spawnChild", how);
        try {
          if (end === "kill") await holder.kill();
          else for (const id of ["v", "m"]) await holder.call("dispose", id);
          process.kill(child, 0); // throws when the child is gone: then this test would show nothing
          MemoryMappedFile.createNew("inherited", 8).dispose();
          expect(home.files()).toEqual([]);
        } finally {
          process.kill(child, "SIGKILL");
        }
      });
    }
  }
});

describe("a name of a worker", () => {
  test("is taken for the other threads of its process too", async () => {
    using _home = new Home();
    await using process = new Participant();
    expect(await process.call<string>("startWorker", "threaded")).toBe("holds");
    await expectRejection(process.call("create", "m", "threaded", 8), "SystemError", "EEXIST");
    await process.call("open", "m", "threaded");
    expect(await process.call<string>("startWorker", "threaded")).toBe("EEXIST");
  });

  for (const how of ["exit", "close"]) {
    test(`goes with the worker (${how}), while its process lives on`, async () => {
      using home = new Home();
      await using process = new Participant();
      await process.call("startWorker", "threaded");
      await process.call("endWorker", how);
      expect(home.files()).toEqual([]);
      await process.call("create", "m", "threaded", 8);
    });
  }

  test("stays until the process ends when the worker is terminated, which runs nothing of it", async () => {
    using home = new Home();
    await using process = new Participant();
    await process.call("startWorker", "threaded");
    await process.call("endWorker", "terminate");
    await expectRejection(process.call("create", "m", "threaded", 8), "SystemError", "EEXIST");
    await process.kill();
    MemoryMappedFile.createNew("threaded", 8).dispose();
    expect(home.files()).toEqual([]);
  });
});

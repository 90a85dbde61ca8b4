/** What an observer sees of segments whose holders live, stand still and die. */

import { describe, expect, spyOn, test } from "bun:test";
import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile, SystemError } from "@isthmus/core";
import { isSeenHeld, platform } from "@isthmus/core/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { until } from "@isthmus/testing/patience";
import { descriptorCount } from "@isthmus/testing/process-state";
import { ifProc, ifSignals, isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import {
  collectSegments,
  listSegments,
  NamedMutex,
  observe,
  observeDeadLetters,
  observeSchema,
  observeStruct,
  RecordTail,
  removeSegment,
  type SegmentInfo,
  SegmentObserver,
} from "../../src/index.ts";
import { Companion } from "./support/companion.ts";
import { Home } from "./support/home.ts";

/** `test` where the system can be asked for a lock without taking it for a moment. */
const ifAsked = testIf(!isWindows, "a system that tells who has a lock");

function find(name: string): SegmentInfo | undefined {
  return listSegments().find((info) => info.name === name);
}

describe("listSegments()", () => {
  test("gives nothing for an empty or missing directory, and makes none", () => {
    using home = new Home();
    expect(listSegments()).toEqual([]);
    process.env["ISTHMUS_DIR"] = home.file("missing");
    expect(listSegments()).toEqual([]);
    expect(existsSync(home.file("missing"))).toBe(false);
  });

  test("lists what is held, in the order of names, and forgets what is not", () => {
    using home = new Home();
    {
      using _mutex = NamedMutex.createOrOpen("b-mutex");
      using _memory = MemoryMappedFile.createNew("a-memory", 100);
      const seen = listSegments().map(({ name, kind, isHeld }) => ({ name, kind, isHeld }));
      expect(seen).toEqual([
        { name: "a-memory", kind: "memory", isHeld: true },
        { name: "b-mutex", kind: "mutex", isHeld: true },
      ]);
    }
    expect(listSegments()).toEqual([]);
    expect(home.files()).toEqual([]);
  });

  test("says by whom, when and how large memory was created", () => {
    using home = new Home();
    const before = Date.now();
    using _memory = MemoryMappedFile.createNew("described", 100);
    const { epoch, createdAtMs, ...rest } = observe("described");
    expect(rest).toEqual({
      name: "described",
      path: home.file("described"),
      kind: "memory",
      totalBytes: 4196,
      isPersistent: false,
      isHeld: true,
      fingerprint: "0000000000000000",
      creatorPid: process.pid,
      sections: [{ id: 1, name: "data", offset: 4096, lengthBytes: 100 }],
      participants: [],
      mutex: undefined,
      cells: [],
      channel: undefined,
      error: undefined,
    });
    expect(epoch).toMatch(/^[0-9a-f]{16}$/);
    expect(createdAtMs).toBeGreaterThanOrEqual(before);
    expect(createdAtMs).toBeLessThanOrEqual(Date.now());
  });

  ifProc("opens no file for longer than it looks at it", () => {
    using _home = new Home();
    using _mutex = NamedMutex.createOrOpen("counted");
    listSegments();
    const before = descriptorCount();
    for (let round = 0; round < 50; round++) listSegments();
    // Fewer when the collector has closed what earlier tests left behind, pipes of processes that have ended.
    expect(descriptorCount()).toBeLessThanOrEqual(before);
  });
});

describe("observers", () => {
  ifAsked("take no lock: the last to leave would meet it and leave the file behind", async () => {
    using _home = new Home();
    await using other = new Companion();
    for (const command of ["mutex m", "memory n"]) await other.tell(command);
    const taken: string[] = [];
    const { byteLocks } = platform();
    if (byteLocks === undefined) throw new Error("this system has no such locks to look at");
    const spies = [
      spyOn(platform(), "tryLockFile").mockImplementation(() => taken.push("flock") > 0),
      spyOn(byteLocks, "tryLock").mockImplementation(() => taken.push("byte") > 0),
      spyOn(byteLocks, "tryShare").mockImplementation(() => taken.push("share") > 0),
    ];
    try {
      for (const isAlive of [true, false]) {
        if (!isAlive) await other.kill();
        expect(listSegments().map(({ isHeld }) => isHeld)).toEqual([isAlive, isAlive]);
        expect(observe("m").participants.map((one) => one.isAlive)).toEqual([isAlive]);
        expect(collectSegments({ dryRun: true }).removed).toHaveLength(isAlive ? 0 : 4);
      }
      expect(taken).toEqual([]);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });
});

describe("holders", () => {
  ifProc("are seen before they have the name, and until its file is gone", () => {
    using home = new Home();
    const seen: boolean[] = [];
    const { tryLockFile } = platform();
    const spy = spyOn(platform(), "tryLockFile").mockImplementation((fd, kind) => {
      // Through another open file: an open file does not see its own lock.
      const other = openSync(`/proc/self/fd/${fd}`, "r");
      if (kind === "shared") seen.push(isSeenHeld(other) === true);
      closeSync(other);
      return tryLockFile(fd, kind);
    });
    try {
      using first = MemoryMappedFile.createNew("watched", 1);
      using _second = MemoryMappedFile.openExisting("watched");
      expect(seen).toEqual([true, true]);
      first.dispose();
      expect(find("watched")?.isHeld).toBe(true);
    } finally {
      spy.mockRestore();
    }
    expect(home.files()).toEqual([]);
  });
});

describe("a mutex seen from outside", () => {
  test("names participants, owner and counters", async () => {
    using _home = new Home();
    await using other = new Companion();
    expect(await other.tell("mutex shared")).toBe("ok");
    using mutex = NamedMutex.createOrOpen("shared");
    mutex.acquire().release();
    expect(observe("shared").mutex?.owner).toBeUndefined();
    await other.tell("acquire shared");
    const { participants, mutex: seen, cells, sections } = observe("shared");
    expect(participants.map(({ pid, role, isAlive }) => ({ pid, role, isAlive }))).toEqual([
      { pid: other.pid, role: "user", isAlive: true },
      { pid: process.pid, role: "user", isAlive: true },
    ]);
    expect(participants[0]?.name).toBe("holder.ts");
    expect(participants[0]?.startTicks).toBeGreaterThan(0);
    expect(seen).toMatchObject({ acquisitions: 2, contentions: 0, recoveries: 0 });
    expect(seen?.owner).toMatchObject({ pid: other.pid, name: "holder.ts", isAlive: true });
    expect(Math.abs((seen?.owner?.sinceMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(cells).toHaveLength(1);
    expect(sections.map(({ name }) => name)).toEqual(["participants", "cells", "mutex"]);
    await other.tell("release shared");
    expect(observe("shared").mutex?.owner).toBeUndefined();
  });

  test("shows a killed owner as dead until somebody recovers the lock", async () => {
    using home = new Home();
    using mutex = NamedMutex.createOrOpen("orphaned");
    await using other = new Companion();
    await other.tell("mutex orphaned");
    await other.tell("acquire orphaned");
    await other.kill();
    const { isHeld, participants, mutex: seen } = observe("orphaned");
    expect(isHeld).toBe(true);
    expect(participants.find(({ pid }) => pid === other.pid)?.isAlive).toBe(false);
    expect(seen?.owner).toMatchObject({ pid: other.pid, isAlive: false });
    {
      using lock = mutex.acquire();
      expect(lock.abandoned).toBe(true);
      expect(observe("orphaned").mutex).toMatchObject({
        owner: { pid: process.pid, isAlive: true },
        recoveries: 1,
      });
    }
    expect(home.files()).toEqual(["orphaned"]);
  });

  test("is readable when everybody has died", async () => {
    using home = new Home();
    await using other = new Companion();
    for (const command of ["mutex dead-mutex", "acquire dead-mutex", "memory dead-memory"]) {
      await other.tell(command);
    }
    await other.tell("persistent kept");
    await other.kill();
    expect(
      listSegments().map(({ name, isHeld, isPersistent }) => [name, isHeld, isPersistent]),
    ).toEqual([
      ["dead-memory", false, false],
      ["dead-mutex", false, false],
      ["kept", false, true],
    ]);
    expect(find("dead-mutex")?.mutex?.owner).toMatchObject({ pid: other.pid, isAlive: false });
    expect(home.files()).toEqual(["dead-memory", "dead-mutex", "kept"]);
  });

  ifSignals("shows a stopped owner as alive", async () => {
    using _home = new Home();
    await using other = new Companion();
    await other.tell("mutex stopped");
    await other.tell("acquire stopped");
    await other.tell("memory stopped-memory");
    other.signal("SIGSTOP");
    expect(observe("stopped").mutex?.owner).toMatchObject({ pid: other.pid, isAlive: true });
    expect(observe("stopped").participants.map(({ isAlive }) => isAlive)).toEqual([true]);
    expect(listSegments().map(({ isHeld }) => isHeld)).toEqual([true, true]);
    other.signal("SIGCONT");
    expect(await other.tell("release stopped")).toBe("ok");
  });

  test("loses a participant that leaves, and the dead one's place to the next", async () => {
    using _home = new Home();
    using _mutex = NamedMutex.createOrOpen("places");
    await using first = new Companion();
    await first.tell("mutex places");
    await first.tell("leave places");
    expect(observe("places").participants.map(({ pid }) => pid)).toEqual([process.pid]);
    await first.tell("mutex places");
    expect(observe("places").participants.map(({ generation }) => generation)).toEqual([1, 2]);
  });
});

const NEW_NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL"];
const canUnshare =
  isLinux && Bun.spawnSync([...NEW_NAMESPACE, "true"], { stderr: "ignore" }).exitCode === 0;

testIf(canUnshare, "the right to unshare PID namespaces")(
  "life and death are seen across PID namespaces",
  async () => {
    using _home = new Home();
    await using other = new Companion("holder.ts", NEW_NAMESPACE);
    for (const command of ["mutex far", "acquire far", "memory far-memory"]) {
      expect(await other.tell(command)).toBe("ok");
    }
    const [far, memory] = listSegments();
    expect(far?.mutex?.owner).toMatchObject({ pid: 1, isAlive: true });
    expect([far?.isHeld, memory?.isHeld]).toEqual([true, true]);
    await other.kill();
    // The process in the namespace is killed after its parent, of which alone the end was awaited.
    await until(() => listSegments().every(({ isHeld }) => !isHeld), "the end of the namespace");
    expect(observe("far").mutex?.owner).toMatchObject({ pid: 1, isAlive: false });
  },
);

describe("observe()", () => {
  test("throws ENOENT for a name that nothing has, and what openers throw for no name at all", () => {
    using home = new Home();
    for (const where of [home.path, home.file("missing")]) {
      process.env["ISTHMUS_DIR"] = where;
      expect(() => observe("nothing")).toThrow(SystemError);
      expect(() => observe("nothing")).toThrow('Cannot observe "nothing": ENOENT');
    }
    expect(() => observe("../x")).toThrow(TypeError);
    expect(() => observe(1 as never)).toThrow(TypeError);
  });

  test("says where a name that nothing has would be, as all that look at one do", () => {
    using home = new Home();
    const looks = { observe, observeSchema, observeStruct, observeDeadLetters, removeSegment };
    const opened = [SegmentObserver, RecordTail].map((Look) => (name: string) => new Look(name));
    for (const where of [home.path, home.file("missing")]) {
      process.env["ISTHMUS_DIR"] = where;
      for (const look of [...Object.values(looks), ...opened]) {
        const { path } = expectCode(() => look("nothing"), "SystemError", "ENOENT");
        expect(path).toBe(join(where, "nothing"));
      }
    }
  });

  test("follows a name to the file that has taken its place", () => {
    using home = new Home();
    using _memory = MemoryMappedFile.createNew("first", 100);
    const { epoch } = observe("first");
    renameSync(home.file("first"), home.file("second"));
    using _next = MemoryMappedFile.createNew("first", 200);
    expect(observe("second").epoch).toBe(epoch);
    expect(observe("first").epoch).not.toBe(epoch);
    MemoryMappedFile.unlink("first");
    renameSync(home.file("second"), home.file("first"));
  });
});

/** Removing by hand and collecting: what nobody holds goes, what anybody holds stays. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { expectCode } from "@isthmus/testing/expect-code";
import { ifSignals, ifUnixFiles, isWindows } from "@isthmus/testing/requirement";
import { collectSegments, listSegments, NamedMutex, removeSegment } from "../../src/index.ts";
import { Companion } from "./support/companion.ts";
import { Home } from "./support/home.ts";

describe("removeSegment()", () => {
  test("refuses a held name and says who holds it; with force its holders go on", async () => {
    using home = new Home();
    await using other = new Companion();
    await other.tell("mutex held");
    await other.tell("memory held-memory");
    expect(() => removeSegment("held")).toThrow(`held by process ${other.pid}): EBUSY`);
    expect(() => removeSegment("held-memory")).toThrow("EBUSY");
    expect(home.files()).toEqual(["held", "held-memory"]);
    removeSegment("held", { force: true });
    removeSegment("held-memory", { force: true });
    expect(home.files()).toEqual([]);
    // Memory goes on. A lock would not exclude those who open the name anew.
    expect(await other.tell("acquire held")).toContain("ESTALE");
  });

  ifSignals("does not take a stopped holder for a dead one", async () => {
    using home = new Home();
    await using other = new Companion();
    await other.tell("mutex stopped");
    other.signal("SIGSTOP");
    expect(() => removeSegment("stopped")).toThrow("EBUSY");
    expect(collectSegments().removed).toEqual([]);
    expect(home.files()).toEqual(["stopped"]);
    other.signal("SIGCONT");
  });

  test("removes what nobody holds, and nothing besides", async () => {
    using home = new Home();
    await using other = new Companion();
    for (const command of ["mutex left", "memory stays", "persistent kept"])
      await other.tell(command);
    await other.kill();
    home.plant("garbage", "no segment");
    for (const name of ["left", "kept", "garbage"]) removeSegment(name);
    expect(home.files()).toEqual(["stays"]);
    expect(() => removeSegment("left")).toThrow("ENOENT");
    expect(() => removeSegment("left", { force: true })).toThrow("ENOENT");
  });

  ifUnixFiles("removes links and pipes by force only, and directories never", () => {
    using home = new Home();
    symlinkSync("/etc/passwd", home.file("link"));
    mkdirSync(home.file("directory"));
    expect(() => removeSegment("link")).toThrow("ELOOP");
    removeSegment("link", { force: true });
    for (const force of [false, true])
      expect(() => removeSegment("directory", { force })).toThrow();
    expect(home.files()).toEqual(["directory"]);
  });

  test("checks its arguments", () => {
    using _home = new Home();
    expect(() => removeSegment("a/b")).toThrow(TypeError);
    for (const other of [1, null] as never[]) {
      expectCode(() => removeSegment("a", { force: other }), "TypeError", "ERR_INVALID_ARG_TYPE");
      expectCode(() => collectSegments({ dryRun: other }), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
  });
});

describe("collectSegments()", () => {
  test("announces with dryRun what it then removes", async () => {
    using home = new Home();
    await using other = new Companion();
    for (const command of ["mutex m", "memory n", "persistent kept"]) await other.tell(command);
    await other.kill();
    using _own = NamedMutex.createOrOpen("own"); // the first use collects what is there
    await using second = new Companion();
    for (const command of ["mutex dead-mutex", "memory dead-memory"]) await second.tell(command);
    await second.kill();
    home.plant(".name.0123", "a creation that never came to its end");
    home.plant("garbage", "no segment");
    const before = readdirSync(home.path).sort();
    const announced = collectSegments({ dryRun: true });
    expect(readdirSync(home.path).sort()).toEqual(before);
    expect(announced.kept).toEqual(["kept"]);
    const pipes = isWindows ? [] : (["pipe", "pipe"] as const); // which have no files there
    expect(announced.removed.map(({ what }) => what).sort()).toEqual([
      "creation",
      ...pipes,
      "segment",
      "segment",
    ]);
    expect(collectSegments()).toEqual(announced);
    expect(home.files()).toEqual(["garbage", "kept", "own"]);
    expect(collectSegments().removed).toEqual([]);
    expect(readdirSync(home.path)).toHaveLength(3 + pipes.length); // those of this process
  });

  test("does nothing where there is no directory", () => {
    using home = new Home();
    process.env["ISTHMUS_DIR"] = home.file("missing");
    expect(collectSegments()).toEqual({ removed: [], kept: [] });
    expect(home.files()).toEqual([]);
  });

  test("an observer's look at the very moment of leaving does not keep the file", () => {
    using home = new Home();
    for (let round = 0; round < 200; round++) {
      using _memory = MemoryMappedFile.createNew("short", 1);
      expect(listSegments()).toHaveLength(1);
    }
    expect(home.files()).toEqual([]);
  });
});

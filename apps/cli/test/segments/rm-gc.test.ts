import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { isWindows } from "@isthmus/testing/requirement";
import { Scene } from "./support.ts";

describe("isthmus rm", () => {
  test("removes what nobody holds, whatever it is", async () => {
    await using scene = new Scene();
    await scene.leave("mutex left", "memory other", "persistent kept");
    scene.plant("garbage", "no segment");
    const { stdout, stderr, exitCode } = await scene.run("rm", "left", "kept", "garbage");
    expect(stdout).toBe("removed left\nremoved kept\nremoved garbage\n");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(scene.files()).toEqual(["other"]);
    expect(await scene.json("rm", "other")).toEqual([{ name: "other", removed: true }]);
  });

  test("refuses a held name, even of a stopped process, unless forced", async () => {
    await using scene = new Scene();
    const holder = await scene.start("mutex orders", "memory prices");
    if (!isWindows) holder.signal("SIGSTOP");
    const refused = await scene.run("rm", "orders", "prices");
    expect(refused.stderr).toContain(`held by process ${holder.pid}`);
    expect(refused.stderr).toContain("--force");
    expect({ stdout: refused.stdout, exitCode: refused.exitCode }).toEqual({
      stdout: "",
      exitCode: 1,
    });
    expect(scene.files()).toEqual(["orders", "prices"]);
    if (!isWindows) holder.signal("SIGCONT");
    const forced = await scene.run("rm", "--force", "orders");
    expect(forced.exitCode).toBe(0);
    expect(scene.files()).toEqual(["prices"]);
    // Who opens the name anew would not be excluded.
    expect(await holder.tell("acquire orders")).toBe("ESTALE");
  });

  test("ends with 3 when a name is not there, and still removes the others", async () => {
    await using scene = new Scene();
    await scene.leave("persistent kept");
    const { stdout, stderr, exitCode } = await scene.run("rm", "missing", "kept");
    expect(stderr).toBe('isthmus rm: Nothing has the name "missing"; see isthmus ls\n');
    expect({ stdout, exitCode }).toEqual({ stdout: "removed kept\n", exitCode: 3 });
    expect((await scene.run("rm", "--force", "kept")).exitCode).toBe(3);
    expect((await scene.run("rm")).exitCode).toBe(2);
  });
});

describe("isthmus gc", () => {
  test("--dry-run says what would be removed, and gc removes that", async () => {
    await using scene = new Scene();
    const alive = await scene.start("mutex held");
    await scene.leave("mutex dead-mutex", "memory dead-memory", "persistent kept");
    scene.plant(".aside.0123", "a creation that never came to its end");
    scene.plant("garbage", "no segment");
    const before = readdirSync(scene.names).sort();
    const announced = await scene.json("gc", "--dry-run");
    expect(readdirSync(scene.names).sort()).toEqual(before);
    expect(announced.map(({ what, action }) => `${action} ${what}`).sort()).toEqual([
      "kept segment",
      "would_remove creation",
      // Which have no files on Windows.
      ...(isWindows ? [] : ["would_remove pipe", "would_remove pipe"]),
      "would_remove segment",
      "would_remove segment",
    ]);
    const done = await scene.json("gc");
    expect(done.map(({ name, what }) => ({ name, what }))).toEqual(
      announced.map(({ name, what }) => ({ name, what })),
    );
    expect(done.find(({ name }) => name === "dead-memory")).toEqual({
      name: "dead-memory",
      what: "segment",
      action: "removed",
      total_bytes: 4196,
    });
    expect(scene.files()).toEqual(["garbage", "held", "kept"]);
    expect(await alive.tell("acquire held")).toBe("ok");
  });

  test("prints a table, and a summary on stderr", async () => {
    await using scene = new Scene();
    await scene.leave("memory dead", "persistent kept");
    const { stdout, stderr, exitCode } = await scene.run("gc");
    expect(stdout).toMatch(
      /^removed +segment +dead +4\.10 KiB\nkept +segment +kept +persistent\n$/,
    );
    expect(stderr).toBe("1 file, 4.10 KiB\n");
    expect(exitCode).toBe(0);
    expect((await scene.run("gc")).stderr).toBe("Nothing is left over\n");
  });
});

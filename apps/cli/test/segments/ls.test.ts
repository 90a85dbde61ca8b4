import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { ifUnixFiles, isWindows, testIf, wine } from "@isthmus/testing/requirement";
import { Scene } from "./support.ts";

/** Wine makes of one system call many. */
const CHURN = wine === undefined ? 1500 : 50;

const FIELDS = [
  "name",
  "kind",
  "total_bytes",
  "held",
  "persistent",
  "creator_pid",
  "created_at_ms",
  "epoch",
  "fingerprint",
  "participants_live",
  "participants_dead",
  "sections",
  "participants",
  "mutex",
  "cells",
  "channel",
  "topic",
  "service",
  "queue",
  "cache",
  "limiter",
  "table",
  "counters",
  "journal",
  "bridge",
  "semaphore",
  "event",
  "struct",
  "error",
  "error_code",
];

describe("isthmus ls", () => {
  test("prints nothing on stdout where nothing has a name, and makes no directory", async () => {
    await using scene = new Scene();
    const empty = await scene.run("ls");
    expect({ stdout: empty.stdout, exitCode: empty.exitCode }).toEqual({ stdout: "", exitCode: 0 });
    expect(empty.stderr).toContain("Nothing has a name in");
    expect(await scene.run("ls", "--json")).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    expect(scene.files()).toEqual([]);
  });

  test("prints a line for each name, and who lives and has died", async () => {
    await using scene = new Scene();
    const alive = await scene.start("mutex orders", "memory prices", "persistent kept");
    const deadPid = await scene.leave("mutex orders", "acquire orders", "memory orphan");
    const { stdout, stderr, exitCode } = await scene.run("ls");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^NAME +KIND +SIZE +HELD +PARTICIPANTS +LOCK +AGE +NOTE$/);
    expect(lines[1]).toMatch(/^kept +memory +4\.10 KiB +yes +– +– +.* persistent$/);
    expect(lines[2]).toMatch(
      new RegExp(`^orders +mutex .* yes +1 live, 1 dead +holder\\.ts \\(${deadPid}\\) dead `),
    );
    expect(lines[3]).toMatch(/^orphan +memory .* no +– .* left over$/);
    expect(lines[4]).toMatch(/^prices +memory .* yes /);
    expect(lines).toHaveLength(5);
    expect(stderr).toBe("1 left over from crashes: isthmus gc removes them\n");
    expect(exitCode).toBe(0);
    expect(await alive.tell("acquire orders")).toBe("ok");
  });

  test("--json prints one object per name, with exact sizes and stable fields", async () => {
    await using scene = new Scene();
    const alive = await scene.start("mutex orders", "acquire orders");
    const [record, ...rest] = await scene.json("ls");
    expect(rest).toEqual([]);
    expect(Object.keys(record ?? {})).toEqual(FIELDS);
    expect(record).toMatchObject({
      name: "orders",
      kind: "mutex",
      held: true,
      persistent: false,
      creator_pid: alive.pid,
      participants_live: 1,
      participants_dead: 0,
      participants: [{ pid: alive.pid, role: "user", name: "holder.ts", alive: true }],
      mutex: { owner: { pid: alive.pid, alive: true }, acquisitions: 1, recoveries: 0 },
      cells: [{ cell: 0, wakes: 0, timeout_wakes: 0 }],
      error: null,
      error_code: null,
    });
    const sections = record?.["sections"] as { name: string; length_bytes: number }[];
    expect(sections.map(({ name }) => name)).toEqual(["participants", "cells", "mutex"]);
  });

  test("lists damaged files as such and passes over what is no file", async () => {
    await using scene = new Scene();
    await scene.start("memory good");
    scene.plant("garbage", "no segment");
    scene.plant("zeros", new Uint8Array(8192));
    mkdirSync(join(scene.names, "directory"));
    if (!isWindows) {
      symlinkSync("/etc/passwd", join(scene.names, "link"));
      Bun.spawnSync(["mkfifo", join(scene.names, "pipe")]);
    }
    const records = await scene.json("ls");
    expect(records.map(({ name, kind, error_code }) => [name, kind, error_code])).toEqual([
      ["garbage", "unknown", "ERR_CORRUPT_SEGMENT"],
      ["good", "memory", null],
      ["zeros", "unknown", "ERR_CORRUPT_SEGMENT"],
    ]);
    const { stdout, exitCode } = await scene.run("ls");
    expect(stdout).toMatch(/^garbage .* corrupt$/m);
    expect(exitCode).toBe(0);
    const others = isWindows ? [] : ["link", "pipe"];
    expect(scene.files()).toEqual(["directory", "garbage", "good", ...others, "zeros"]);
  });

  testIf(!isWindows, "a system that tells which files processes have open")(
    "shows what is held although its name leads elsewhere, and so does inspect",
    async () => {
      await using scene = new Scene();
      const alive = await scene.start("mutex orders", "acquire orders", "struct prices");
      for (const name of ["orders", "prices"]) unlinkSync(join(scene.names, name));
      const anew = await scene.start("mutex orders", "acquire orders");
      const { stdout, stderr } = await scene.run("ls");
      const lines = stdout.split("\n").filter((line) => line.startsWith("orders"));
      expect(lines.length).toBe(2);
      expect(lines.join("\n")).toContain(
        `unreachable: process ${alive.pid} must open the name anew`,
      );
      expect(stderr).toStartWith("Unreachable: ");
      const records = await scene.json("ls");
      const lost = { reachable: false, holder_pids: [alive.pid] };
      expect(records.filter((record) => record["reachable"] === false)).toMatchObject([
        { name: "orders", kind: "mutex", ...lost },
        { name: "prices", kind: "struct", ...lost },
      ]);
      const twin = await scene.run("inspect", "orders");
      expect(twin.stdout).toContain(`holder.ts (${anew.pid})`);
      expect(twin.stderr).toContain(
        `Another segment of this name is unreachable: process ${alive.pid}`,
      );
      const only = await scene.run("inspect", "prices");
      expect(only.stdout).toContain(`unreachable: process ${alive.pid} must open the name anew`);
      expect(await scene.json("inspect", "prices")).toMatchObject([lost]);
      expect(await alive.tell("update prices 1")).toBe("ESTALE");
    },
  );

  ifUnixFiles("prints names so that they cannot do anything to the terminal", async () => {
    await using scene = new Scene();
    scene.plant("\x1b[31mred\u202e", "");
    const { stdout } = await scene.run("ls");
    expect(stdout).toContain("\\x1b[31mred\\u{202e} ");
    expect(stdout).not.toContain("\x1b");
  });

  ifUnixFiles("fails with the reason for a directory that others may write to", async () => {
    await using scene = new Scene();
    chmodSync(scene.names, 0o777);
    const { stdout, stderr, exitCode } = await scene.run("ls");
    expect(stderr).toContain("others may write to it (mode 0777, must be 0700)");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  });

  test("never fails while processes come and go", async () => {
    await using scene = new Scene();
    const steady = await scene.start("mutex steady");
    const busy = await scene.start();
    let isDone = false;
    const answer = busy.tell(`churn ${CHURN}`).finally(() => {
      isDone = true;
    });
    do {
      const { stderr, exitCode, stdout } = await scene.run("ls", "--json");
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout).toContain('"name":"steady"');
      expect(stdout).not.toContain('"alive":false');
    } while (!isDone);
    expect(await answer).toBe("ok");
    expect(scene.files()).toEqual(["steady"]);
    expect(await steady.tell("acquire steady")).toBe("ok");
  });
});

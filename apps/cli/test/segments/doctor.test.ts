import { describe, expect, spyOn, test } from "bun:test";
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { Bindfs, canBindfs } from "@isthmus/testing/bindfs";
import { ifUnixFiles, isLinux, isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CHECKS } from "../../src/doctor/run-doctor.ts";
import { runCli } from "../support/run-cli.ts";
import { Scene } from "./support.ts";

type Diagnosis = Record<string, unknown>;

/** How many files of pipes a process has that has waited; they have none on Windows. */
const PIPES = isWindows ? 0 : 2;

function of(check: string, diagnoses: readonly Diagnosis[]): Diagnosis | undefined {
  return diagnoses.find((diagnosis) => diagnosis["check"] === check);
}

describe("isthmus doctor", () => {
  test("--json prints one object per check, and leaves nothing behind", async () => {
    await using scene = new Scene();
    await scene.start("mutex orders", "acquire orders");
    const before = readdirSync(scene.names).sort();
    const { stdout, stderr, exitCode } = await scene.run("doctor", "--json");
    const diagnoses = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Diagnosis);
    expect(diagnoses.map(({ check }) => check)).toEqual(CHECKS.map(({ name }) => name));
    for (const diagnosis of diagnoses) {
      expect(Object.keys(diagnosis)).toEqual(["check", "status", "detail", "next", "fixed"]);
      expect(diagnosis["status"]).not.toBe("fail");
      expect(diagnosis["next"] === null).toBe(diagnosis["status"] === "ok");
    }
    expect(of("segments", diagnoses)?.["detail"]).toStartWith("1, 1 of them held, ");
    expect(of("participants", diagnoses)?.["detail"]).toBe("1 live, none dead");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(readdirSync(scene.names).sort()).toEqual(before);
  });

  test("as text ends with a verdict", async () => {
    await using scene = new Scene();
    const { stdout } = await scene.run("doctor");
    expect(stdout).toMatch(/^ok {4}runtime {10} Bun /);
    expect(stdout).toMatch(/\n\n\d+ ok, \d+ to look at, 0 failed\n$/);
  });

  test("finds what is left over, dead and damaged, and --fix collects it", async () => {
    await using scene = new Scene();
    const alive = await scene.start("mutex orders");
    await scene.leave("mutex orders", "acquire orders", "memory gone");
    scene.plant("garbage", "no segment");
    const found = await scene.json("doctor");
    expect(of("segments", found)).toMatchObject({ status: "warn" });
    expect(of("segments", found)?.["detail"]).toContain("cannot be understood: garbage");
    expect(of("left over", found)?.["detail"]).toStartWith(
      `1 segment, 0 creations and ${PIPES} pipes of`,
    );
    expect(of("left over", found)?.["next"]).toBe("isthmus gc, or --fix");
    expect(of("participants", found)?.["detail"]).toBe("1 live, 1 died without leaving: orders");
    expect(of("locks", found)?.["detail"]).toContain("orders");
    const fixed = await scene.json("doctor", "--fix");
    expect(of("left over", fixed)).toEqual({
      check: "left over",
      status: "ok",
      detail: "nothing",
      next: null,
      fixed: `removed ${1 + PIPES} ${PIPES === 0 ? "file" : "files"}`,
    });
    expect(scene.files()).toEqual(["garbage", "orders"]);
    expect(await alive.tell("acquire orders")).toBe("ok");
  });

  ifUnixFiles("fails for a directory of wrong mode, and --fix changes it", async () => {
    await using scene = new Scene();
    for (const mode of [0o777, 0o720, 0o500]) {
      chmodSync(scene.names, mode);
      const before = await scene.run("doctor", "--json");
      expect({ mode, exitCode: before.exitCode }).toEqual({ mode, exitCode: 1 });
      const after = await scene.json("doctor", "--fix");
      expect(of("directory", after)).toMatchObject({ status: "ok" });
      expect(of("directory", after)?.["fixed"]).toContain("to 0700");
      expect(lstatSync(scene.names).mode & 0o777).toBe(0o700);
    }
    chmodSync(scene.names, 0o755);
    expect(of("directory", await scene.json("doctor"))).toMatchObject({ status: "warn" });
  });

  test("makes a missing directory with --fix only", async () => {
    await using scene = new Scene();
    rmdirSync(scene.names);
    const deep = join(scene.names, "a", "b");
    const look = async (...flags: string[]): Promise<Diagnosis[]> => {
      const env = { ...scene.places.env, ISTHMUS_DIR: deep };
      const { stdout } = await runCli(["doctor", "--json", ...flags], { env });
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    };
    expect(of("directory", await scene.json("doctor"))?.["status"]).toBe("ok");
    expect(of("directory", await look())?.["status"]).toBe("fail");
    expect(lstatSync(scene.names, { throwIfNoEntry: false })).toBeUndefined();
    expect(of("directory", await look("--fix"))?.["fixed"]).toBe(`made ${deep}`);
    if (!isWindows) expect(lstatSync(deep).mode & 0o777).toBe(0o700);
  });

  ifUnixFiles("refuses links and files in the directory's place, and touches neither", async () => {
    await using scene = new Scene();
    rmdirSync(scene.names);
    mkdirSync(`${scene.names}-target`, { mode: 0o755 });
    symlinkSync(`${scene.names}-target`, scene.names);
    const diagnoses = await scene.json("doctor", "--fix");
    expect(of("directory", diagnoses)).toMatchObject({ status: "fail", fixed: null });
    expect(of("segments", diagnoses)?.["detail"]).toContain("not looked at");
    expect(lstatSync(`${scene.names}-target`).mode & 0o777).toBe(0o755);
  });

  testIf(canBindfs(), "bindfs, and the right to mount it")(
    "fails where a lock is not seen through another name of its file",
    async () => {
      await using scene = new Scene();
      expect(of("linked files", await scene.json("doctor"))).toMatchObject({ status: "ok" });
      using fuse = new Bindfs(scene.names);
      const env = { ...scene.places.env, ISTHMUS_DIR: fuse.path };
      const { stdout, exitCode } = await runCli(["doctor", "--json"], { env });
      const diagnoses = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Diagnosis);
      expect(of("linked files", diagnoses)).toMatchObject({ status: "fail" });
      expect(exitCode).toBe(1);
    },
  );

  test("warns of a relative ISTHMUS_DIR", async () => {
    using directory = new TemporaryDirectory();
    const env = { ISTHMUS_DIR: "names", TMPDIR: directory.path };
    const { stdout } = await runCli(["doctor", "--json"], { env, cwd: directory.path });
    const diagnoses = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(of("ISTHMUS_DIR", diagnoses)).toMatchObject({ status: "warn" });
  });

  test("says whether truncated files end processes", () => {
    const check = CHECKS.find(({ name }) => name === "truncation guard");
    expect(check?.run().status).toBe("ok");
    const canGuard = spyOn(platform(), "canGuard").mockReturnValue(false);
    try {
      expect(check?.run()).toMatchObject({ status: "warn" });
    } finally {
      canGuard.mockRestore();
    }
  });

  testIf(isLinux, "mount")(
    "recognises what a container gets by default, and a full file system",
    async () => {
      using directory = new TemporaryDirectory();
      for (const [size, status] of [
        ["64m", "warn"],
        ["128m", "ok"],
        ["512k", "fail"],
      ] as const) {
        const mount = [
          "mount",
          "-t",
          "tmpfs",
          "-o",
          `size=${size},mode=700`,
          "test",
          directory.path,
        ];
        if (Bun.spawnSync(mount).exitCode !== 0) return; // only root may mount
        try {
          const env = { ISTHMUS_DIR: directory.path };
          const { stdout } = await runCli(["doctor", "--json"], { env });
          const diagnoses = stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line));
          expect(of("space", diagnoses)).toMatchObject({ status });
          if (size === "64m") expect(of("space", diagnoses)?.["next"]).toContain("--shm-size=1g");
        } finally {
          Bun.spawnSync(["umount", "--lazy", directory.path]);
        }
      }
    },
  );
});

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ifSignals } from "@isthmus/testing/requirement";
import { Scene } from "./support.ts";

describe("isthmus inspect", () => {
  test("shows header, sections, participants and who holds the lock", async () => {
    await using scene = new Scene();
    const alive = await scene.start("mutex orders");
    const deadPid = await scene.leave("mutex orders", "acquire orders");
    const { stdout, stderr, exitCode } = await scene.run("inspect", "orders");
    expect(stdout).toStartWith("orders\n  kind          mutex\n");
    expect(stdout).toMatch(/^ {2}size +[\d,]+ bytes \([\d.]+ KiB\)$/m);
    expect(stdout).toMatch(/^ {2}participants +1 live, 1 dead$/m);
    expect(stdout).toMatch(new RegExp(`^ +0 +user +${alive.pid} +holder\\.ts .* live$`, "m"));
    expect(stdout).toMatch(new RegExp(`^ +1 +user +${deadPid} +holder\\.ts .* dead$`, "m"));
    expect(stdout).toMatch(new RegExp(`^ {2}owner +holder\\.ts \\(${deadPid}\\) dead `, "m"));
    expect(stdout).toMatch(/^ {2}acquisitions +1$/m);
    expect(stdout).toContain("\nSections\n");
    expect(stdout).toContain("\nWait cells\n");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test("--json prints one object, the same as ls does", async () => {
    await using scene = new Scene();
    await scene.start("memory prices");
    expect(await scene.json("inspect", "prices")).toEqual(await scene.json("ls"));
  });

  ifSignals("shows a stopped owner as alive", async () => {
    await using scene = new Scene();
    const stopped = await scene.start("mutex orders", "acquire orders");
    stopped.signal("SIGSTOP");
    const [record] = await scene.json("inspect", "orders");
    expect(record).toMatchObject({
      held: true,
      mutex: { owner: { pid: stopped.pid, alive: true } },
    });
    stopped.signal("SIGCONT");
  });

  test("--hex dumps as hexdump -C does", async () => {
    await using scene = new Scene();
    await scene.leave("persistent kept");
    const bytes = new Uint8Array(readFileSync(join(scene.names, "kept")));
    bytes.set(new TextEncoder().encode("Isthmus of Corinth\x7f\xff"), 4096 + 40);
    scene.plant("kept", bytes);
    const { stdout } = await scene.run("inspect", "--section", "data", "--limit", "0", "kept");
    const dump = stdout.slice(stdout.indexOf("Section data\n") + "Section data\n".length);
    expect(dump).toBe(
      [
        "00001000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
        "*",
        "00001020  00 00 00 00 00 00 00 00  49 73 74 68 6d 75 73 20  |........Isthmus |",
        "00001030  6f 66 20 43 6f 72 69 6e  74 68 7f c3 bf 00 00 00  |of Corinth......|",
        "00001040  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
        "*",
        "00001060  00 00 00 00                                       |....|",
        "00001064",
        "",
      ].join("\n"),
    );
    const limited = await scene.run("inspect", "--hex", "--limit", "20", "kept");
    expect(limited.stdout).toEndWith("00001014\n… 80 more bytes: --limit 0\n");
    const [record] = await scene.json("inspect", "--section", "1", "--limit", "4", "kept");
    expect(record?.["dumps"]).toEqual([
      { section: "data", offset_bytes: 4096, length_bytes: 4, hex: "00000000" },
    ]);
  });

  test("of a damaged file shows what can be shown, and fails", async () => {
    await using scene = new Scene();
    scene.plant("garbage", "no segment");
    const text = await scene.run("inspect", "garbage");
    expect(text.stderr).toContain('Cannot open "garbage": its length must be');
    expect({ stdout: text.stdout, exitCode: text.exitCode }).toEqual({ stdout: "", exitCode: 1 });
    const hex = await scene.run("inspect", "--hex", "garbage");
    expect(hex.stdout).toContain("|no segment|");
    expect(hex.exitCode).toBe(1);
    const [record] = await scene.json("inspect", "garbage");
    expect(record).toMatchObject({ name: "garbage", error_code: "ERR_CORRUPT_SEGMENT" });
  });

  test("ends with 3 for a name or a section that is not there", async () => {
    await using scene = new Scene();
    await scene.start("memory prices");
    const name = await scene.run("inspect", "prises");
    expect(name.stderr).toBe('isthmus: Nothing has the name "prises"; see isthmus ls\n');
    expect(name.exitCode).toBe(3);
    const section = await scene.run("inspect", "--section", "mutex", "prices");
    expect(section.stderr).toContain('There is no section "mutex"; it has: data');
    expect(section.exitCode).toBe(3);
  });

  test("ends with 2 for a wrong command line", async () => {
    await using scene = new Scene();
    for (const args of [[], ["a", "b"], ["--limit", "-1", "a"], ["--limit", "1k", "a"]]) {
      const { stdout, exitCode } = await scene.run("inspect", ...args);
      expect({ args, stdout, exitCode }).toEqual({ args, stdout: "", exitCode: 2 });
    }
  });
});

/** The commands that show a file: its lines as they come, its bytes. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { linesOf } from "@isthmus/testing/lines-of";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MAIN, runCli } from "./support/run-cli.ts";

// Generous: the processes of a test may have to share a busy machine.
describe("isthmus follow", () => {
  test("prints what comes, tells of a rotation, and ends with 130", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("log", "old\n");
    const command = [process.execPath, MAIN, "follow", "--json", "--from", "start", path];
    await using child = Bun.spawn(command, {
      env: testEnvironment(),
      stdout: "pipe",
      stderr: "pipe",
    });
    const lines = linesOf(child.stdout);
    const next = async () => JSON.parse((await lines.next()).value as string);
    expect(await next()).toEqual({ path, line: "old", offset: 0, end: 4 });
    appendFileSync(path, "new\nunfin");
    expect(await next()).toEqual({ path, line: "new", offset: 4, end: 8 });
    appendFileSync(path, "ished\n");
    expect(await next()).toEqual({ path, line: "unfinished", offset: 8, end: 19 });
    renameSync(path, `${path}.1`);
    writeFileSync(path, "other\n");
    expect(await next()).toMatchObject({ path, event: "rotated" });
    expect(await next()).toEqual({ path, line: "other", offset: 0, end: 6 });
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
  });

  test("ends with 3 where there is no file, unless it waits for one", async () => {
    using directory = new TemporaryDirectory();
    const { exitCode, stderr } = await runCli(["follow", `${directory.path}/none`]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3 });
    expect(stderr).toStartWith("isthmus: ");
    expect((await runCli(["follow", "--from", "middle", "x"])).exitCode).toBe(2);
  });
});

describe("isthmus hexdump", () => {
  test("prints what hexdump -C prints", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", Buffer.from(`${"\0".repeat(64)}text\n`));
    const all = await runCli(["hexdump", path]);
    expect(all.stdout.split("\n")).toEqual([
      "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
      "*",
      `00000040  74 65 78 74 0a ${" ".repeat(34)} |text.|`,
      "00000045",
      "",
    ]);
    const part = await runCli(["hexdump", "--offset", "65", "--length", "2", path]);
    expect(part.stdout).toStartWith("00000041  65 78 ");
    const json = await runCli(["hexdump", "--json", "--offset", "62", path]);
    expect(JSON.parse(json.stdout)).toEqual({ offset: 62, hex: "0000746578740a" });
  });

  test("prints records of a schema", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", Uint8Array.of(9, 1, 2, 3, 4, 5));
    const schema = directory.file(
      "schema.ts",
      `export default { size: 2, encode() {}, cursor() {}, decode: (view: DataView, at: number) => ({ a: view.getUint8(at), b: view.getUint8(at + 1) }) };`,
    );
    const run = (...flags: string[]) => runCli(["hexdump", "--offset", "1", ...flags, path]);
    const { stdout } = await run("--schema", schema, "--json");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { offset: 1, value: { a: 1, b: 2 } },
      { offset: 3, value: { a: 3, b: 4 } },
    ]);
    expect((await run("--schema", schema)).stdout).toStartWith('00000001  {"a":1,"b":2}\n');
    expect((await run("--schema", path)).exitCode).not.toBe(0);
    const missing = await run("--schema", `${schema}.none`);
    expect(missing).toMatchObject({ stdout: "", exitCode: 3 });
    expect(missing.stderr).toBe(`isthmus: --schema ${schema}.none: there is no such module\n`);
    const broken = directory.file("broken.ts", 'import "./none.ts";');
    expect((await run("--schema", broken)).exitCode).toBe(1);
  });

  test("refuses an offset behind the end, and a file that is not there", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("a", "abc");
    expect((await runCli(["hexdump", "--offset", "4", path])).exitCode).toBe(2);
    expect((await runCli(["hexdump", `${path}.none`])).exitCode).toBe(3);
  });
});

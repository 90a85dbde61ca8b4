import { expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { json } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { Home } from "@isthmus/testing/home";
import { createPlaces } from "@isthmus/testing/places";
import { describeIf, isWindows } from "@isthmus/testing/requirement";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { ERASE_LINE } from "../src/output/erase-line.ts";
import { MAIN } from "./support/run-cli.ts";

/** What is typed, and as soon as which text has appeared. */
interface Typing {
  readonly at?: string;
  /** Ctrl-C unless given. */
  readonly keys?: string;
}

/** Runs the command in a terminal of 100 columns. */
async function runInTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { at, keys = "\x03" }: Typing = {},
) {
  const decoder = new TextDecoder();
  const closed = Promise.withResolvers<void>();
  let text = "";
  let isWaiting = at !== undefined;
  await using child = Bun.spawn([process.execPath, MAIN, ...args], {
    env: testEnvironment({ TERM: "xterm-256color", ...env }),
    terminal: {
      cols: 100,
      rows: 24,
      data: (terminal, bytes) => {
        text += decoder.decode(bytes, { stream: true });
        if (!isWaiting || !text.includes(at ?? "")) return;
        isWaiting = false;
        terminal.write(keys);
      },
      exit: () => closed.resolve(),
    },
  });
  const exitCode = await child.exited;
  await closed.promise;
  child.terminal?.close();
  return { text: text.replaceAll("\r\n", "\n"), exitCode };
}

describeIf(!isWindows, "a terminal of Unix")("in a terminal", () => {
  test.each([
    ["y\n", 0, "end      clean"],
    ["n\n", 1, "Nothing was changed"],
    ["\x04", 1, "Nothing was changed"],
    ["\x03", 130, "isthmus: interrupted"],
  ] as const)("a repair asks: %j ends it with %d", async (keys, exitCode, said) => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    Journal.open(path, { schema: json, segmentBytes: 65_536 }).dispose();
    const [segment = ""] = readdirSync(path).filter((name) => name.endsWith(".seg"));
    const file = openSync(join(path, segment), "r+");
    writeSync(file, Buffer.from("torn"), 0, 4, 60_000);
    closeSync(file);
    const env = { ISTHMUS_DIR: home.path };
    const run = await runInTerminal(["journal", path, "repair"], env, { at: "[y/N]", keys });
    expect(run.exitCode).toBe(exitCode);
    expect(run.text).toContain("Clear what is torn behind the last record? [y/N]");
    expect(run.text).toContain(said);
  });

  test("a long scan shows its progress, and Ctrl-C erases it before its last word", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("sparse", "x\n");
    // Far more than can be scanned before the key is pressed.
    truncateSync(path, 2 ** 42);
    const { text, exitCode } = await runInTerminal(["scan", path], {}, { at: "ETA" });
    expect(exitCode).toBe(130);
    expect(text).toMatch(/│ +0 % {2}\S+ \S*B\/s {2}ETA \S+/);
    const rest = text.slice(text.lastIndexOf(ERASE_LINE) + ERASE_LINE.length);
    expect(rest).toBe("\x1b[31misthmus: interrupted\x1b[39m\n");
  });

  test("a producer says on its one line what it waits for, and Ctrl-C erases it", async () => {
    using directory = new TemporaryDirectory();
    const { env } = createPlaces(directory);
    const { text, exitCode } = await runInTerminal(["producer", "--json"], env, {
      at: "waiting for a consumer of isthmus",
    });
    expect(exitCode).toBe(130);
    expect(text).toStartWith(`${ERASE_LINE}waiting for a consumer of isthmus`);
    const rest = text.slice(text.lastIndexOf(ERASE_LINE) + ERASE_LINE.length).split("\n");
    expect(JSON.parse(rest[0] ?? "")).toMatchObject({ role: "producer", messages: 0 });
    expect(rest.slice(1)).toEqual(["\x1b[31misthmus: interrupted\x1b[39m", ""]);
  });

  test("top has a screen of its own, cut to its size, and gives the old one back at Ctrl-C", async () => {
    using directory = new TemporaryDirectory();
    const { env } = createPlaces(directory);
    const { text, exitCode } = await runInTerminal(["top", "--interval-ms", "50"], env, {
      at: "Nothing has a name",
    });
    expect(exitCode).toBe(130);
    const [enter, leave] = ["\x1b[?1049h\x1b[?25l\x1b[H", "\x1b[?25h\x1b[?1049l"];
    expect(text).toStartWith(`${enter}\x1b[2misthmus top: 0 segments, every 50.0 ms, `);
    expect(text).toEndWith(`${leave}\x1b[31misthmus: interrupted\x1b[39m\n`);
    expect(text.split(enter)).toHaveLength(2);
    const screens = text.slice(enter.length, text.indexOf(leave)).split("\x1b[J");
    for (const line of screens.flatMap((screen) => screen.split(/\r?\n/))) {
      expect(Bun.stringWidth(line)).toBeLessThan(100);
    }
  });

  /** What stays on the screen: a scan that a busy machine makes long shows a line that it erases. */
  const lasting = (text: string): string => text.split(ERASE_LINE).at(-1) ?? "";

  test("a scan colours its result", async () => {
    using directory = new TemporaryDirectory();
    const { text } = await runInTerminal(["scan", directory.file("a", "x\n")]);
    expect(lasting(text)).toContain("\x1b[1m");
  });

  test.each([
    ["NO_COLOR", [], { NO_COLOR: "1" }],
    ["TERM=dumb", [], { TERM: "dumb" }],
    ["--no-color", ["--no-color"], {}],
  ] as const)("%s turns colour off", async (_, flags, env) => {
    using directory = new TemporaryDirectory();
    const { text } = await runInTerminal(["scan", ...flags, directory.file("a", "x\n")], env);
    expect(lasting(text)).not.toContain("\x1b[");
    expect(lasting(text)).toContain("lines");
  });
});

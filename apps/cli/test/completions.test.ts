/** What shells propose, asked of the real shells where they are installed. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { PATIENCE_MS } from "@isthmus/testing/patience";
import { testIf } from "@isthmus/testing/requirement";
import { runProgram, testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { SHELLS, type Shell } from "../src/manual/completion-script.ts";
import { runIsthmus } from "../src/run.ts";
import { createFakeHost } from "./support/fake-host.ts";
import { MAIN, runCli } from "./support/run-cli.ts";

function keep(...names: string[]): void {
  for (const name of names) {
    MemoryMappedFile.createNew(name, 16, { lifetime: "persistent" }).dispose();
  }
}

/** What is proposed in this test's own home. */
async function proposals(...words: string[]): Promise<string[]> {
  const host = createFakeHost();
  const exitCode = await runIsthmus(["completions", "bash", "--json", "--", ...words], host);
  const { stdout, stderr } = host.written;
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line).text));
}

describe("isthmus completions SHELL -- WORDS", () => {
  test("proposes every command, and every command's flags", async () => {
    using _home = new Home();
    const host = createFakeHost();
    await runIsthmus(["help", "--json"], host);
    const pages = host.written.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const names = pages.map(({ command }) => command.split(" ").slice(1));
    const top = names.filter(({ length }) => length === 1).flat();
    expect(await proposals("")).toEqual(top);
    expect(top.length).toBeGreaterThan(10);
    for (const [index, name] of names.entries()) {
      if (name.length === 0) continue;
      const flags = pages[index].flags.map((flag: { name: string }) => flag.name);
      expect({ name, flags: await proposals(...name, "--") }).toEqual({ name, flags });
    }
  });

  test.each([
    [["insp"], ["inspect"]],
    [
      ["inspect", ""],
      ["other", "tele one", "tele:two"],
    ],
    [
      ["inspect", "--hex", "tele"],
      ["tele one", "tele:two"],
    ],
    [["tail", "o"], ["other"]],
    [["rm", "other", "tele:"], ["tele:two"]],
    [["producer", "--channel", "ot"], ["other"]],
    [["producer", "--channel=ot"], ["--channel=other"]],
    [["producer", "--count", ""], []],
    [["chaos", "--only", "lo"], ["lock"]],
    [["benchmark", "--only", "pipes-s"], ["pipes-send"]],
    [["scan", ""], ["/files"]],
    [["scan", "--fi"], ["--find"]],
    [["benchmark", "--compare", ""], ["/files"]],
    [["journal", ""], ["/files"]],
    [
      ["journal", "j", ""],
      ["show", "verify", "repair", "export"],
    ],
    [["replay", ""], ["/files"]],
    [["replay", "j", "--to", "ot"], ["other"]],
    [["record", "--journal", ""], ["/files"]],
    [["record", "ot"], ["other"]],
    [["bridge", "--out", "ot"], ["other"]],
    [
      ["bridge", "--when-away", ""],
      ["hold", "drop", "spill"],
    ],
    [["bridge", "--credentials", ""], ["/files"]],
    [["help", "prod"], ["producer"]],
    [["completions", "z"], ["zsh"]],
    [["frobnicate", ""], []],
    [["--vers"], ["--version"]],
  ])("%j: %j", async (words, expected) => {
    using home = new Home();
    keep("other", "tele one", "tele:two");
    home.plant("escape\x1b[31m", "no name that one should type");
    expect(await proposals(...words)).toEqual(expected);
  });

  test("refuses a shell that it does not know", async () => {
    const { stdout, stderr, exitCode } = await runCli(["completions", "tcsh"]);
    expect(stderr).toBe(
      'isthmus: There are completions for bash, zsh, fish: received "tcsh". See isthmus completions --help\n',
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  });
});

/** How each shell is started without anybody's settings; the command is a function that leads to our sources. */
const STARTS: Readonly<Record<Shell, readonly string[]>> = {
  bash: ["bash", "--noprofile", "--rcfile"],
  zsh: ["zsh", "-f", "-i"],
  fish: ["fish", "--no-config"],
};
const PROMPT = "what now> ";
const COMMAND = `isthmus() { "$BUN" "$MAIN" "$@"; }`;

/** An interactive shell at a terminal. */
class Session implements AsyncDisposable {
  #screen = "";
  #watch: () => void = () => undefined;
  readonly #child: Bun.Subprocess;

  constructor(command: readonly string[], env: Record<string, string>) {
    this.#child = Bun.spawn([...command], {
      env: testEnvironment({ ...env, TERM: "dumb", BUN: process.execPath, MAIN }),
      terminal: {
        cols: 200,
        rows: 50,
        data: (_, bytes) => {
          this.#screen += Buffer.from(bytes).toString();
          this.#watch();
        },
      },
    });
  }

  /** Types; waits until a text has appeared. */
  async type(keys: string, expected: string): Promise<void> {
    const seen = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => seen.reject(new Error(`${JSON.stringify(expected)} is not on ${this.#screen}`)),
      PATIENCE_MS / 2,
    );
    this.#watch = () => {
      if (!this.#screen.includes(expected)) return;
      this.#screen = this.#screen.slice(this.#screen.indexOf(expected) + expected.length);
      seen.resolve();
    };
    this.#child.terminal?.write(keys);
    this.#watch();
    await seen.promise;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#child.terminal?.close();
  }
}

describe.each(SHELLS)("%s", (shell) => {
  testIf(Bun.which(shell) !== null, shell)(
    "completes commands, flags, values and names",
    async () => {
      using home = new Home();
      using directory = new TemporaryDirectory();
      keep("telemetry", "odd name", "app:orders");
      const env = { ISTHMUS_DIR: home.path, BUN: process.execPath, MAIN };
      const { stdout } = await runCli(["completions", shell]);
      const script = directory.file("script", stdout);
      if (shell === "fish") {
        const ask = async (line: string): Promise<string> => {
          const load = `function isthmus; $BUN $MAIN $argv; end; source ${script}; complete -C '${line}'`;
          const result = await runProgram([...STARTS.fish, "-c", load], { env });
          expect({ stderr: result.stderr, exitCode: result.exitCode }).toEqual({
            stderr: "",
            exitCode: 0,
          });
          return result.stdout;
        };
        expect(await ask("isthmus insp")).toStartWith("inspect\tShow one segment");
        expect(await ask("isthmus producer --ch")).toStartWith("--channel\tThe channel");
        expect(await ask("isthmus inspect tel")).toStartWith("telemetry\t");
        expect(await ask("isthmus inspect ")).toMatch(
          /^app:orders\t.*\nodd.*name.*\t.*\ntelemetry\t/,
        );
        expect(await ask(`isthmus scan ${directory.file("long-", "x").slice(0, -1)}`)).toContain(
          "long-",
        );
        return;
      }
      const begin = `${shell === "zsh" ? "autoload -Uz compinit; compinit -u -D; " : ""}${COMMAND}; source ${script}`;
      const start = directory.file("start", `${begin}\nPS1='${PROMPT}'\n`);
      const command = shell === "bash" ? [...STARTS.bash, start, "-i"] : STARTS.zsh;
      await using session = new Session(command, env);
      if (shell === "zsh") await session.type(`. ${start}\n`, PROMPT);
      else await session.type("", PROMPT);
      await session.type("isthmus insp\t", "isthmus inspect ");
      await session.type("tel\t", "telemetry");
      await session.type("\x15isthmus inspect app:o\t", "app:orders");
      await session.type("\x15isthmus inspect od\t", "odd\\ name");
      await session.type("\x15isthmus producer --cha\t", "--channel");
      await session.type(" tel\t", "telemetry");
      await session.type("\x15isthmus chaos --only lo\t", "lock");
      directory.file("only-file", "x");
      await session.type(`\x15isthmus scan ${directory.file("only-")}\t`, "only-file");
    },
  );
});

/**
 * The packages as users of Node.js and Deno get them: installed from their tarballs, in a project outside the repository, where
 * there is no Bun. `bun run test:runtimes` runs this.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../packages/testing/src/patience.ts";
import { collectExamples } from "./examples.ts";
import { packAll } from "./pack/pack.ts";
import { attempt } from "./pack/run-alone.ts";
import { ROOT, SHIPPED } from "./pack/shipped.ts";

const EXAMPLES = collectExamples(ROOT, [
  "README.md",
  ...SHIPPED.map(({ directory }) => `${directory}/README.md`),
]);
const RECORDS = 20_000;
/** A hook has a limit of its own. */
const PACK_MS = 240_000;

/** How each runtime is named, and runs a program and the installed command. */
const RUNTIMES = [
  {
    name: "Node.js",
    variable: "ISTHMUS_TEST_NODE",
    program: ["node", "--disable-warning=ExperimentalWarning"],
    command: ["npx", "--no-install", "isthmus"],
  },
  {
    name: "Deno",
    variable: "ISTHMUS_TEST_DENO",
    program: ["deno", "run", "--allow-all"],
    command: ["deno", "run", "--allow-all", "npm:@isthmus/cli"],
  },
] as const;

let place = "";
let project = "";

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "isthmus-runtimes-"));
  project = join(place, "project");
  const programs = join(place, "bin");
  for (const directory of [project, programs]) mkdirSync(directory);
  const found = ["sh", "npm", "npx"].map((name) => [name, Bun.which(name)]);
  const given = RUNTIMES.map(({ program, variable }) => [program[0], process.env[variable]]);
  for (const [name, path] of [...found, ...given]) {
    if (name && path) symlinkSync(path, join(programs, name));
  }
  const packed = await packAll(join(place, "packed"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  const tarballs = packed.map(({ tarball }) => tarball);
  await mustRun("npm", "install", "--no-audit", "--no-fund", ...tarballs);
}, PACK_MS);

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Runs a program where there is no Bun. */
function runAlone(...command: string[]) {
  // What the shell finds, it finds there, and Bun.spawn looks for programs in its own PATH.
  const [name = "", ...rest] = command;
  return attempt(project, [join(place, "bin", name), ...rest], { PATH: join(place, "bin") });
}

async function mustRun(...command: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runAlone(...command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs the command on Bun, in the same directory of names. */
async function onBun(...input: string[]): Promise<string> {
  const main = join(project, "node_modules/@isthmus/cli/dist/main.js");
  const { stdout, stderr, exitCode } = await attempt(project, [process.execPath, main, ...input]);
  if (exitCode !== 0) throw new Error(`${input.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}

/** The machine's own, and which it is. */
const installed = Bun.which("node");
const version = installed && Bun.spawnSync([installed, "--version"]).stdout.toString().trim();

test.skipIf(!installed || Bun.semver.order(version?.slice(1) ?? "", "26.10.0") >= 0)(
  "the command says so on a Node.js that is too old",
  async () => {
    const starter = "node_modules/@isthmus/cli/dist/isthmus.js";
    const { stderr, exitCode } = await attempt(project, [installed ?? "", starter, "ls"]);
    const found = `isthmus: Cannot run Isthmus on Node.js ${version?.slice(1)}: it needs Node.js`;
    expect(stderr).toStartWith(found);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(exitCode).toBe(1);
  },
);

test.skipIf(RUNTIMES.some(({ variable }) => process.env[variable] === undefined))(
  "each figure of bench:runtimes is measured on all three",
  async () => {
    const benchmark = [process.execPath, join(ROOT, "scripts/bench-runtimes.ts"), "1"];
    const { stdout, stderr, exitCode } = await attempt(ROOT, benchmark);
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
    const rows = stdout.split("\n").filter((line) => line.startsWith("| "));
    const figures = rows.slice(2).map((row) => row.split(" | ").slice(1, 4).map(Number));
    expect(figures.length).toBe(9);
    expect(figures.flat().every((nanoseconds) => nanoseconds > 0)).toBe(true);
    expect(stdout).toMatch(/: Bun [0-9.]+x .*, Node.js [0-9.]+x .*, Deno [0-9.]+x /);
  },
);

for (const { name, variable, program, command } of RUNTIMES) {
  describe.skipIf(process.env[variable] === undefined)(name, () => {
    const isthmus = (...input: string[]) => mustRun(...command, ...input);

    test.each(EXAMPLES)("runs the example at $place", async ({ code }) => {
      writeFileSync(join(project, "example.ts"), `${code}\nexport {};\n`);
      await mustRun(...program, "example.ts");
      // A program that leaves something in shared memory was not the example that it should be.
      expect(readdirSync(join(project, "named"))).toEqual([]);
    });

    test("lists and inspects, sends to Bun and receives from it", async () => {
      const channel = ["--channel", "between"];
      for (const [send, receive] of [
        [isthmus, onBun],
        [onBun, isthmus],
      ] as const) {
        const count = ["--count", String(RECORDS)];
        const sending = send("producer", ...channel, ...count, "--json", "--quiet");
        const listed = async () => JSON.parse((await isthmus("ls", "--json")) || "{}");
        await until(async () => (await listed()).name === "between", "the producer's channel");
        expect(JSON.parse(await isthmus("inspect", "between", "--json"))).toMatchObject({
          name: "between",
          kind: "channel",
        });
        const received = JSON.parse(await receive("consumer", ...channel, "--json", "--quiet"));
        expect(received).toMatchObject({ messages: RECORDS, lost: 0, corrupt: 0 });
        expect(JSON.parse(await sending)).toMatchObject({ messages: RECORDS });
        expect(await isthmus("ls")).toBe("");
      }
    });

    test("scans as Bun does", async () => {
      writeFileSync(join(project, "text"), "one two\nthree ERROR four\n".repeat(50_000));
      const input = ["scan", "--find", "ERROR", "--top", "1", "--json", "text"];
      const { elapsed_ms, bytes_per_second, ...found } = JSON.parse(await isthmus(...input));
      expect(JSON.parse(await onBun(...input))).toMatchObject(found);
      expect(found).toMatchObject({ lines: 100_000, matches: 50_000 });
    });

    test("says what it is and is called, and what it lacks", async () => {
      const version = JSON.parse(await isthmus("version", "--json"));
      expect(Object.keys(version)).toContain(program[0]);
      expect(await isthmus("ls", "--help")).toStartWith(
        `USAGE\n  ${command.join(" ").replace("--no-install ", "")} ls`,
      );
      const { stdout, exitCode } = await runAlone(...command, "doctor");
      expect(stdout).toContain(name);
      expect(stdout).toContain("no SIGBUS guard");
      expect(exitCode).toBe(0);
    });

    test.each(["dashboard", "demo", "benchmark", "chaos"])(
      "says that %s needs Bun",
      async (what) => {
        const { stdout, stderr, exitCode } = await runAlone(...command, what);
        expect(stdout).toBe("");
        expect(stderr.replace(/\s+/g, " ")).toMatch(
          new RegExp(
            `^isthmus: Cannot run "isthmus ${what}" on ${name} [0-9.]+: this command needs Bun;`,
          ),
        );
        expect(exitCode).toBe(1);
      },
    );
  });
}

/** The packages as a user gets them: installed from their tarballs, in empty projects, outside the repository. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectExamples } from "./examples.ts";
import { type PackedPackage, packAll } from "./pack/pack.ts";
import { run } from "./pack/run-alone.ts";
import { ROOT, SHIPPED } from "./pack/shipped.ts";

const EXAMPLES = collectExamples(ROOT, [
  "README.md",
  ...SHIPPED.map(({ directory }) => `${directory}/README.md`),
]);
/** As old as a compiler may be that reads the declarations. */
const OLD_TYPESCRIPT = "5.7.3";
/** A hook has a limit of its own. */
const PACK_MS = 240_000;
/** So old that they lack what a newer library of the language has. */
const NODE_TYPES = "22.19.0";
const TSC = join(ROOT, "node_modules", ".bin", "tsc");

let place = "";
let packed: readonly PackedPackage[] = [];

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "isthmus-packages-"));
  packed = await packAll(join(place, "packed"));
}, PACK_MS);

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** Makes a project whose programs are the examples of every README. */
function makeProject(name: string): { readonly directory: string; readonly programs: string[] } {
  const directory = join(place, name);
  mkdirSync(join(directory, "src"), { recursive: true });
  const programs = EXAMPLES.map(({ code }, index) => {
    const program = join("src", `example-${index}.ts`);
    writeFileSync(join(directory, program), `${code}\nexport {};\n`);
    return program;
  });
  return { directory, programs };
}

function writeConfig(directory: string, compilerOptions: object): void {
  const config = { compilerOptions, include: ["src"] };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
}

function tarballs(...names: string[]): string[] {
  return packed.filter(({ name }) => names.includes(name)).map(({ tarball }) => tarball);
}

const LIBRARIES = ["@isthmus/core", "@isthmus/ipc", "@isthmus/store", "@isthmus/bridge"];

/** Tells what is called otherwise than it is exported: a bundler renames what stands in its way, and errors show their class. */
const NAMES = `
import * as core from "@isthmus/core";
import * as ipc from "@isthmus/ipc";
import * as store from "@isthmus/store";
const all = [core, ipc, store].flatMap((each) => Object.entries(each));
const isNamed = (value: unknown): value is Function => typeof value === "function" && value.name !== "";
console.log(JSON.stringify(all.filter(([name, value]) => isNamed(value) && value.name !== name).map(([name]) => name)));
try {
  core.MemoryMappedFile.createFromFile("missing");
} catch (error) {
  console.log((error as Error).constructor.name);
}
`;

describe("every package", () => {
  test("says what it is, and leads nowhere into the workspace", async () => {
    for (const { directory, tarball } of packed) {
      const text = readFileSync(join(directory, "package.json"), "utf8");
      expect(text).not.toMatch(/workspace:|catalog:|\.\/src\//);
      expect(Object.keys(JSON.parse(text))).toEqual(
        expect.arrayContaining([
          "description",
          "keywords",
          "license",
          "repository",
          "engines",
          "os",
        ]),
      );
      const files = (await run(place, "tar", "-tzf", tarball)).trim().split("\n");
      expect(files).toEqual(expect.arrayContaining(["package/README.md", "package/LICENSE"]));
      expect(files.filter((file) => /\/test\/|(?<!\.d)\.ts$/.test(file))).toEqual([]);
      for (const file of files.filter((each) => /(?<!unsupported|\/isthmus)\.js$/.test(each))) {
        const code = await Bun.file(join(directory, file.replace("package/", ""))).text();
        // A line that only names what another file exports has nothing to be mapped.
        if (!/^export \{[^}]*\} from "[^"]+";\n$/.test(code))
          expect(files).toContain(`${file}.map`);
      }
      for (const map of new Bun.Glob("dist/*.map").scanSync({ cwd: directory, absolute: true })) {
        const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: string[] };
        expect(sources.filter((source) => !/^\.\.\/(?!\.)/.test(source))).toEqual([]);
      }
    }
  });

  test("has no declaration that leads to sources or to the types of Bun", () => {
    for (const { directory } of packed) {
      for (const file of new Bun.Glob("**/*.d.ts").scanSync({ cwd: directory, absolute: true })) {
        const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
        expect({
          file,
          found: code.match(/"[^"]*\.ts"|(?:from |\()"bun[^"]*"|\bBun\.|reference /g),
        }).toEqual({
          file,
          found: null,
        });
      }
    }
  });

  test("is found to be in order by publint and attw", async () => {
    for (const { name, tarball } of packed) {
      await run(ROOT, "bunx", "--no-install", "publint", "run", "--strict", tarball);
      if (!LIBRARIES.includes(name)) continue;
      await run(
        ROOT,
        "bunx",
        "--no-install",
        "attw",
        tarball,
        "--profile",
        "esm-only",
        "--format",
        "ascii",
      );
    }
  });
});

describe("a project by bun init", () => {
  test("type-checks, runs, bundles and compiles the examples", async () => {
    const { directory, programs } = makeProject("by-bun");
    await run(directory, process.execPath, "init", "--yes");
    await run(directory, process.execPath, "add", ...tarballs(...LIBRARIES));
    await run(directory, TSC, "-p", ".");
    writeFileSync(join(directory, "names.ts"), NAMES);
    expect(await run(directory, process.execPath, "names.ts")).toBe("[]\nSystemError\n");
    await runAll(directory, programs);
    for (const [index, program] of programs.entries()) {
      const bundle = join("bundled", `example-${index}.js`);
      await run(
        directory,
        process.execPath,
        "build",
        "--target=bun",
        `--outfile=${bundle}`,
        program,
      );
      await runAll(directory, [bundle]);
    }
    const executable = join(directory, "example");
    const compile = ["build", "--compile", `--outfile=${executable}`, programs[0] ?? ""];
    await run(directory, process.execPath, ...compile);
    await run(directory, executable);
  });
});

describe("a project by npm", () => {
  test("emits under nodenext with no types but Node's, and runs what was emitted", async () => {
    const { directory, programs } = makeProject("by-npm");
    writeFileSync(
      join(directory, "package.json"),
      JSON.stringify({ type: "module", private: true }),
    );
    const types = [`@types/node@${NODE_TYPES}`, `typescript@${OLD_TYPESCRIPT}`];
    await run(directory, "npm", "install", "--no-audit", ...types, ...tarballs(...LIBRARIES));
    writeConfig(directory, {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      target: "es2023",
      lib: ["es2023"],
      module: "nodenext",
      moduleResolution: "nodenext",
      types: ["node"],
      skipLibCheck: false,
      declaration: true,
      rootDir: "src",
      outDir: "out",
    });
    for (const compiler of [TSC, join(directory, "node_modules", ".bin", "tsc")]) {
      rmSync(join(directory, "out"), { recursive: true, force: true });
      await run(directory, compiler, "-p", ".");
      await runAll(
        directory,
        programs.map((program) => program.replace("src", "out").replace(/ts$/, "js")),
      );
    }
  });
});

describe("the command", () => {
  test("runs where its package is installed, and says what it is called there", async () => {
    const directory = join(place, "command");
    mkdirSync(directory);
    writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true }));
    await run(directory, process.execPath, "add", ...tarballs("@isthmus/cli"));
    await smoke(directory, "bunx isthmus", process.execPath, "x", "--no-install", "isthmus");
    const page = join(directory, "node_modules/@isthmus/cli/man/isthmus.1");
    expect(readFileSync(page, "utf8")).toStartWith(".TH ISTHMUS 1 ");
  });

  test.each(["its source", "its bundle"])("is one executable, made of %s", async (what) => {
    const directory = join(place, `executable of ${what}`);
    mkdirSync(directory);
    const { directory: shipped = "" } = packed.find(({ name }) => name === "@isthmus/cli") ?? {};
    const isSource = what === "its source";
    const main = isSource ? join(ROOT, "apps/cli/src/main.ts") : join(shipped, "dist/main.js");
    const executable = join(directory, "shm");
    await run(directory, process.execPath, "build", "--compile", `--outfile=${executable}`, main);
    // Alone: without the sources, without Bun.
    const alone = join(directory, "alone");
    mkdirSync(alone);
    await smoke(alone, "shm", executable);
  });
});

/** Runs programs, each in its own empty directory of named memory. */
async function runAll(directory: string, programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    await run(directory, process.execPath, program);
    // A program that leaves something in shared memory was not the example that it should be.
    expect(readdirSync(join(directory, "named"))).toEqual([]);
  }
}

async function smoke(directory: string, name: string, ...command: string[]): Promise<void> {
  const help = await run(directory, ...command, "--help");
  expect(help).toMatch(new RegExp(`\\n  ${name} scan app\\.log\\s`));
  expect(await run(directory, ...command, "ls", "--help")).toStartWith(`USAGE\n  ${name} ls`);
  expect(await run(directory, ...command, "--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
  await run(directory, ...command, "ls");
  expect(await run(directory, ...command, "doctor")).toMatch(/, 0 failed\n$/);
  writeFileSync(join(directory, "text"), "one two\nthree\n");
  const scanned = JSON.parse(await run(directory, ...command, "scan", "--json", "text"));
  expect(scanned).toMatchObject({ bytes: 14, lines: 2, words: 3 });
  const steps = (await run(directory, ...command, "demo", "--json")).trim().split("\n");
  expect(steps.map((line) => JSON.parse(line)).filter(({ ok }) => !ok)).toEqual([]);
}

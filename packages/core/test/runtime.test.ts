/** Runtimes on which the library does not work are refused in words, before anything of theirs breaks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { expectCode } from "@isthmus/testing/expect-code";
import { bundlingTest, isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { BUN_MINIMUM, checkRuntime } from "../src/native/runtime.ts";

// Generous: the processes of a test may have to share a busy machine.
setDefaultTimeout(60_000);

const ROOT = join(import.meta.dir, "..", "..", "..");
const INSTALL = 'install it from https://bun.sh and start the program with "bun"';

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

describe("checkRuntime()", () => {
  for (const bun of ["1.4.4", "1.4.5", "1.4.10", "1.5.0", "2.0.0", "1.5.0-canary.3+0123abc"]) {
    test(`accepts Bun ${bun}`, () => checkRuntime({ bun, node: "24.3.0" }));
  }

  for (const bun of ["1.4.3", "1.4.0", "1.3.10", "0.8.9", "1.4.3-canary.1", "unknown"]) {
    test(`refuses Bun ${bun}, and says so`, () => {
      const check = () => checkRuntime({ bun, node: "24.3.0" });
      const { message } = expectCode(check, "NotSupportedError", "ERR_NOT_SUPPORTED");
      const what = `Cannot run Isthmus on Bun ${bun}: it needs Bun ${BUN_MINIMUM} or later`;
      expect(message).toBe(`${what}; run "bun upgrade"`);
    });
  }

  test.each([
    ["Node.js", "26.9.1", { node: "26.9.1" }, { node: "26.10.0" }],
    ["Deno", "2.8.0", { deno: "2.8.0", node: "26.10.0" }, { deno: "2.9.6", node: "24.0.0" }],
  ])("refuses an old %s, and accepts one that has been tried", (name, version, old, tried) => {
    const needs = `it needs Bun ${BUN_MINIMUM} or later; ${INSTALL}`;
    expect(() => checkRuntime(old)).toThrow(`on ${name} ${version}: ${needs}`);
    checkRuntime(tried);
  });
});

describe("a Bun that is too old", () => {
  const uses: Readonly<Record<string, string>> = {
    "createNew()": "core.MemoryMappedFile.createNew(null, 1)",
    "createNew() of a name": 'core.MemoryMappedFile.createNew("name", 1)',
    "createFromFile()":
      "core.MemoryMappedFile.createFromFile(process.execPath, { access: 'read' })",
    "mapFile()": "core.mapFile(process.execPath)",
    pageSize: "core.MemoryMappedFile.pageSize",
    isGuarded: "core.MemoryMappedFile.isGuarded",
    "platform()": "internal.platform()",
  };
  test.each(Object.entries(uses))("is refused by %s", (_what, use) => {
    using directory = new TemporaryDirectory();
    const program = `
      Object.defineProperty(process.versions, "bun", { value: "1.4.3" });
      const core = await import(${JSON.stringify(join(ROOT, "packages/core/src/index.ts"))});
      const internal = await import(${JSON.stringify(join(ROOT, "packages/core/src/internal.ts"))});
      try { ${use}; console.log("no error"); } catch (e) { console.log(e.name, e.code, e.message); }`;
    const env = { ...process.env, ISTHMUS_DIR: directory.path };
    const { stdout } = Bun.spawnSync([process.execPath, "-e", program], { env });
    const what = `NotSupportedError ERR_NOT_SUPPORTED Cannot run Isthmus on Bun 1.4.3`;
    expect(stdout.toString()).toStartWith(what);
  });
});

testIf(isLinux, "Linux")("a program whose file was removed, as by an upgrade, goes on", () => {
  using directory = new TemporaryDirectory();
  const bun = directory.file("bun");
  copyFileSync(process.execPath, bun, constants.COPYFILE_FICLONE);
  const program = `
    require("node:fs").unlinkSync(${JSON.stringify(bun)});
    const { MemoryMappedFile } = await import("${ROOT}/packages/core/src/index.ts");
    using memory = MemoryMappedFile.createNew(null, 1);
    console.log(memory.capacity, MemoryMappedFile.isGuarded);`;
  const { stdout, stderr } = Bun.spawnSync([bun, "-e", program]);
  expect([stdout.toString(), stderr.toString()]).toEqual(["1 true\n", ""]);
});

describe("packages", () => {
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}/package.json`),
  );
  const packages = ["package.json", ...folders.filter((path) => existsSync(join(ROOT, path)))];

  test.each(packages)("%s names the oldest Bun that will do", (path) => {
    expect(JSON.parse(read(path)).engines).toEqual({ bun: `>=${BUN_MINIMUM}` });
  });

  for (const name of ["core", "ipc", "store"]) {
    test(`@isthmus/${name} has each of its names for other runtimes, too`, async () => {
      const stub = new Bun.Transpiler().scan(read(`packages/${name}/src/unsupported.js`));
      const index = await import(join(ROOT, "packages", name, "src", "index.ts"));
      expect(stub.exports.sort()).toEqual(Object.keys(index).sort());
    });
  }

  testIf(Bun.which("node") !== null, "Node.js")("say on Node what to do", () => {
    for (const [name, used] of [
      ["core", "MemoryMappedFile"],
      ["ipc", "NamedMutex"],
    ]) {
      const program = `import { ${used} } from "@isthmus/${name}"; ${used}.createOrOpen("x", 1);`;
      const command = ["node", "--input-type=module", "-e", program];
      const cwd = join(ROOT, "packages", "ipc");
      const { stderr, exitCode } = Bun.spawnSync(command, { cwd });
      expect(stderr.toString()).toContain(`it needs Bun ${BUN_MINIMUM} or later; ${INSTALL}`);
      expect(stderr.toString()).toContain("code: 'ERR_NOT_SUPPORTED'");
      expect(exitCode).not.toBe(0);
    }
  });

  for (const name of ["core", "ipc", "store"]) {
    bundlingTest(`@isthmus/${name} says it in a bundle for Node as well`, () => {
      using directory = new TemporaryDirectory();
      const scope = join(directory.path, "node_modules", "@isthmus");
      mkdirSync(scope, { recursive: true });
      symlinkSync(join(ROOT, "packages", name), join(scope, name));
      const program = directory.file(
        "program.js",
        `import * as all from "@isthmus/${name}";\nall.name;`,
      );
      const built = join(directory.path, "out.js");
      const build = [process.execPath, "build", program, "--target=node", `--outfile=${built}`];
      expect(Bun.spawnSync(build).exitCode).toBe(0);
      const { stderr } = Bun.spawnSync([process.execPath, built]);
      expect(stderr.toString()).toContain('build it with "--target=bun"');
    });
  }
});

/** Runtimes on which the library does not work are refused in words, before anything of theirs breaks. */
import { describe, expect, test } from "bun:test";
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
import {
  BUN_MINIMUM,
  checkRuntime,
  checkSharing,
  engine,
  NODE_MINIMUM,
} from "../src/native/runtime.ts";

// Generous: the processes of a test may have to share a busy machine.
const ROOT = join(import.meta.dir, "..", "..", "..");
const LIBRARIES = ["core", "ipc", "store", "bridge"];
const SHIPPED = [...LIBRARIES.map((name) => `packages/${name}`), "apps/cli"];

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
    ["Node.js", "26.9.1", "26.10.0", { node: "26.9.1" }, { node: "26.10.0" }],
    ["Deno", "2.8.0", "2.9.6", { deno: "2.8.0", node: "26.10.0" }, { deno: "2.9.6", node: "24.0" }],
  ])(
    "refuses an old %s, and accepts one that has been tried",
    (name, version, minimum, old, tried) => {
      expect(() => checkRuntime(old)).toThrow(
        `Cannot run Isthmus on ${name} ${version}: it needs ${name} ${minimum} or later; `,
      );
      checkRuntime(tried);
    },
  );
});

describe("checkSharing()", () => {
  test("accepts a runtime that gives the memory itself", () => checkSharing(engine));

  test("refuses one that gives a copy", () => {
    const borrowedBuffer = (address: number, lengthBytes: number) =>
      engine.borrowedBuffer(address, lengthBytes).slice();
    const check = () => checkSharing({ addressOf: engine.addressOf, borrowedBuffer });
    const { message } = expectCode(check, "NotSupportedError", "ERR_NOT_SUPPORTED");
    const what = `Cannot run Isthmus on Bun ${Bun.version}: it copies memory that is to be shared; `;
    expect(message).toStartWith(what);
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
  const shipped = SHIPPED.map((path) => `${path}/package.json`);

  test.each(packages)("%s names the oldest runtimes that will do", (path) => {
    const engines = { bun: `>=${BUN_MINIMUM}`, node: `>=${NODE_MINIMUM}` };
    const wanted = shipped.includes(path) ? engines : { bun: engines.bun };
    expect(JSON.parse(read(path)).engines).toEqual(wanted);
  });

  for (const name of LIBRARIES) {
    test(`@isthmus/${name} has each of its names for browsers, too`, async () => {
      const stub = new Bun.Transpiler().scan(read(`packages/${name}/src/unsupported.js`));
      const index = await import(join(ROOT, "packages", name, "src", "index.ts"));
      expect(stub.exports.sort()).toEqual(Object.keys(index).sort());
    });
  }

  /** Bundles a program that uses a package; returns how the bundle runs. */
  function runBundle(target: string, name: string, code: string, command = process.execPath) {
    using directory = new TemporaryDirectory();
    const scope = join(directory.path, "node_modules", "@isthmus");
    mkdirSync(scope, { recursive: true });
    for (const each of LIBRARIES) symlinkSync(join(ROOT, "packages", each), join(scope, each));
    const program = directory.file(
      "program.js",
      `import * as all from "@isthmus/${name}";\n${code}`,
    );
    const built = join(directory.path, "out.mjs");
    const build = [process.execPath, "build", program, `--target=${target}`, `--outfile=${built}`];
    expect(Bun.spawnSync(build).exitCode).toBe(0);
    const env = { ...process.env, ISTHMUS_DIR: join(directory.path, "named") };
    const { stdout, stderr } = Bun.spawnSync([command, built], { env });
    return { stdout: stdout.toString(), stderr: stderr.toString() };
  }

  for (const name of LIBRARIES) {
    bundlingTest(`@isthmus/${name} says what to do in a bundle for browsers`, () => {
      const { stderr } = runBundle("browser", name, "all.name;");
      expect(stderr).toContain('build it with "--target=bun" or "--platform=node"');
    });
  }

  const USE = `
    using memory = all.MemoryMappedFile.createNew(null, 1);
    console.log(memory.capacity, all.MemoryMappedFile.isGuarded);`;

  bundlingTest("run on Bun in a bundle for Node.js", () => {
    expect(runBundle("node", "core", USE)).toEqual({ stdout: "1 true\n", stderr: "" });
  });

  const node = process.env["ISTHMUS_TEST_NODE"];
  testIf(node !== undefined, "ISTHMUS_TEST_NODE, which `bun run test:runtimes` sets")(
    "run on Node.js in a bundle for it",
    () => expect(runBundle("node", "core", USE, node).stdout).toBe("1 false\n"),
  );
});

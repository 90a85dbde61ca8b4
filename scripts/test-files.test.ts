/** Which test files are run, by what, and for how long. */
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { gateFiles } from "./test.ts";
import { allTestFiles, askedFiles, portionsOf, testFiles } from "./test-files.ts";

const ROOT = join(import.meta.dir, "..");
const SYNC = "packages/ipc/test/sync/";

test("words name files by a part of their path, and what follows a minus is for bun test", () => {
  expect(askedFiles([])).toBeUndefined();
  expect(askedFiles(["ipc/test/sync/", "-t", "by SIGKILL"])).toEqual({
    files: testFiles(SYNC),
    options: ["-t", "by SIGKILL"],
  });
  expect(askedFiles(["nowhere/"])).toEqual({ files: [], options: [] });
});

test("files are named by the beginning of their path", () => {
  const files = testFiles(SYNC);
  expect(files).toContain(`${SYNC}named-mutex.test.ts`);
  expect(files.every((file) => file.startsWith(SYNC))).toBe(true);
  expect(testFiles("ipc/test/sync/")).toEqual([]);
  expect(allTestFiles()).toEqual(expect.arrayContaining(files));
});

test("no file of the workspace is forgotten, and none is run twice", () => {
  const folders = readdirSync(ROOT).filter((name) => !/^\.|node_modules/.test(name));
  const files = folders.flatMap((folder) => [...new Glob(`${folder}/**/*.test.ts`).scanSync(ROOT)]);
  const ours = files.filter((file) => !file.includes("node_modules"));
  expect(gateFiles().toSorted()).toEqual(ours.toSorted());
});

test("neighbours share a process, up to a number", () => {
  const files = ["1", "2", "3", "4", "5"];
  const filesOf = (filesPerProcess?: number): (readonly string[])[] =>
    portionsOf({ program: [], files, ...(filesPerProcess && { filesPerProcess }) }).map(
      (portion) => portion.files,
    );
  expect(filesOf()).toEqual([["1"], ["2"], ["3"], ["4"], ["5"]]);
  expect(filesOf(2)).toEqual([["1", "2"], ["3", "4"], ["5"]]);
  expect(filesOf(9)).toEqual([files]);
});

const PATIENT = `
import { expect, test } from "bun:test";
import { PATIENCE_MS, patient, TEST_MS } from "${join(import.meta.dir, "..", "packages/testing/src/patience.ts")}";
test("patience", () => {
  expect([patient(10), TEST_MS / patient(1), PATIENCE_MS]).toEqual([30, 600_000, 540_000]);
});
test("fails", () => expect(process.execPath).toBe("elsewhere"));
`;

/** Runs files of a workspace, by lines of a program that has what such a run takes as `alike`. */
function runFiles(files: Readonly<Record<string, string>>, program: string) {
  const workspace = mkdtempSync(join(tmpdir(), "isthmus-files-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, name), text);
    const script = `
      import { runTestFiles } from ${JSON.stringify(join(import.meta.dir, "test-files.ts"))};
      const alike = { program: [process.execPath], workspace: ${JSON.stringify(workspace)} };
      ${program}`;
    const { stdout, exitCode } = Bun.spawnSync([process.execPath, "-e", script], {
      env: { ...process.env, ISTHMUS_TEST_PATIENCE: "1" },
    });
    return { lines: stdout.toString().split("\n"), exitCode };
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

test("each process is told how patient to be, and what fails says so", () => {
  const { lines, exitCode } = runFiles(
    { "a.test.ts": PATIENT, "b.test.ts": PATIENT },
    `const patient = { ...alike, patience: 3, files: ["a.test.ts", "b.test.ts"] };
     await runTestFiles([patient, { ...patient, options: ["-t", "patience"], filesPerProcess: 2 }]);`,
  );
  expect(lines.filter((line) => /^(ok|FAIL) /.test(line)).sort()).toEqual([
    expect.stringMatching(/^FAIL a\.test\.ts: 1 pass, 1 fail \[/),
    expect.stringMatching(/^FAIL b\.test\.ts: 1 pass, 1 fail \[/),
    expect.stringMatching(/^ok {3}a\.test\.ts to b\.test\.ts, 2 files: 2 pass \[/),
  ]);
  expect(lines.filter((line) => line === "a.test.ts:").length).toBe(1);
  expect(lines.at(-2)).toMatch(/^4 pass, 0 skip, 2 fail; 1 of 3 runs passed, in /);
  expect(exitCode).toBe(1);
});

const SECOND_TIME = `
import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
test("passes the second time", () => {
  const isSecond = existsSync("been");
  writeFileSync("been", "");
  expect(isSecond).toBe(true);
});
`;

test.each([
  ["9_999", 1, "0 pass, 0 skip, 1 fail; 0 of 1 runs passed, in 0 min 0 s"],
  ["10_000", 0, "1 pass, 0 skip, 0 fail; 1 of 1 runs passed, in 0 min 0 s"],
])("what fails while the machine stands still for %s ms ends with %d", (ms, code, summary) => {
  const { lines, exitCode } = runFiles(
    { "a.test.ts": SECOND_TIME },
    `const looks = [0, 0, ${ms}];
     const watch = { get stoodMs() { return looks.length > 1 ? looks.shift() : looks[0]; }, [Symbol.dispose]() {} };
     await runTestFiles([{ ...alike, files: ["a.test.ts"] }], new Map(), watch);`,
  );
  expect({ exitCode, summary: lines.at(-2)?.replace(/in .*/, "in 0 min 0 s") }).toEqual({
    exitCode: code,
    summary,
  });
});

/**
 * Other runtimes than the one that runs this, such as Bun for another C library or CPU, and the tests that are run with them.
 *
 * @module
 */
import "./install.ts";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linesOf } from "../packages/testing/src/lines-of.ts";
import { countIn } from "./test-report.ts";

/** The versions that the packages are tried on. */
const NODE_VERSION = "26.10.0";
const DENO_VERSION = "2.9.6";

/** As in a plain run. */
const TIMEOUT_MS = 60_000;

const ROOT = join(import.meta.dir, "..");

/** Where what is fetched and built stays: a folder for each version of Bun. */
export const CACHE: string = join(ROOT, "node_modules", ".cache", "isthmus-runtimes", Bun.version);

/**
 * Ends with what to install, unless all of it is there.
 *
 * @param files Files that Debian's packages bring.
 * @param packages Those packages.
 */
export function requireFiles(files: readonly string[], packages: string): void {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length === 0) return;
  process.stderr.write(`There is no ${missing.join(", ")}: apt-get install -y ${packages}\n`);
  process.exit(1);
}

/** Fetches the package of this version of Bun for another machine; returns its program. */
export function fetchBun(name: string): string {
  return fetchPackage(`@oven/${name}`, Bun.version, "bin/bun");
}

/** Fetches a package with a program from the registry; returns that. */
export function fetchPackage(name: string, version: string, path: string): string {
  const folder = join(CACHE, `${name.split("/").at(-1)}@${version}`);
  const program = join(folder, "node_modules", name, path);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  run([process.execPath, "add", "--os=*", "--cpu=*", `${name}@${version}`], folder);
  return program;
}

/** Fetches Node.js and Deno; returns their programs. */
export function otherRuntimes(): { readonly node: string; readonly deno: string } {
  if (process.platform !== "linux") throw new Error("This has been written for Linux only");
  const machine = `linux-${process.arch}`;
  return {
    node: fetchPackage(`node-${machine}`, NODE_VERSION, "bin/node"),
    deno: fetchPackage(`@deno/${machine}-glibc`, DENO_VERSION, "deno"),
  };
}

/** Writes a command that runs a program with something before it. */
export function writeCommand(name: string, script: string): string {
  const path = join(CACHE, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/**
 * What runs `bun test` on another Bun.
 *
 * @param bun What starts that Bun.
 * @param patience How many times as long everything may take.
 * @param program What its tests start other processes by, where its own program would not do; see `writeCommand`.
 */
export function testsOn(
  bun: string,
  patience: number,
  program?: string,
): Required<Omit<Part, "name">> {
  const preload = join(import.meta.dir, "other-bun-preload.ts");
  return {
    command: [bun, "test", `--timeout=${TIMEOUT_MS * patience}`, "--preload", preload],
    environment: {
      ISTHMUS_TEST_PATIENCE: String(patience),
      ...(program === undefined ? {} : { ISTHMUS_TEST_PROGRAM: program }),
    },
  };
}

/** Runs a command; ends with its exit code when it fails. */
export function run(
  command: readonly string[],
  cwd: string = ROOT,
  environment: Readonly<Record<string, string>> = {},
): void {
  const { exitCode } = Bun.spawnSync([...command], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["inherit", "inherit", "inherit"],
  });
  if (exitCode !== 0) process.exit(exitCode);
}

/** A part of what a script runs. */
export interface Part {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs parts one after the other, whatever comes of each; then says of each how many tests passed, were skipped and failed. The
 * exit code is 1 unless all of them passed.
 *
 * @param title What has been run, for the summary.
 */
export async function runParts(title: string, parts: readonly Part[]): Promise<void> {
  const lines: string[] = [];
  for (const part of parts) {
    process.stderr.write(`\n== ${part.name}\n`);
    const { line, hasPassed } = await runPart(part);
    lines.push(`${hasPassed ? "passed" : "FAILED"}  ${part.name}: ${line}`);
    if (!hasPassed) process.exitCode = 1;
  }
  process.stderr.write(`\n${title}\n${lines.join("\n")}\n`);
}

/** Runs a part, passes on what it says, and counts what `bun test` says of its tests. */
async function runPart({ command, environment }: Part) {
  const start = performance.now();
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["inherit", "inherit", "pipe"],
  });
  const counts: string[] = [];
  for await (const line of linesOf(child.stderr)) {
    process.stderr.write(`${line}\n`);
    const found = countIn(line);
    if (found !== undefined) counts.push(`${found.count} ${found.what}`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const hasPassed = (await child.exited) === 0;
  return { hasPassed, line: [...counts, `exit code ${child.exitCode}`, `${seconds} s`].join(", ") };
}

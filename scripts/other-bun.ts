/**
 * Other runtimes than the one that runs this, such as Bun for another C library or CPU.
 *
 * @module
 */
import "./install.ts";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The versions that the packages are tried on. */
const NODE_VERSION = "26.10.0";
const DENO_VERSION = "2.9.6";

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

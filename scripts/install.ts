/**
 * Installs the workspace's packages when they are missing, so that every command of the README works
 * on a fresh clone. Costs one `stat` when there is nothing to do.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
/** Written after a complete install; holds the hash of the lockfile that was installed. */
const STAMP = join(ROOT, "node_modules", ".isthmus-installed");

function lockfileHash(): string {
  const lockfile = join(ROOT, "bun.lock");
  return existsSync(lockfile) ? Bun.hash(readFileSync(lockfile)).toString(16) : "no lockfile";
}

/** Whether `node_modules` holds what the lockfile of this checkout asks for. */
function isInstalled(): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, "utf8") === lockfileHash();
}

/**
 * Runs `bun install` with the lockfile as it is, when the packages are missing or older than it.
 *
 * @returns Whether it had to.
 * @throws {Error} when the installation fails; its output has gone to stderr by then.
 */
function installWhenMissing(): boolean {
  if (isInstalled()) return false;
  process.stderr.write("isthmus: installing packages (first run, or the lockfile changed) …\n");
  const { exitCode } = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], {
    cwd: ROOT,
    stdout: process.stderr.fd,
    stderr: "inherit",
  });
  if (exitCode !== 0) {
    throw new Error(`Cannot install the packages: "bun install" ended with exit code ${exitCode}`);
  }
  writeFileSync(STAMP, lockfileHash());
  return true;
}

/** Whether importing this module has installed anything. */
export const hasInstalled: boolean = installWhenMissing();

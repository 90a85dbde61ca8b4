/**
 * Installs the optional peers into a folder of their own.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { OPTIONAL_PEERS } from "./optional-peers.ts";

const TIMEOUT_MS = 180_000;

/** The folder of optional peers: in the user's cache. */
export function peersDirectory(): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "isthmus-bench", "peers");
}

/**
 * Installs exactly the versions that are named, and runs no script of theirs.
 *
 * @param directory The folder; it is made.
 * @param signal Ends the installation.
 * @throws {Error} when it fails, with what Bun said.
 */
export async function installPeers(directory: string, signal: AbortSignal): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const dependencies = Object.fromEntries(
    OPTIONAL_PEERS.map(({ peer, version }) => [peer, version]),
  );
  const manifest = { private: true, dependencies };
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const child = Bun.spawn([process.execPath, "install", "--ignore-scripts"], {
    cwd: directory,
    // An executable that contains Bun becomes Bun by this.
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    signal,
    timeout: TIMEOUT_MS,
  });
  const [stderr, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  signal.throwIfAborted();
  if (exitCode !== 0) throw new Error(`Cannot install the peers: ${stderr.trim().slice(-500)}`);
}

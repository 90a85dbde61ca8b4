/**
 * Whether the optional peers can be used.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { programCommand } from "@isthmus/programs";
import type { Room } from "../runner/room.ts";
import { OPTIONAL_PEERS, type OptionalPeer } from "./optional-peers.ts";

const PROBE: readonly string[] = programCommand(import.meta.dirname, "probe-main.ts");
const TIMEOUT_MS = 20_000;

/** One peer, and why it is not measured when it is not. */
export interface PeerState {
  readonly peer: string;
  readonly reason?: string;
}

/**
 * Loads and uses each peer in a process of its own, for some end the process that loads them.
 *
 * @param room Where.
 * @param directory The folder of the peers; absent when they were not asked for.
 */
export async function probePeers(room: Room, directory: string | undefined): Promise<PeerState[]> {
  const states: PeerState[] = [];
  for (const each of OPTIONAL_PEERS) {
    const reason = await reasonAgainst(room, each, directory);
    states.push({ peer: each.peer, ...(reason !== undefined && { reason }) });
  }
  return states;
}

async function reasonAgainst(
  room: Room,
  { peer, isMeasured, note }: OptionalPeer,
  directory: string | undefined,
): Promise<string | undefined> {
  if (directory === undefined) return `not asked for (--peers): ${note}`;
  if (!existsSync(join(directory, "node_modules", peer))) return `not installed: ${note}`;
  const command = [...PROBE, directory, peer];
  const { exitCode, signal, stderr } = await room.run(command, { timeoutMs: TIMEOUT_MS });
  if (exitCode !== 0)
    return `cannot be used under Bun ${Bun.version}: ${telling(stderr.replaceAll(directory, "…"), signal)}`;
  return isMeasured ? undefined : "it can be used under this version of Bun, but has no case yet";
}

/** The line that says what went wrong, among all that a runtime prints when it ends badly. */
function telling(stderr: string, signal: string | null): string {
  const lines = stderr.split("\n").map((line) => Bun.stripANSI(line).trim());
  const line = lines.find((each) => /^(panic|error|\w*Error)\b/.test(each)) ?? lines.find(Boolean);
  return line ?? `it ended with ${signal ?? "an error"}`;
}

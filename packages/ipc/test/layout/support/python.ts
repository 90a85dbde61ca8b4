/**
 * Programs in Python, where there is one.
 *
 * @module
 */
import { join } from "node:path";
import { platform, readAbi } from "@isthmus/core/internal";
import { Peer } from "@isthmus/testing/peer";
import { testIf } from "@isthmus/testing/requirement";

const PYTHON = process.platform === "linux" ? Bun.which("python3") : null;
const LIBRARY = readAbi(platform().abiTag)?.library;

/** `test` where there is a Python. */
export const testPython: ReturnType<typeof testIf> = testIf(PYTHON !== null, "Linux and python3");

/** `test` where the writer can lock what this process locks. */
export const testWriter: ReturnType<typeof testIf> = testIf(
  PYTHON !== null && LIBRARY === "glibc",
  "Linux, python3 and glibc, whose mutexes writer.py knows",
);

function command(program: string): string[] {
  // -B: leaves no compiled files beside the sources.
  return [PYTHON as string, "-B", join(import.meta.dir, "..", `${program}.py`)];
}

/** Starts the writer; see `writer.py`. */
export function startWriter(): Peer {
  return new Peer(command("writer"));
}

/** What the reader prints of a segment; see `reader.py`. */
export interface Observation {
  readonly superblock: Readonly<Record<string, unknown>>;
  readonly sections: readonly { id: number; offset: number; length: number }[];
  readonly isHeld: boolean;
  readonly participants: readonly { slot: number; pid: number; name: string; isAlive: boolean }[];
  readonly cells: readonly Readonly<Record<string, number>>[];
  readonly mutex: Readonly<Record<string, unknown>> | null;
  /** The texts of what its records are, when the segment says it and can be believed. */
  readonly schema: readonly string[] | null;
  readonly struct: { fingerprint: string; version: number; value: unknown } | null;
}

/**
 * Runs the reader on a segment.
 *
 * @param canonical The canonical text of its schema, to see the record, too.
 * @throws {Error} With what it wrote to standard error, when it fails.
 */
export async function readSegment(name: string, canonical = ""): Promise<Observation> {
  const options = { stdin: Buffer.from(canonical), stdout: "pipe", stderr: "pipe" } as const;
  const child = Bun.spawn([...command("reader"), name], { ...options, env: process.env });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(errors);
  return JSON.parse(output) as Observation;
}

/**
 * Running a fixture in a process of its own: for other users, for limits, and for what may end a process.
 *
 * @module
 */
import { join } from "node:path";
import { PATIENCE_MS } from "@isthmus/testing/patience";

const FIXTURES = join(import.meta.dir, "..", "fixtures");

/** The user that the tests become to meet permissions; nobody's files belong to it. */
export const OTHER_USER_ID = 65_534;

/** How to run a fixture. */
export interface RunOptions {
  /** What the fixture finds in `process.argv[2]`, as JSON. */
  readonly input?: unknown;
  /** A command that runs the fixture, for example `prlimit`, with its arguments. */
  readonly prefix?: readonly string[];
  /** Milliseconds until the process is killed. */
  readonly timeoutMs?: number;
}

/**
 * Runs `fixtures/<name>.ts` and returns what it printed, parsed as JSON.
 *
 * @throws {Error} When it does not end by itself with exit code 0; the message holds its standard error.
 */
export async function runFixture<T>(name: string, options: RunOptions = {}): Promise<T> {
  const { input = null, prefix = [], timeoutMs = PATIENCE_MS } = options;
  const command = [...prefix, process.execPath, join(FIXTURES, `${name}.ts`)];
  const child = Bun.spawn([...command, JSON.stringify(input)], {
    // Also what the test has changed of it: the directory of named memory.
    env: process.env,
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [output, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  if (child.exitCode !== 0) {
    const end = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new Error(`Fixture "${name}" ended with ${end}: ${errors}`);
  }
  return JSON.parse(output) as T;
}

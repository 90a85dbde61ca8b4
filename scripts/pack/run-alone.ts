/**
 * Running programs as a user does: in a directory outside the repository.
 *
 * @module
 */
import { join } from "node:path";

/** All but what decides where named things live, and of what the tests themselves are run by. */
const { PATH = "", HOME = "" } = process.env;

/** Where the registry is reached through a proxy with a certificate of its own, npm must know that. */
const { NODE_EXTRA_CA_CERTS } = process.env;
const TRUST = NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };

/** Runs a program that must succeed; gives what it wrote to stdout. */
export async function run(cwd: string, ...command: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await attempt(cwd, command);
  // A bundle that has lost a part of a package still runs, and says so.
  if (exitCode !== 0 || stderr.includes("ISTHMUS_UNGUARDED")) {
    throw new Error(`${command.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** Runs a program, whatever comes of it. Its names live in a directory of their own in `cwd`. */
export async function attempt(
  cwd: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const names = { ISTHMUS_DIR: join(cwd, "named") };
  const env = { PATH, HOME, ...TRUST, LC_ALL: "C.UTF-8", ...names, ...environment };
  const options = { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const;
  await using child = Bun.spawn([...command], options);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

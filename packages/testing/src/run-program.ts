/**
 * Running a program to its end.
 *
 * @module
 */

import { isWindows } from "./requirement.ts";
import { withoutWineNotes } from "./wine-notes.ts";

/** What a program that has ended left behind. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** How to start it. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | Bun.BunFile;
}

/** The environment of a program under test: nothing of the caller's that decides about colour or places. */
export function testEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const places = isWindows
    ? windowsPlaces()
    : { HOME: "", ...variables(["HOME", "TMPDIR", "LD_LIBRARY_PATH"]) };
  const { PATH = "" } = process.env;
  return { PATH, LC_ALL: "C.UTF-8", ...places, ...extra };
}

/** Those of some variables that there are. */
function variables(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Without these a program does not find the system's libraries, and no folder for what is temporary. */
function windowsPlaces(): Record<string, string> {
  return variables(["SystemRoot", "TEMP", "TMP", "USERPROFILE", "LOCALAPPDATA"]);
}

/** Runs any program to its end. */
export async function runProgram(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  await using child = Bun.spawn([...command], {
    cwd: options.cwd ?? import.meta.dirname,
    env: testEnvironment(options.env),
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr: withoutWineNotes(stderr), exitCode };
}

/**
 * Runs a program and sends it Ctrl-C as soon as its standard error says something; for what has no end of its own.
 */
export async function interruptProgram(
  command: readonly string[],
  pattern: RegExp,
  options: ProgramOptions = {},
): Promise<Omit<ProgramResult, "stdout">> {
  await using child = Bun.spawn([...command], {
    cwd: options.cwd ?? import.meta.dirname,
    env: testEnvironment(options.env),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let stderr = "";
  const decoder = new TextDecoder();
  let isInterrupted = false;
  for await (const bytes of child.stderr) {
    stderr += decoder.decode(bytes, { stream: true });
    if (isInterrupted || !pattern.test(stderr)) continue;
    isInterrupted = true;
    child.kill("SIGINT");
  }
  return { stderr: withoutWineNotes(stderr), exitCode: await child.exited };
}

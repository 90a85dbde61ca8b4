import { join } from "node:path";

/** What a run of the command left behind. */
export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** How to start it. */
export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | Bun.BunFile;
}

/** The command's program file. */
export const MAIN: string = join(import.meta.dir, "..", "..", "src", "main.ts");

/** The surroundings of a test: nothing of the caller's that decides about colour or places. */
export function testEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return { PATH, HOME, LC_ALL: "C.UTF-8", ...(TMPDIR ? { TMPDIR } : {}), ...extra };
}

/** Runs the command to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return await runProgram([process.execPath, MAIN, ...args], options);
}

/** Runs a line of shell, in which `"$BUN" "$MAIN"` is the command: for real pipes. */
export async function runCliInShell(line: string, options: CliOptions = {}): Promise<CliResult> {
  const env = { ...options.env, BUN: process.execPath, MAIN };
  return await runProgram(["sh", "-c", line], { ...options, env });
}

/** Runs any program to its end. */
export async function runProgram(
  command: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  await using child = Bun.spawn([...command], {
    cwd: options.cwd ?? import.meta.dir,
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
  return { stdout, stderr, exitCode };
}

/**
 * Runs a program and sends it Ctrl-C as soon as its standard error says something; for what has no end of its own.
 */
export async function interruptProgram(
  command: readonly string[],
  pattern: RegExp,
  options: CliOptions = {},
): Promise<Omit<CliResult, "stdout">> {
  await using child = Bun.spawn([...command], {
    cwd: options.cwd ?? import.meta.dir,
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
  return { stderr, exitCode: await child.exited };
}

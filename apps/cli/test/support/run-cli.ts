import { join } from "node:path";
import { type ProgramOptions, type ProgramResult, runProgram } from "@isthmus/testing/run-program";

/** The command's program file. */
export const MAIN: string = join(import.meta.dir, "..", "..", "src", "main.ts");

/** Runs the command to its end. */
export async function runCli(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return await runProgram([process.execPath, MAIN, ...args], options);
}

/** Runs a line of shell, in which `"$BUN" "$MAIN"` is the command: for real pipes. */
export async function runCliInShell(
  line: string,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const env = { ...options.env, BUN: process.execPath, MAIN };
  return await runProgram(["sh", "-c", line], { ...options, env });
}

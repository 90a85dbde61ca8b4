/**
 * Running the programs of documents.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TEST_MS, within } from "../packages/testing/src/patience.ts";

/** A program's own file. */
export const MAIN = "main.ts";

/** For a hook that runs programs: more than all of its waits, each of which has an end. */
export const HOOK_MS: number = 3 * TEST_MS;

/** What became of a program. */
export interface ProgramRun {
  readonly directory: string;
  /** Its lines on standard output, with the quotes that Bun prints. */
  readonly printed: readonly string[];
  readonly error?: string | undefined;
  /** Names that it has left in its directory of names, and did not find there. */
  readonly left: readonly string[];
}

/** How a process ended. */
export interface ProcessEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** Null when it had not ended in time. */
  readonly exitCode: number | null;
}

/** What a process may be told beside its arguments. */
type Environment = Readonly<Record<string, string>>;

/** A process, and all that it starts: killed together when it is disposed. */
export class ProcessGroup implements Disposable {
  readonly #leader: Bun.Subprocess<"ignore", "pipe", "pipe">;
  #isKilled = false;

  constructor(command: readonly string[], environment: Environment = {}) {
    this.#leader = Bun.spawn([...command], {
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** What it said, when it has ended or is late: then all of it is killed. */
  async end(): Promise<ProcessEnd> {
    const { stdout, stderr, exited } = this.#leader;
    const texts = Promise.all([stdout.text(), stderr.text()]);
    const exitCode = await within(exited, () => "", TEST_MS).catch(() => null);
    this[Symbol.dispose]();
    const [output, errors] = await texts;
    return { stdout: output, stderr: errors, exitCode };
  }

  [Symbol.dispose](): void {
    // By then another may have its number.
    if (this.#isKilled) return;
    this.#isKilled = true;
    try {
      process.kill(-this.#leader.pid, "SIGKILL");
    } catch {
      // Nothing is left: as it should be.
    }
  }
}

/**
 * Checks the types of programs.
 *
 * @param started Kills what is left of it when it is disposed.
 * @param place Where their directories are, two levels below the root of the project's packages.
 * @param options Compiler options that differ from this project's own.
 */
export function checkTypes(
  started: DisposableStack,
  place: string,
  options: Readonly<Record<string, boolean>> = {},
): Promise<ProcessEnd> {
  const config = {
    extends: "../../../tsconfig.base.json",
    compilerOptions: options,
    include: ["*/*.ts"],
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(import.meta.dir, "..", "node_modules", ".bin", "tsc");
  return started.use(new ProcessGroup([tsc, "-p", place, "--pretty", "false"])).end();
}

/**
 * Runs programs one after the other in one process.
 *
 * @param started Kills what is left of them when it is disposed.
 * @param directories Where the programs are, and run.
 * @param report The path of a file that is to be made.
 * @param environment What they are told.
 */
export async function runPrograms(
  started: DisposableStack,
  directories: readonly string[],
  report: string,
  environment: Environment,
): Promise<{ readonly runs: readonly ProgramRun[]; readonly end: ProcessEnd }> {
  const runner = join(import.meta.dir, "program-runner.ts");
  const command = [process.execPath, runner, report, ...directories];
  const end = await started.use(new ProcessGroup(command, environment)).end();
  return { runs: JSON.parse(readFileSync(report, "utf8")), end };
}

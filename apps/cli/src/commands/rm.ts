/**
 * `isthmus rm NAME…`
 *
 * @module
 */
import { removeSegment } from "@isthmus/ipc";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { errorLine } from "../error-line.ts";
import { ExitCode, exitCodeOf, worseExitCode } from "../exit-code.ts";
import { type CommonFlags, toggle } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { parseName } from "../parsers.ts";
import { namedError } from "../segments/not-found-error.ts";

interface RmFlags extends CommonFlags {
  readonly force: boolean;
}

/** Removes each name; one that cannot be removed is reported and the others still are. */
async function runRm(this: IsthmusContext, flags: RmFlags, ...names: string[]): Promise<void> {
  const { process, style } = this;
  let exitCode: number = ExitCode.done;
  for (const name of names) {
    try {
      removeSegment(name, { force: flags.force });
      if (flags.json) writeJsonLine(process.stdout, { name, removed: true });
      else process.stdout.write(`removed ${printable(name)}\n`);
    } catch (error) {
      const named = namedError(error, name);
      const line = `isthmus rm: ${errorLine(named, process.env)}${hintFor(named)}`;
      process.stderr.write(`${style.stderr.red(line)}\n`);
      exitCode = worseExitCode(exitCode, exitCodeOf(named));
    }
  }
  process.exitCode = exitCode;
}

function hintFor(error: unknown): string {
  const isBusy = error instanceof Error && "code" in error && error.code === "EBUSY";
  return isBusy
    ? "; with --force the name goes, its holders go on with the memory, and locks refuse"
    : "";
}

/** The definition of the command. */
export const rm: Command<IsthmusContext> = defineCommand({
  run: runRm,
  // biome-ignore format: a flag is a line.
  flags: {
    force: toggle("Also when somebody alive holds the name; also what is no segment at all"),
  },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: {
      brief: "A name, as isthmus ls prints it",
      placeholder: "NAME",
      parse: parseName,
    },
  },
  docs: {
    brief: "Remove names that nobody holds",
    fullDescription:
      "Removes persistent segments, what crashes left behind, and damaged files. A name that\n" +
      "somebody holds is refused unless --force is given: then nobody can open it any more,\n" +
      "those who hold it go on (but locks refuse: they would not exclude who comes next), and\n" +
      "the next to create it gets new memory.",
    customUsage: [
      { input: "telemetry", brief: "one name" },
      { input: "--force orders prices", brief: "two names, held or not" },
    ],
  },
});

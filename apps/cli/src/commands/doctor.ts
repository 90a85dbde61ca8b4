/**
 * `isthmus doctor`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { formatDiagnosis, formatVerdict } from "../doctor/doctor-report.ts";
import { type Diagnosis, runDoctor } from "../doctor/run-doctor.ts";
import { ExitCode } from "../exit-code.ts";
import { type CommonFlags, toggle } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";

interface DoctorFlags extends CommonFlags {
  readonly fix: boolean;
}

/** Runs every check and says what to do. */
async function runExamination(this: IsthmusContext, flags: DoctorFlags): Promise<void> {
  const { process, style } = this;
  const diagnoses: Diagnosis[] = [];
  for (const diagnosis of runDoctor({ isFixing: flags.fix, env: process.env })) {
    diagnoses.push(diagnosis);
    if (flags.json) writeJsonLine(process.stdout, recordOf(diagnosis));
    else process.stdout.write(formatDiagnosis(diagnosis, style.stdout));
  }
  if (!flags.json) process.stdout.write(formatVerdict(diagnoses, style.stdout));
  if (diagnoses.some(({ status }) => status === "fail")) process.exitCode = ExitCode.failed;
}

/** The public record; its fields are a contract. */
function recordOf({ check, status, detail, next, fixed }: Diagnosis): Record<string, unknown> {
  return { check, status, detail, next: next ?? null, fixed: fixed ?? null };
}

/** The definition of the command. */
export const doctor: Command<IsthmusContext> = defineCommand({
  run: runExamination,
  // biome-ignore format: a flag is a line.
  flags: {
    fix: toggle("Do what is safe: make the directory, set its mode to 0700, collect what is left over"),
  },
  docs: {
    brief: "Examine this machine: space, directory, locks, limits, what is left over",
    fullDescription:
      "Tries what shared memory needs, on the file system where it will live, and says for each\n" +
      "check whether it is ok, to be looked at (warn) or failed, and what to do. Ends with 1 when\n" +
      "a check failed. What it tries leaves nothing behind.",
    customUsage: [
      { input: "", brief: "examine" },
      { input: "--fix", brief: "also do what is safe" },
      {
        input: "--json | jq 'select(.status != \"ok\")'",
        brief: "only what is not as it should be",
      },
    ],
  },
});

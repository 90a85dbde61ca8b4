/**
 * `isthmus demo`, and `isthmus` alone.
 *
 * @module
 */
import type { Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { CONCEPTS } from "../demo/concepts.ts";
import {
  formatConceptTitle,
  formatNextSteps,
  formatStepResult,
  formatSummary,
} from "../demo/demo-report.ts";
import { DemoRoom } from "../demo/room.ts";
import { runDemo } from "../demo/run-demo.ts";
import type { StepResult } from "../demo/step.ts";
import { ExitCode } from "../exit-code.ts";
import type { CommonFlags } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";
import { StatusLine } from "../output/status-line.ts";

/** Runs every step and says what came of it. */
async function runDemonstration(this: IsthmusContext, flags: CommonFlags): Promise<void> {
  const { process, style } = this;
  const results: StepResult[] = [];
  const startMs = performance.now();
  using status = new StatusLine(process.stderr, process.env);
  await using room = new DemoRoom(this.signal);
  let titled = 0;
  const steps = runDemo(CONCEPTS, room, (concept, step) => {
    if (!flags.json && titled !== concept.number) {
      process.stdout.write(formatConceptTitle(concept, style.stdout));
      titled = concept.number;
    }
    status.show(style.stderr.dim(`  … ${step.name}`));
  });
  for await (const result of steps) {
    results.push(result);
    status.clear();
    if (flags.json) writeJsonLine(process.stdout, recordOf(result));
    else process.stdout.write(formatStepResult(result, style.stdout));
  }
  const isOk = results.every(({ ok }) => ok);
  if (!flags.json) {
    const elapsedMs = performance.now() - startMs;
    process.stdout.write(formatSummary(CONCEPTS, results, elapsedMs, style.stdout));
    process.stdout.write(formatNextSteps(isOk, style.stdout));
  }
  if (!isOk) process.exitCode = ExitCode.failed;
}

/** The public record; its fields are a contract. */
function recordOf({ concept, step, ok, detail }: StepResult): Readonly<Record<string, unknown>> {
  return { concept, step, ok, detail };
}

/** The definition of the command. */
export const demo: Command<IsthmusContext> = defineCommand({
  run: bunOnly("demo", runDemonstration),
  docs: {
    brief: "The complete demonstration: five concepts, every step checked",
    fullDescription:
      "Runs the five concepts: basic use, mapping files, large files, shared memory and\n" +
      "communication. Each step checks what it reads back, the shared ones with real second\n" +
      "processes. Everything happens in temporary directories and is removed at the end.",
    customUsage: [
      { input: "", brief: "all steps and a summary" },
      { input: "--json | jq 'select(.ok | not)'", brief: "only the steps that failed" },
    ],
  },
});

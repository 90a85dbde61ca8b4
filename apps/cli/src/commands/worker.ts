/**
 * `isthmus worker --queue NAME -- COMMAND`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import {
  assumed,
  type CommonFlags,
  optional,
  QUIET_BUT_ERRORS_FLAG,
  required,
  toggle,
} from "../flags.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { parseCount, parseMs, parseName, wholeNumber } from "../parsers.ts";
import { workOnJobs } from "../queue/work-jobs.ts";
import { reportWork } from "../queue/worker-report.ts";

interface WorkerFlags extends CommonFlags {
  readonly queue: string;
  readonly concurrency: number;
  readonly count?: number;
  readonly untilEmpty: boolean;
  readonly timeoutMs?: number;
  readonly retryDelayMs: number;
  readonly graceMs: number;
  readonly quiet: boolean;
}

const CONCURRENCY_MAX = 256;

/** Works, then says what came of it. */
async function runWorker(
  this: IsthmusContext,
  flags: WorkerFlags,
  ...command: string[]
): Promise<void> {
  const { queue, concurrency, count, untilEmpty, timeoutMs, retryDelayMs, graceMs, quiet } = flags;
  const { stderr, env } = this.process;
  using progress = new ProgressLines(stderr, env, { label: "isthmus worker", isQuiet: quiet });
  const outcome = await workOnJobs({
    queue,
    command,
    cwd: this.cwd,
    env,
    concurrency,
    count: count ?? Infinity,
    isUntilEmpty: untilEmpty,
    timeoutMs: timeoutMs ?? Infinity,
    retryDelayMs,
    graceMs,
    isQuiet: quiet,
    signal: this.signal,
    progress,
    onError: (text) => stderr.write(text),
  });
  progress[Symbol.dispose]();
  reportWork(this, outcome, flags);
}

/** The definition of the command. */
export const worker: Command<IsthmusContext> = defineCommand<WorkerFlags, string[]>({
  run: bunOnly("worker", runWorker),
  // biome-ignore format: a flag is a line.
  flags: {
    queue: required("NAME", parseName, "The queue's name; it is waited for"),
    concurrency: assumed(1, "N", wholeNumber(1, CONCURRENCY_MAX), "How many jobs to work on at a time"),
    count: optional("N", parseCount, "End after so many jobs, done or not"),
    untilEmpty: toggle("End when nothing is left to do, by any worker; dead letters do not count"),
    timeoutMs: optional("MS", parseMs, "How long to wait for a job, or the queue (without end); then exit code 4"),
    retryDelayMs: assumed(0, "MS", parseMs, "How long nobody gets a job that failed"),
    graceMs: assumed(5000, "MS", parseMs, "How long COMMAND may take to end after Ctrl-C before it is killed"),
    quiet: QUIET_BUT_ERRORS_FLAG,
  },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: {
      brief: "What to run for each job, behind --",
      placeholder: "COMMAND",
      parse: String,
    },
  },
  docs: {
    brief: "Run a program for each job of a work queue",
    fullDescription:
      "COMMAND gets the job on its standard input: bytes as they are, JSON and structs as one line\n" +
      "of JSON. In its environment are ISTHMUS_QUEUE, ISTHMUS_JOB_ID, ISTHMUS_JOB_ATTEMPTS (1 for\n" +
      "the first time) and ISTHMUS_JOB_PRIORITY. Exit code 0: the job is done. Any other, or a\n" +
      "signal: it has failed, and comes again; the last lines of its standard error are kept as the\n" +
      "reason. Tried as often as the queue says, it becomes a dead letter: see isthmus queue.\n" +
      "What COMMAND prints goes to standard output as it is.\n\n" +
      "Ctrl-C and SIGTERM are passed on to COMMAND and all that it has started; what does not end\n" +
      "in time is killed, and the job is given back, which is no attempt. When the worker itself is killed, the job goes\n" +
      "to the next worker at once and COMMAND is killed a moment later: for that long both may run.\n" +
      "Fails when a job became a dead letter.",
    customUsage: [
      { input: "--queue thumbs -- ./thumbnail.sh", brief: "one job after the other, until Ctrl-C" },
      { input: "--queue thumbs --concurrency 4 -- ./thumbnail.sh", brief: "four at a time" },
      {
        input: "--queue mails --until-empty --retry-delay-ms 5000 -- sh send.sh",
        brief: "what there is",
      },
      { input: "--queue thumbs --count 1 -- cat", brief: "look at one job, and have it done" },
    ],
  },
});

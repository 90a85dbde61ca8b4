/**
 * `isthmus worker --queue NAME -- COMMAND`
 *
 * @module
 */
import { buildCommand, type Command } from "@stricli/core";
import { bunOnly } from "../bun-only.ts";
import type { IsthmusContext } from "../context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../flags.ts";
import { guarded } from "../guarded.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { workOnJobs } from "../queue/work-jobs.ts";
import { reportWork } from "../queue/worker-report.ts";
import { parseName, TIMEOUT_MS_MAX, wholeNumber } from "../transfer/transfer-flags.ts";

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

const milliseconds = wholeNumber(0, TIMEOUT_MS_MAX);

/** The definition of the command. */
export const worker: Command<IsthmusContext> = buildCommand<WorkerFlags, string[], IsthmusContext>({
  func: guarded(bunOnly("worker", runWorker)),
  parameters: {
    flags: {
      ...COMMON_FLAGS,
      queue: {
        kind: "parsed",
        parse: parseName,
        brief: "The queue's name; it is waited for",
        placeholder: "NAME",
      },
      concurrency: {
        kind: "parsed",
        parse: wholeNumber(1, CONCURRENCY_MAX),
        brief: "How many jobs to work on at a time",
        placeholder: "N",
        default: "1",
      },
      count: {
        kind: "parsed",
        parse: wholeNumber(1, Number.MAX_SAFE_INTEGER),
        brief: "End after so many jobs, done or not",
        placeholder: "N",
        optional: true,
      },
      untilEmpty: {
        kind: "boolean",
        brief: "End when nothing is left to do, by any worker; dead letters do not count",
        default: false,
        withNegated: false,
      },
      timeoutMs: {
        kind: "parsed",
        parse: milliseconds,
        brief: "How long to wait for a job, or the queue (without end); then exit code 4",
        placeholder: "MS",
        optional: true,
      },
      retryDelayMs: {
        kind: "parsed",
        parse: milliseconds,
        brief: "How long nobody gets a job that failed",
        placeholder: "MS",
        default: "0",
      },
      graceMs: {
        kind: "parsed",
        parse: milliseconds,
        brief: "How long COMMAND may take to end after Ctrl-C before it is killed",
        placeholder: "MS",
        default: "5000",
      },
      quiet: {
        kind: "boolean",
        brief: "Say on stderr only what went wrong",
        default: false,
        withNegated: false,
      },
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
      "in time is killed, and the job is given back. When the worker itself is killed, the job goes\n" +
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

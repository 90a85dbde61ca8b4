/**
 * `isthmus queue NAME [ACTION]`
 *
 * @module
 */
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, checkOwned, type OwnFlags, optional } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";
import { byteCount, oneOf, parseMs, parseName, TIMEOUT_MS_MAX, wholeNumber } from "../parsers.ts";
import { lookAtQueue } from "../queue/open-queue.ts";
import { ACTIONS, type Action, type ActionFlags, PERFORM } from "../queue/queue-actions.ts";
import { formatQueue, queueRecord } from "../queue/queue-view.ts";
import { CAPACITY_BYTES_MAX } from "../transfer/transfer-flags.ts";

interface QueueFlags extends CommonFlags, Omit<ActionFlags, "json"> {
  readonly limit?: number;
}

const DEFAULT_LIMIT = 20;

/** Which flags belong to which action alone. */
const OWN_FLAGS: OwnFlags<QueueFlags, Action> = {
  limit: undefined,
  priority: "add",
  delayMs: "add",
  key: "add",
  timeoutMs: "add",
  schema: "create",
  capacity: "create",
  maxAttempts: "create",
  leaseMs: "create",
};

/** Shows the queue, or does something with it. */
async function runQueue(
  this: IsthmusContext,
  flags: QueueFlags,
  name: string,
  action?: Action,
  operand?: string,
): Promise<void> {
  checkOwned(flags, OWN_FLAGS, action);
  if (action !== undefined) return await PERFORM[action](this, { name, flags, operand });
  const info = lookAtQueue(name);
  const limit = flags.limit === 0 ? Number.MAX_SAFE_INTEGER : (flags.limit ?? DEFAULT_LIMIT);
  const { stdout } = this.process;
  if (flags.json) writeJsonLine(stdout, queueRecord(info, limit));
  else stdout.write(formatQueue(info, limit, this.style.stdout));
}

function parsePriority(text: string): number {
  const priority = Number(text);
  if (/^-?\d+$/.test(text) && priority >= -16 && priority <= 15) return priority;
  throw new SyntaxError("it must be a whole number from -16 to 15");
}

/** The definition of the command. */
export const queue: Command<IsthmusContext> = defineCommand({
  run: runQueue,
  // biome-ignore format: a flag is a line.
  flags: {
    limit: optional("N", wholeNumber(0), `How many dead letters to show (${DEFAULT_LIMIT}); 0: all`),
    priority: optional("P", parsePriority, "add: -16 to 15, the higher one is taken first (0)"),
    delayMs: optional("MS", parseMs, "add: how long nobody gets the job (0)"),
    key: optional("KEY", String, "add: of the jobs with one key, one is worked on at a time, in order"),
    timeoutMs: optional("MS", parseMs, "add: how long to wait for room (without end); then exit code 4"),
    schema: { kind: "enum", values: ["json", "bytes"], brief: "create: what jobs are (json)", optional: true },
    capacity: optional("BYTES", byteCount(1, CAPACITY_BYTES_MAX), "create: room for jobs, also as 64M (4 MiB)"),
    maxAttempts: optional("N", wholeNumber(0, TIMEOUT_MS_MAX), "create: how often a job is taken at most (20); 0: as often as need be"),
    leaseMs: optional("MS", wholeNumber(1, TIMEOUT_MS_MAX), "create: after how long a job is taken from a worker that lives (never)"),
  },
  positional: {
    kind: "tuple",
    parameters: [
      { brief: "A queue, as isthmus ls prints it", placeholder: "NAME", parse: parseName },
      {
        brief: `What to do instead of showing it: ${ACTIONS.join(", ")}`,
        placeholder: "ACTION",
        parse: oneOf(ACTIONS),
        proposeCompletions: () => ACTIONS,
        optional: true,
      },
      {
        brief: "The number of a dead letter for retry and drop, the job for add",
        placeholder: "ID|JOB",
        parse: String,
        optional: true,
      },
    ],
  },
  docs: {
    brief: "Show a work queue, what has become of its jobs, and add, retry or drop some",
    fullDescription:
      "Shows how many jobs wait, which are worked on by whom for how long, and the dead letters:\n" +
      "the jobs that were tried as often as they may be, with the last error. It reads only.\n\n" +
      "retry tries dead letters anew, drop forgets them: all, or the one with the number ID. pause\n" +
      "has no further job taken until resume; what is worked on is finished. add adds a job: JOB, or\n" +
      "one for each line of standard input, as JSON (64-bit numbers as strings, bytes in base64), or\n" +
      "as text where jobs are bytes; with --json it prints the number of each. create makes a queue\n" +
      "that stays until isthmus rm; a queue that a program has made goes with its last holder unless\n" +
      "it is persistent. isthmus worker does the jobs.",
    customUsage: [
      { input: "thumbs", brief: "what waits, who works on what, what failed" },
      { input: "thumbs create --max-attempts 3", brief: "a queue for scripts" },
      { input: 'thumbs add \'{"path":"one.png"}\'', brief: "one job" },
      { input: "thumbs add --priority 5 < jobs.ndjson", brief: "one for each line" },
      { input: "thumbs retry", brief: "all dead letters anew" },
      { input: "thumbs drop 17", brief: "forget one" },
      { input: "--json thumbs | jq '.jobs[].worker'", brief: "who is at work" },
    ],
  },
});

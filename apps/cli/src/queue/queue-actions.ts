/**
 * What `isthmus queue NAME ACTION` does to a queue.
 *
 * @module
 */
import { bytes, json, WorkQueue } from "@isthmus/ipc";
import { COMMAND_NAME } from "../command-name.ts";
import type { IsthmusContext } from "../context.ts";
import { formatCountOf } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { operandInput, type RecordKind, recordInput } from "../output/record-input.ts";
import { openScanInput, STANDARD_INPUT } from "../scan/scan-input.ts";
import { NotFoundError } from "../segments/not-found-error.ts";
import { UsageError } from "../usage-error.ts";
import { linesOf } from "./job-text.ts";
import { type OpenQueue, openQueue } from "./open-queue.ts";

/** What an action may be told. */
export interface ActionFlags {
  readonly json: boolean;
  readonly priority?: number;
  readonly delayMs?: number;
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly schema?: "json" | "bytes";
  readonly capacity?: number;
  readonly maxAttempts?: number;
  readonly leaseMs?: number;
}

/** An action, and what it is asked to do. */
export interface ActionCall {
  readonly name: string;
  readonly flags: ActionFlags;
  /** The number of a job, or a job itself. */
  readonly operand: string | undefined;
}

/** What there is to do with a queue, besides looking at it. */
export const ACTIONS = ["add", "retry", "drop", "pause", "resume", "create"] as const;

/** One of them. */
export type Action = (typeof ACTIONS)[number];

/** Does it, and says what has been done. */
export const PERFORM: Readonly<
  Record<Action, (context: IsthmusContext, call: ActionCall) => void | Promise<void>>
> = {
  add,
  retry: (context, call) => settle(context, call, "retry", "retried"),
  drop: (context, call) => settle(context, call, "drop", "dropped"),
  pause: (context, call) => pause(context, call, true),
  resume: (context, call) => pause(context, call, false),
  create,
};

/** Tries dead letters anew, or forgets them. */
function settle(
  { process }: IsthmusContext,
  { name, flags, operand }: ActionCall,
  action: "retry" | "drop",
  participle: string,
): void {
  const id = operand === undefined ? undefined : parseId(operand);
  using open = openQueue(name);
  const count = open.queue.dead[action](id);
  if (id !== undefined && count === 0) {
    throw new NotFoundError(`No dead letter of ${JSON.stringify(name)} has the number ${id}`);
  }
  if (flags.json) writeJsonLine(process.stdout, { queue: name, [participle]: count });
  else process.stdout.write(`${participle} ${formatCountOf(count, "dead letter")}\n`);
}

function pause(
  { process }: IsthmusContext,
  { name, flags, operand }: ActionCall,
  isPaused: boolean,
): void {
  refuse(operand);
  using open = openQueue(name);
  if (isPaused) open.queue.pause();
  else open.queue.resume();
  if (flags.json) writeJsonLine(process.stdout, { queue: name, paused: isPaused });
  else process.stdout.write(`${isPaused ? "paused" : "resumed"} ${printable(name)}\n`);
}

/** Makes a queue that stays: nobody holds it when this process ends. */
function create({ process }: IsthmusContext, { name, flags, operand }: ActionCall): void {
  refuse(operand);
  const { schema = "json", capacity, maxAttempts, leaseMs } = flags;
  using _queue = WorkQueue.createNew(name, {
    schema: schema === "json" ? json : bytes,
    capacityBytes: capacity,
    maxAttempts: maxAttempts === 0 ? Infinity : maxAttempts,
    leaseMs,
    lifetime: "persistent",
  });
  if (flags.json) writeJsonLine(process.stdout, { queue: name, created: true, schema });
  else process.stdout.write(`created ${printable(name)}\n`);
}

/** Adds one job, or one for each line of standard input. */
async function add(context: IsthmusContext, { name, flags, operand }: ActionCall): Promise<void> {
  const { process, signal } = context;
  const { priority, delayMs, key, timeoutMs } = flags;
  using open = openToAdd(name);
  const { info, struct } = open;
  const kindOf = (what: string): RecordKind => {
    return { isBytes: info.mode === "bytes", struct, what, all: "the jobs of this queue" };
  };
  let count = 0;
  const addOne = async (job: unknown): Promise<void> => {
    const id = await open.queue.addAsync(job, { priority, delayMs, key, timeoutMs, signal });
    count++;
    if (flags.json) writeJsonLine(process.stdout, { queue: name, id });
    await process.stdout.drained();
  };
  const tell = (): void => {
    if (!flags.json) process.stdout.write(`added ${formatCountOf(count, "job")}\n`);
  };
  try {
    if (operand !== undefined) await addOne(operandInput(kindOf("The job"), operand));
    else {
      using input = openScanInput(STANDARD_INPUT, signal);
      let number = 0;
      for await (const line of linesOf(input.chunks)) {
        await addOne(recordInput(kindOf(`Line ${++number}`), line));
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    if (count > 0) tell();
    throw error;
  }
  tell();
}

function openToAdd(name: string): OpenQueue {
  try {
    return openQueue(name);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const command = `${COMMAND_NAME} queue ${JSON.stringify(name)} create`;
    throw new NotFoundError(`There is no queue ${JSON.stringify(name)}; ${command} makes one`);
  }
}

function parseId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new UsageError(`A job has a number, as isthmus queue prints it: received "${text}"`);
}

function refuse(operand: string | undefined): void {
  if (operand !== undefined) throw new UsageError(`There is nothing to do with "${operand}"`);
}

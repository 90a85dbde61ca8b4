/**
 * `isthmus tail NAME`
 *
 * @module
 */
import { RecordTail, type TailedRecord } from "@isthmus/ipc";
import { pause } from "@isthmus/ipc/internal";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { COUNT_FLAG, type CommonFlags, FROM_START_FLAG, toggle } from "../flags.ts";
import { formatCount } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import { parseName } from "../parsers.ts";
import { namedError } from "../segments/not-found-error.ts";
import { schemaProblem } from "../segments/sync-report.ts";
import { formatRecord, tailRecord, valueIn } from "../watch/record-text.ts";

interface TailFlags extends CommonFlags {
  readonly count?: number;
  readonly fromStart: boolean;
  readonly hex: boolean;
}

/** How much of a record is printed as text, in bytes. */
const TEXT_BYTES_MAX = 64 * 1024;

/** Records that are written at once. */
const BURST_RECORDS = 256;

/** Time between two looks when nothing has passed. */
const INTERVAL_MS = 20;
/** The same of a queue: jobs that are done between two looks may be missed. */
const JOB_INTERVAL_MS = 2;

/** How often to say that records have passed too fast. */
const MISSED_INTERVAL_MS = 1000;

/** Prints records until there have been enough, or the channel is gone. */
async function runTail(this: IsthmusContext, flags: TailFlags, name: string): Promise<void> {
  const { process, style, signal } = this;
  using tail = open(name, flags);
  tellSchema(this, tail);
  const missed = new Missed(this, tail);
  const intervalMs = tail.kind === "queue" ? JOB_INTERVAL_MS : INTERVAL_MS;
  const write = (record: TailedRecord): void => {
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(tailRecord(name, record, valueIn(tail, record)))}\n`
        : formatRecord(record, typedValue(tail, record), flags.hex, style.stdout),
    );
  };
  try {
    for (let left = flags.count ?? Infinity; left > 0; ) {
      // Asked first: what was published before the channel went is printed after it.
      const { isCurrent } = tail;
      const found = tail.poll(write, { limit: Math.min(left, BURST_RECORDS) });
      left -= found;
      missed.tell();
      if (found === 0 && !isCurrent) break;
      // A slow reader of stdout makes records pass unseen, and not this process's memory grow.
      await process.stdout.drained();
      if (left > 0) await pause(found > 0 ? 0 : intervalMs, signal);
    }
  } finally {
    missed.tellAll();
  }
}

/** The value of a struct's record. JSON is shown as the text that it is. */
function typedValue(tail: RecordTail, record: TailedRecord): unknown {
  const isStruct =
    record.part === "response" ? tail.responseMode === "fixed" : tail.mode === "fixed";
  return isStruct && record.part !== "error" ? valueIn(tail, record) : undefined;
}

/** Says why records of structs are shown without the names of their fields. */
function tellSchema({ process, style }: IsthmusContext, tail: RecordTail): void {
  const problem = schemaProblem(tail.schema);
  const isAnyStruct = tail.mode === "fixed" || tail.responseMode === "fixed";
  if (!isAnyStruct || problem === undefined) return;
  process.stderr.write(`${style.stderr.yellow(`isthmus tail: ${printable(problem)}`)}\n`);
}

function open(name: string, { fromStart, json }: TailFlags): RecordTail {
  try {
    const maxBytes = json ? undefined : TEXT_BYTES_MAX;
    return new RecordTail(name, { from: fromStart ? "held" : "new", maxBytes });
  } catch (error) {
    throw namedError(error, name);
  }
}

/** Tells now and then how much has passed too fast to be copied. */
class Missed {
  readonly #context: IsthmusContext;
  readonly #tail: RecordTail;
  #told = 0;
  #nextMs = 0;

  constructor(context: IsthmusContext, tail: RecordTail) {
    this.#context = context;
    this.#tail = tail;
  }

  tell(): void {
    if (performance.now() >= this.#nextMs) this.tellAll();
  }

  tellAll(): void {
    const missed = this.#tail.missed - this.#told;
    if (missed === 0) return;
    this.#told += missed;
    this.#nextMs = performance.now() + MISSED_INTERVAL_MS;
    const { process, style } = this.#context;
    const line = `isthmus tail: ${formatCount(missed)} ${missedText(this.#tail)}`;
    process.stderr.write(`${style.stderr.yellow(line)}\n`);
  }
}

/** What is counted as missed, and why it was. */
function missedText({ kind, mode }: RecordTail): string {
  if (kind === "queue") return "jobs were done before they could be copied";
  const what = mode === "fixed" && kind !== "service" ? "records" : "units of 8 bytes";
  return `${what} passed too fast to be copied`;
}

/** The definition of the command. */
export const tail: Command<IsthmusContext> = defineCommand({
  run: runTail,
  // biome-ignore format: a flag is a line.
  flags: {
    count: COUNT_FLAG,
    fromStart: FROM_START_FLAG,
    hex: toggle("Dump each record, as hexdump -C does"),
  },
  positional: {
    kind: "tuple",
    parameters: [
      {
        brief: "A channel, topic, service or queue, as isthmus ls prints it",
        placeholder: "NAME",
        parse: parseName,
      },
    ],
  },
  docs: {
    brief: "Print records, requests, replies and jobs as they pass, without disturbing",
    fullDescription:
      "A line for each record: its lane, its position there, what it is in a service and of which\n" +
      "request, its length, and its fields, its text, or its bytes; for each job of a queue its\n" +
      "number and priority, when it has been added. The names of fields come from\n" +
      "the segment itself: the program that made it is not needed. With --json whole numbers of 64\n" +
      "bits are strings, and bytes base64. It copies from a read-only mapping and asks nobody to\n" +
      "wait: what passes too fast is counted on stderr. It ends when the segment is gone.",
    customUsage: [
      { input: "orders", brief: "what is sent from now on" },
      { input: "--from-start --hex --count 3 orders", brief: "the bytes of three that are there" },
      { input: "--json orders | jq .record", brief: "records of JSON, as they were sent" },
    ],
  },
});

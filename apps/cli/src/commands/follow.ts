/**
 * `isthmus follow FILE`
 *
 * @module
 */
import { resolve } from "node:path";
import { type FollowEvent, MemoryMappedFile } from "@isthmus/core";
import { buildCommand, type Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../flags.ts";
import { guarded } from "../guarded.ts";
import { writeJsonLine } from "../output/json.ts";
import { wholeNumber } from "../transfer/transfer-flags.ts";

interface FollowFlags extends CommonFlags {
  readonly from?: "end" | number;
  readonly wait?: boolean;
}

const parseOffset = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** Prints lines as they come, until it is interrupted. */
async function runFollow(this: IsthmusContext, flags: FollowFlags, path: string): Promise<void> {
  const { process, signal, style } = this;
  const { from = "end", wait = false } = flags;
  const full = resolve(this.cwd, path);
  for await (const line of MemoryMappedFile.follow(full, { from, wait, signal })) {
    if (flags.json) writeJsonLine(process.stdout, recordOf(path, line));
    else if (typeof line === "string") process.stdout.write(`${line}\n`);
    else process.stderr.write(`${style.stderr.dim(`isthmus: ${path}: ${textOf(line)}`)}\n`);
  }
}

function recordOf(path: string, line: string | FollowEvent): Readonly<Record<string, unknown>> {
  if (typeof line === "string") return { path, line };
  return { path, event: line.event, position: line.position };
}

/** What each event means. */
const EVENT_TEXTS: Readonly<Record<FollowEvent["event"], string>> = {
  rotated: "rotated: now the next file",
  truncated: "truncated: now from its start",
  missed: "a file was gone before it could be read: its lines are lost",
};

function textOf({ event, position }: FollowEvent): string {
  return `${EVENT_TEXTS[event]}; ${position} bytes had been read`;
}

function parseFrom(text: string): "end" | number {
  if (text === "start") return 0;
  return text === "end" ? "end" : parseOffset(text);
}

/** The definition of the command. */
export const follow: Command<IsthmusContext> = buildCommand<FollowFlags, [string], IsthmusContext>({
  func: guarded(runFollow),
  parameters: {
    flags: {
      ...COMMON_FLAGS,
      from: {
        kind: "parsed",
        parse: parseFrom,
        brief: "Where to begin: end (the default), start, or a byte",
        placeholder: "WHERE",
        optional: true,
      },
      wait: {
        kind: "boolean",
        brief: "Wait for a file that is not there yet",
        withNegated: false,
        optional: true,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "A file that grows", placeholder: "FILE", parse: String }],
    },
  },
  docs: {
    brief: "Print the lines that come at the end of a file",
    fullDescription:
      "Woken by the system when the file grows. A last line without an end waits for it.\n" +
      "Rotation, truncation and lost files are told on stderr, with --json as records with an `event`.\n" +
      "Ctrl-C ends it with 130.",
    customUsage: [
      { input: "app.log", brief: "what comes from now on" },
      { input: "--from start --wait app.log", brief: "all of it, even if it is not there yet" },
      { input: "--json app.log | jq .line", brief: "one JSON object per line" },
    ],
  },
});

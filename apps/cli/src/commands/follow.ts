/**
 * `isthmus follow FILE`
 *
 * @module
 */
import { resolve } from "node:path";
import { type FollowEvent, type FollowedLine, MemoryMappedFile } from "@isthmus/core";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, optional, toggle } from "../flags.ts";
import { writeJsonLine } from "../output/json.ts";
import { wholeNumber } from "../parsers.ts";

interface FollowFlags extends CommonFlags {
  readonly from?: "end" | number;
  readonly wait: boolean;
}

const parseOffset = wholeNumber(0);

/** Prints lines as they come, until it is interrupted. */
async function runFollow(this: IsthmusContext, flags: FollowFlags, path: string): Promise<void> {
  const { process, signal, style } = this;
  const { from = "end", wait } = flags;
  const full = resolve(this.cwd, path);
  const options = { from, wait, signal, positions: flags.json };
  for await (const line of MemoryMappedFile.follow(full, options)) {
    if (flags.json) writeJsonLine(process.stdout, recordOf(path, line));
    else if (typeof line === "string") process.stdout.write(`${line}\n`);
    else if ("event" in line)
      process.stderr.write(`${style.stderr.dim(`isthmus: ${path}: ${textOf(line)}`)}\n`);
  }
}

function recordOf(
  path: string,
  line: string | FollowedLine | FollowEvent,
): Readonly<Record<string, unknown>> {
  if (typeof line === "string") return { path, line };
  if ("event" in line) return { path, event: line.event, position: line.position };
  return { path, line: line.line, offset: line.offset, end: line.end };
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
export const follow: Command<IsthmusContext> = defineCommand({
  run: runFollow,
  // biome-ignore format: a flag is a line.
  flags: {
    from: optional("WHERE", parseFrom, "Where to begin: end (the default), start, or a byte"),
    wait: toggle("Wait for a file that is not there yet"),
  },
  positional: {
    kind: "tuple",
    parameters: [{ brief: "A file that grows", placeholder: "FILE", parse: String }],
  },
  docs: {
    brief: "Print the lines that come at the end of a file",
    fullDescription:
      "Woken by the system when the file grows. A last line without an end waits for it.\n" +
      "Rotation, truncation and lost files are told on stderr, with --json as records with an `event`.\n" +
      "--json tells of each line where it begins and ends, in bytes: `--from END` goes on behind it.\n" +
      "Ctrl-C ends it with 130.",
    customUsage: [
      { input: "app.log", brief: "what comes from now on" },
      { input: "--from start --wait app.log", brief: "all of it, even if it is not there yet" },
      { input: "--json app.log | jq .line", brief: "one JSON object per line" },
    ],
  },
});

/**
 * `isthmus scan FILE…`
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { errorLine } from "../error-line.ts";
import { ExitCode, exitCodeOf, worseExitCode } from "../exit-code.ts";
import { type CommonFlags, optional, several, toggle } from "../flags.ts";
import { InterruptedError } from "../interrupted-error.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressBar } from "../output/progress-bar.ts";
import { StatusLine } from "../output/status-line.ts";
import { wholeNumber } from "../parsers.ts";
import { type ScanResult, scanFile, type TextMatches } from "../scan/scan-file.ts";
import { STANDARD_INPUT } from "../scan/scan-input.ts";
import { formatScanReport } from "../scan/scan-report.ts";

/** The most threads that a scan may have, and the last column that can be asked for. */
const COUNT_MAX = 1024;

interface ScanFlags extends CommonFlags {
  readonly find?: readonly string[];
  readonly ignoreCase: boolean;
  readonly top?: number;
  readonly workers?: number;
}

/** Scans each file in turn; one that fails is reported and the others are still done. */
async function runScan(this: IsthmusContext, flags: ScanFlags, ...paths: string[]): Promise<void> {
  const { process, style } = this;
  let exitCode: number = ExitCode.done;
  let isFirst = true;
  for (const path of paths) {
    try {
      const result = await scanWithProgress(this, path, flags);
      this.signal.throwIfAborted();
      if (flags.json) writeJsonLine(process.stdout, recordOf(path, result));
      else {
        const report = formatScanReport(path, result, style.stdout);
        process.stdout.write(isFirst ? report : `\n${report}`);
      }
      isFirst = false;
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const line = `isthmus scan: ${path}: ${errorLine(error, process.env)}`;
      process.stderr.write(`${style.stderr.red(line)}\n`);
      exitCode = worseExitCode(exitCode, exitCodeOf(error));
      // The frame around commands adds an interruption to what happened before it.
      process.exitCode = exitCode;
    }
  }
  process.exitCode = exitCode;
}

async function scanWithProgress(
  { process, cwd, signal }: IsthmusContext,
  path: string,
  { find, ignoreCase, top, workers }: ScanFlags,
): Promise<ScanResult> {
  using status = new StatusLine(process.stderr, process.env);
  return await scanFile(path === STANDARD_INPUT ? path : resolve(cwd, path), {
    find,
    ignoreCase,
    top,
    workers,
    signal,
    onStart: (totalBytes) => {
      const bar = new ProgressBar(status, { label: path, totalBytes });
      return (doneBytes) => bar.update(doneBytes);
    },
  });
}

/** The public record; its fields are a contract. */
function recordOf(path: string, result: ScanResult): Readonly<Record<string, unknown>> {
  const { bytes, elapsedMs, found, top } = result;
  const sum = found.reduce((total, { matches }) => total + matches, 0);
  return {
    path,
    bytes,
    lines: result.lines,
    words: result.words,
    longest_line_bytes: result.longestLineBytes,
    matches: found.length === 0 ? undefined : sum,
    found: found.length < 2 ? undefined : found.map(recordOfText),
    top: top?.values,
    top_distinct: top?.distinct,
    top_lacking: top?.lacking,
    elapsed_ms: Math.round(elapsedMs * 1000) / 1000,
    bytes_per_second: elapsedMs === 0 ? 0 : Math.round((bytes / elapsedMs) * 1000),
  };
}

function recordOfText({ text, matches, firstOffset }: TextMatches) {
  return { text, matches, first_offset: firstOffset ?? null };
}

function parseFind(text: string): string {
  if (text === "") throw new SyntaxError("it must have at least one character");
  return text;
}

function parsePath(text: string): string {
  if (text === "") throw new SyntaxError("a file has a name");
  return text;
}

/** The definition of the command. */
export const scan: Command<IsthmusContext> = defineCommand({
  run: runScan,
  // biome-ignore format: a flag is a line.
  flags: {
    find: several("TEXT", parseFind, "Also count the matches of this text (as grep -o -F does)"),
    ignoreCase: toggle("Take a to z and A to Z in these texts for the same"),
    top: optional("COLUMN", wholeNumber(1, COUNT_MAX), "Also list the most frequent values of this column, from 1; blanks separate columns"),
    workers: optional("N", wholeNumber(1, COUNT_MAX), "Threads for a file that can be mapped (default: as many as there are CPUs)"),
  },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: {
      brief: "A file of any size, a pipe or a device; - is standard input",
      placeholder: "FILE",
      parse: parsePath,
    },
  },
  docs: {
    brief: "Scan files: bytes, lines, words, longest line, byte histogram",
    fullDescription:
      "Maps each file, where that can be done, and reads it once. Lines and words are those of\n" +
      "`wc -lw` since coreutils 9.5; the longest line is that of `LC_ALL=C wc -L`, with one\n" +
      "column for each byte of what is not ASCII. Several files are several results; one that\n" +
      "fails is reported and does not stop the others.",
    customUsage: [
      { input: "app.log", brief: "everything about one file" },
      { input: "--find ERROR app.log", brief: "also how often ERROR occurs, and where first" },
      { input: "--find error --find warn --ignore-case app.log", brief: "two texts in one pass" },
      { input: "--top 1 access.log", brief: "also the ten most frequent values of column 1" },
      { input: "--json *.log | jq .lines", brief: "one JSON object per file" },
    ],
  },
});

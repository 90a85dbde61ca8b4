/**
 * `isthmus scan FILE…`
 *
 * @module
 */
import { resolve } from "node:path";
import { buildCommand, type Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { errorLine } from "../error-line.ts";
import { ExitCode, exitCodeOf, worseExitCode } from "../exit-code.ts";
import { COMMON_FLAGS, type CommonFlags } from "../flags.ts";
import { guarded } from "../guarded.ts";
import { InterruptedError } from "../interrupted-error.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressBar } from "../output/progress-bar.ts";
import { StatusLine } from "../output/status-line.ts";
import { type ScanResult, scanFile } from "../scan/scan-file.ts";
import { STANDARD_INPUT } from "../scan/scan-input.ts";
import { formatScanReport } from "../scan/scan-report.ts";

interface ScanFlags extends CommonFlags {
  readonly find?: string;
}

/** Scans each file in turn; one that fails is reported and the others are still done. */
async function runScan(this: IsthmusContext, flags: ScanFlags, ...paths: string[]): Promise<void> {
  const { process, style } = this;
  let exitCode: number = ExitCode.done;
  let isFirst = true;
  for (const path of paths) {
    try {
      const result = await scanWithProgress(this, path, flags.find);
      this.signal.throwIfAborted();
      if (flags.json) writeJsonLine(process.stdout, recordOf(path, result));
      else {
        const report = formatScanReport(path, flags.find, result, style.stdout);
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
  find: string | undefined,
): Promise<ScanResult> {
  using status = new StatusLine(process.stderr, process.env);
  return await scanFile(path === STANDARD_INPUT ? path : resolve(cwd, path), {
    find,
    signal,
    onStart: (totalBytes) => {
      const bar = new ProgressBar(status, { label: path, totalBytes });
      return (doneBytes) => bar.update(doneBytes);
    },
  });
}

/** The public record; its fields are a contract. */
function recordOf(path: string, result: ScanResult): Readonly<Record<string, unknown>> {
  const { bytes, elapsedMs } = result;
  return {
    path,
    bytes,
    lines: result.lines,
    words: result.words,
    longest_line_bytes: result.longestLineBytes,
    matches: result.matches,
    elapsed_ms: Math.round(elapsedMs * 1000) / 1000,
    bytes_per_second: elapsedMs === 0 ? 0 : Math.round((bytes / elapsedMs) * 1000),
  };
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
export const scan: Command<IsthmusContext> = buildCommand<ScanFlags, string[], IsthmusContext>({
  func: guarded(runScan),
  parameters: {
    flags: {
      ...COMMON_FLAGS,
      find: {
        kind: "parsed",
        parse: parseFind,
        brief: "Also count the matches of this text (they do not overlap, as with grep -o -F)",
        placeholder: "TEXT",
        optional: true,
      },
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
      { input: "--json *.log | jq .lines", brief: "one JSON object per file" },
    ],
  },
});

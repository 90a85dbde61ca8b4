/**
 * The programs of the guides: all `ts` fences of a page, in order, are one program; a fence with `title="worker.ts"` is a
 * file beside it.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { MAIN } from "./programs.ts";

/** The program of one page. */
export interface GuideProgram {
  /** The page's name, without its ending. */
  readonly page: string;
  /** Its directory, in which it runs. */
  readonly directory: string;
  /** What it must print, in this order; an ellipsis stands for anything. */
  readonly expected: readonly string[];
}

const FENCE = /^```ts(?: title="([\w./-]+)")?\n([\s\S]*?)^```$/gm;
/** A line that says what it prints. */
const PRINTED = /console\.log\(.*\);[^/\n]*\/\/ (.+)$/gm;

/**
 * Writes the programs of pages.
 *
 * @param pages Paths of Markdown files.
 * @param target Gets a directory for each page that has code.
 * @returns The programs, in the order of the pages.
 */
export function writeGuidePrograms(pages: readonly string[], target: string): GuideProgram[] {
  return pages.flatMap((path) => {
    const files = filesIn(readFileSync(path, "utf8"));
    if (files.size === 0) return [];
    const page = basename(path, ".md");
    const directory = join(target, page);
    mkdirSync(directory, { recursive: true });
    for (const [name, code] of files) writeFileSync(join(directory, name), `${code}export {};\n`);
    const main = files.get(MAIN) ?? "";
    const expected = [...main.matchAll(PRINTED)].map(([, text = ""]) => text.trim());
    return [{ page, directory, expected }];
  });
}

function filesIn(text: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const [, name = MAIN, code = ""] of text.matchAll(FENCE)) {
    files.set(name, (files.get(name) ?? "") + code);
  }
  return files;
}

/**
 * Looks for what a program was to print and did not.
 *
 * @param expected What it was to print.
 * @param printed What it printed.
 * @returns The first text that is not there, behind the one before it; undefined when all are there.
 */
export function firstMissing(
  expected: readonly string[],
  printed: readonly string[],
): string | undefined {
  let from = 0;
  return expected.find((text) => {
    const pattern = new RegExp(`^${text.split("…").map(RegExp.escape).join(".*")}$`, "s");
    const index = printed.findIndex((line, at) => at >= from && pattern.test(line));
    from = index + 1;
    return index < 0;
  });
}

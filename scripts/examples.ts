/**
 * Finding the examples of the documentation: the `ts` fences of Markdown files and of doc comments.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One example. */
export interface Example {
  /** Path from the root of the project, and the line at which the code begins. */
  readonly place: string;
  readonly code: string;
}

/** A fence, in Markdown or behind the stars of a doc comment. */
const FENCE = /^([ \t]*\*? ?)```ts\n([\s\S]*?)^[ \t]*\*? ?```$/gm;

/**
 * Collects examples.
 *
 * @param root The project's root.
 * @param patterns Globs of files, relative to it.
 * @returns All examples, in the order of files and lines.
 */
export function collectExamples(root: string, patterns: readonly string[]): Example[] {
  const files = patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })]);
  return files.sort().flatMap((file) => examplesIn(file, readFileSync(join(root, file), "utf8")));
}

function examplesIn(file: string, text: string): Example[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [, prefix = "", body = ""] = match;
    const line = text.slice(0, match.index).split("\n").length + 1;
    const lines = body.split("\n").map((each) => withoutPrefix(each, prefix));
    return { place: `${file}:${line}`, code: lines.join("\n") };
  });
}

function withoutPrefix(line: string, prefix: string): string {
  return line.startsWith(prefix) ? line.slice(prefix.length) : line.slice(prefix.trimEnd().length);
}

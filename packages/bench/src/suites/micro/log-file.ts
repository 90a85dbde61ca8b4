/**
 * A log, for what looks at lines: the words of the other files are no text.
 *
 * @module
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SeededRandom } from "@isthmus/programs/seeded-random";

const BLOCK_LINES = 20_000;
const WORDS =
  "GET POST /index.html /api/users 200 404 Mozilla/5.0 request handled cache hit miss while reading".split(
    " ",
  );

/** A log, and what is in it. */
export interface LogFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
}

/** Finds the log of about so many bytes, written when it is first asked for: lines of 79 bytes on average. */
export function logFile(directory: string, aboutBytes: number): LogFile {
  const block = makeBlock();
  const repeats = Math.ceil(aboutBytes / block.length);
  const path = join(directory, `log-${aboutBytes}.txt`);
  if (!existsSync(path)) {
    const unfinished = `${path}-${process.pid}`;
    writeFileSync(unfinished, block);
    for (let i = 1; i < repeats; i++) writeFileSync(unfinished, block, { flag: "a" });
    renameSync(unfinished, path);
  }
  return { path, bytes: block.length * repeats, lines: BLOCK_LINES * repeats };
}

function makeBlock(): Buffer {
  const random = new SeededRandom(1);
  const lines = Array.from({ length: BLOCK_LINES }, (_, index) => {
    let line = `2026-11-28T12:00:00.${String(index).padStart(6, "0")}Z INFO`;
    const length = 60 + random.below(37);
    while (line.length < length) line += ` ${WORDS[random.below(WORDS.length)]}`;
    return line.slice(0, length);
  });
  return Buffer.from(`${lines.join("\n")}\n`);
}

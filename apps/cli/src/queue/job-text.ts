/**
 * Jobs on their way in and out of the command: as lines, and on the standard input of a program.
 *
 * @module
 */
import { jsonValue } from "../output/json-value.ts";

/**
 * A job as a program reads it: bytes as they are, anything else as one line of JSON.
 *
 * @param value The job, as its queue gives it.
 */
export function jobInput(value: unknown, isBytes: boolean): Uint8Array {
  if (isBytes && value instanceof Uint8Array) return value;
  return new TextEncoder().encode(`${JSON.stringify(jsonValue(value))}\n`);
}

const NEWLINE = 0x0a;

/**
 * The lines of a stream of bytes, without their ends; empty ones are left out.
 *
 * @param chunks The bytes in order.
 */
export async function* linesOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts);
      parts = [];
      start = end + 1;
      if (line.length > 0) yield line;
    }
    // A chunk is valid until the next one is asked for.
    if (start < chunk.length) parts.push(chunk.slice(start));
  }
  const last = Buffer.concat(parts);
  if (last.length > 0) yield last;
}

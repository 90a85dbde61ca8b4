/**
 * Bytes as `hexdump -C` prints them.
 *
 * @module
 */

const LINE_BYTES = 16;
const HALF_BYTES = LINE_BYTES / 2;

/** Gives the bytes from an offset on, as many as are asked for unless there are no more. */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/** How much is read at once; a multiple of a line. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Prints a range: offset, 16 bytes in hexadecimal, the same as text. Lines that repeat the one before are a
 * single `*`. The last line is the offset of the end.
 *
 * @param read Where the bytes come from.
 * @param start The first byte; also the first offset that is printed.
 * @param end The byte behind the last one.
 * @returns The lines, without a newline.
 */
export function* hexDump(read: ReadBytes, start: number, end: number): Generator<string, void> {
  let previous = "";
  let isRepeating = false;
  let offset = start;
  while (offset < end) {
    const chunk = read(offset, Math.min(CHUNK_BYTES, end - offset));
    for (let at = 0; at < chunk.length; at += LINE_BYTES) {
      const line = formatBytes(chunk.subarray(at, at + LINE_BYTES));
      if (line !== previous) yield `${formatOffset(offset + at)}  ${line}`;
      else if (!isRepeating) yield "*";
      isRepeating = line === previous;
      previous = line;
    }
    offset += chunk.length;
    if (chunk.length === 0) break; // shorter than it was
  }
  yield formatOffset(offset);
}

function formatOffset(offset: number): string {
  return offset.toString(16).padStart(8, "0");
}

function formatBytes(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const half = (from: number): string => digits.slice(from, from + HALF_BYTES).join(" ");
  const width = HALF_BYTES * 3 - 1;
  const text = Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
  return `${half(0).padEnd(width)}  ${half(HALF_BYTES).padEnd(width)}  |${text}|`;
}

/**
 * The same messages through a named pipe, to compare with.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { moveCursor } from "@isthmus/ipc";
import { fillMessage, Message, Tally } from "./message.ts";

/** What a pipe of Linux holds; a reader that takes more at once gains nothing. */
const PIPE_BYTES = 65_536;

/**
 * Writes messages, one write each.
 *
 * @param path The pipe.
 * @param count How many.
 */
export function writePipe(path: string, count: number): void {
  const bytes = new Uint8Array(Message.size);
  const message = Message.cursor(new DataView(bytes.buffer), 0);
  const fd = openSync(path, "w");
  for (let sequence = 0; sequence < count; sequence += 1) {
    fillMessage(message, sequence);
    writeSync(fd, bytes);
  }
  closeSync(fd);
}

/**
 * Reads and checks messages, as many at a time as there are, until the writer has closed the pipe.
 *
 * @param path The pipe.
 * @returns What arrived, and how long it took from the first message on.
 */
export function readPipe(path: string): { tally: Tally; elapsedMs: number } {
  const tally = new Tally();
  const bytes = new Uint8Array(PIPE_BYTES);
  const message = Message.cursor(new DataView(bytes.buffer), 0, { access: "read" });
  const fd = openSync(path, "r");
  let filled = 0;
  let startMs = 0;
  for (;;) {
    const got = readSync(fd, bytes, filled, PIPE_BYTES - filled, null);
    if (got === 0) break;
    startMs ||= performance.now();
    filled += got;
    const whole = filled - (filled % Message.size);
    for (let offset = 0; offset < whole; offset += Message.size) {
      moveCursor(message, offset);
      tally.note(message);
    }
    bytes.copyWithin(0, whole, filled);
    filled -= whole;
  }
  closeSync(fd);
  return { tally, elapsedMs: performance.now() - startMs };
}

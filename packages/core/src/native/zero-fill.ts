/**
 * Giving a range of a file its storage where no call of the system does: by writing zeros.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { fromNodeError } from "./errno.ts";

/** How many zero bytes one write carries. */
const WRITE_BYTES = 1 << 20;

/**
 * Writes zeros into a range of a file.
 *
 * @param attempt What could not be done when that fails.
 */
export function fillWithZeros(fd: number, start: number, end: number, attempt: string): void {
  try {
    const zeros = new Uint8Array(Math.min(WRITE_BYTES, Math.max(0, end - start)));
    for (let position = start; position < end; ) {
      position += writeSync(fd, zeros, 0, Math.min(zeros.length, end - position), position);
    }
  } catch (error) {
    throw fromNodeError(error, attempt);
  }
}

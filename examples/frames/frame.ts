/**
 * Pictures as they go from the camera to the viewer.
 *
 * @module
 */

import { nowMs } from "../shared/report.ts";

/** Before the pixels: the picture's number and when it was complete, by the clock. */
export const HEADER_BYTES = 16;
const BYTES_A_PIXEL = 4;

/** How long a picture is with its header, in bytes. */
export function frameBytes(width: number, height: number): number {
  return HEADER_BYTES + width * height * BYTES_A_PIXEL;
}

/** Makes a picture, as a camera would: every pixel of it is written. */
export function paint(frame: Uint8Array, number: number): void {
  frame.fill(number & 0xff, HEADER_BYTES);
  const header = new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES);
  header.setUint32(0, number, true);
  header.setFloat64(8, nowMs(), true);
}

/** What a viewer finds out about a picture. */
export interface Seen {
  readonly number: number;
  /** From when it was complete until now. */
  readonly ageMs: number;
  /** Whether all of it belongs to one picture. */
  readonly isWhole: boolean;
}

/** Looks at a picture: at one byte of every cache line, as a viewer that shrinks it would. */
export function look(frame: Uint8Array): Seen {
  const header = new DataView(frame.buffer, frame.byteOffset, HEADER_BYTES);
  const number = header.getUint32(0, true);
  const ageMs = nowMs() - header.getFloat64(8, true);
  const expected = number & 0xff;
  let isWhole = true;
  for (let at = HEADER_BYTES; at < frame.length; at += 64) isWhole &&= frame[at] === expected;
  return { number, ageMs, isWhole };
}

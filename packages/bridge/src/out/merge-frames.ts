/**
 * Several messages of one lane as one.
 *
 * @module
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import { type Frame, RECORD_HEADER_BYTES } from "../stream/frame.ts";

/**
 * Makes one message of several that follow each other.
 *
 * @param frames One at least.
 * @param isSized Whether the records have one size.
 */
export function mergeFrames(frames: readonly Frame[], isSized: boolean): RelayBatch {
  const [first] = frames as readonly [Frame];
  const { from, lost } = first;
  const { to } = frames.at(-1) as Frame;
  const count = frames.reduce((sum, frame) => sum + frame.count, 0);
  const payload = Buffer.concat(frames.map((frame) => frame.payload)) as Buffer<ArrayBuffer>;
  if (!isSized) moveEnds(frames, from, payload);
  return { from, to, count, lost, payload };
}

/** Has the positions behind records of any size count from the first message on. */
function moveEnds(frames: readonly Frame[], from: number, payload: Buffer): void {
  let at = 0;
  for (const frame of frames) {
    const offset = frame.from - from;
    for (let i = 0; i < frame.count; i++) {
      const length = payload.readUInt32LE(at);
      payload.writeUInt32LE(payload.readUInt32LE(at + 4) + offset, at + 4);
      at += RECORD_HEADER_BYTES + length;
    }
  }
}

/**
 * What a bridge fills, wherever records go.
 *
 * @module
 */

import type { BridgeSchema } from "../stream/description.ts";
import type { Frame, FrameRecord, LaneKey } from "../stream/frame.ts";
import type { Pending } from "../stream/positions.ts";

/** Takes records, and tells how many of them are there, also after a death in between. */
export interface InSink extends Disposable {
  readonly schema: BridgeSchema;
  /** Bytes of a record of one size; 0 when they have any. */
  readonly recordBytes: number;
  /** Of the segment, and its lane that is kept for this. */
  readonly kept: LaneKey;
  /** Where it is: what others see ends there. */
  readonly position: number;
  /** Where it will be when what was put into it is published. */
  readonly positionNext: number;
  /**
   * Puts records of a message into it, as many as there is room for; nobody sees them before `publish`.
   *
   * @param from Which one comes first.
   * @param to Behind which one it ends.
   * @returns How many it has taken.
   */
  put(frame: Frame, records: readonly FrameRecord[], from: number, to: number): number;
  /** Lets everybody see what was put into it. */
  publish(): void;
  /** Waits until something that needs room has found it. */
  waitForRoom(attempt: () => boolean, signal: AbortSignal): Promise<void>;
  /** How many of the records are there that moved it, or were to move it, from one position to another. */
  landed(pending: Pending): number;
}

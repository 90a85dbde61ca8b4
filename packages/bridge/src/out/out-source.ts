/**
 * What a bridge sends, wherever it comes from.
 *
 * @module
 */
import type { RelayBatch } from "@isthmus/ipc/internal";
import type { LaneKey } from "../stream/frame.ts";

/** Records of one sender, in order, with positions that only grow. */
export interface OutLane extends LaneKey {
  /** Position of what `take` gives next. */
  readonly next: number;
  /** Everything before it may be gone. */
  readonly released: number;
  /** Position behind the last record that there is. */
  readonly tail: number;
  /** Beyond this position the server cannot have any. */
  readonly positionMax: number;
  /** More than 0 when there is something to be taken; roughly how many bytes. */
  available(): number;
  /** Copies records out; one at least, when there is one. */
  take(bytesMax: number): RelayBatch | undefined;
  /** Says that everything before a position has arrived. */
  release(to: number): void;
  /** Goes on at another position; returns where it really goes on. */
  goTo(position: number): number;
}

/** Where records come from. */
export interface OutSource extends Disposable {
  /** Fingerprint of their schema. */
  readonly fingerprint: bigint;
  /** Whether its records have one size. */
  readonly isSized: boolean;
  /** What there is by now. */
  readonly lanes: readonly OutLane[];
  /** Room of one lane, as positions count; undefined where senders never wait. */
  readonly capacity: number | undefined;
  /** Says that there is much to do. */
  noteBusy(): void;
  /** Waits until there is something. Rejects when disposed meanwhile. */
  wait(): Promise<void>;
}

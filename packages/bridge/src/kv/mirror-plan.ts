/**
 * What a mirror is asked for, and what it counts.
 *
 * @module
 */
import type { Bucket, BucketValue } from "./bucket.ts";
import type { LocalSide } from "./local-side.ts";

/** What becomes of a key that was changed here and elsewhere at once. */
export type ConflictRule = "theirs" | "ours" | Merge;

/** Makes one value of two, and of the one that both were made from, where that is known. */
export type Merge = (ours: unknown, theirs: unknown, base: unknown) => unknown;

/** What a mirror counts. */
export interface MirrorCounts {
  /** Values, and deletions, that the server has acknowledged. */
  sent: number;
  /** Values, and deletions, that came from the bucket and are here now. */
  received: number;
  /** Keys that were changed here and elsewhere at once. */
  conflicts: number;
  /** Values that are not mirrored: too long, with a key that is too long, or of another schema. */
  refused: number;
  /** Times that the server had forgotten what it had acknowledged. */
  forgotten: number;
  /** Bytes of the values that were sent and received. */
  readonly bytes: { out: number; in: number };
  /** When that was last, in milliseconds since 1970; 0: never. */
  readonly activeMs: { out: number; in: number };
  /** The reason of the last refusal, or of what is tried again. */
  problem: string | undefined;
}

/** What a mirror does with a bucket. */
export type MirroredBucket = Pick<
  Bucket,
  "valueBytesMax" | "ensure" | "state" | "write" | "last" | "read"
>;

/** What a mirror is asked for. */
export interface MirrorPlan {
  readonly side: LocalSide;
  readonly bucket: MirroredBucket;
  readonly isOut: boolean;
  readonly isIn: boolean;
  readonly rule: ConflictRule;
  readonly isMirrored: (key: string) => boolean;
  /** Where nobody else may write: the error of a mirror that finds that somebody does. */
  readonly fenced: ((key: string) => Error) | undefined;
}

/** Nothing yet. */
export function newCounts(): MirrorCounts {
  return {
    sent: 0,
    received: 0,
    conflicts: 0,
    refused: 0,
    forgotten: 0,
    bytes: { out: 0, in: 0 },
    activeMs: { out: 0, in: 0 },
    problem: undefined,
  };
}

/** Counts a value that went one way. */
export function countValue(
  { bytes, activeMs }: MirrorCounts,
  way: "out" | "in",
  value: BucketValue | undefined,
): void {
  bytes[way] += value?.bytes.length ?? 0;
  activeMs[way] = Date.now();
}

/** Ends a mirror for good. */
export class MirrorEnd extends Error {
  override readonly name: string = "MirrorEnd";
}

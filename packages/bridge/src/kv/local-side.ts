/**
 * What a mirror needs of what it mirrors.
 *
 * @module
 */
import type { SchemaShape } from "@isthmus/ipc/internal";
import type { BucketState, BucketValue } from "./bucket.ts";

/** A value as it is here. */
export interface LocalValue extends BucketValue {
  /** Differs from that of every other value that the key has had, as far as that can be told. */
  readonly stamp: string;
  /** Whether it is what was there before anybody had put something. */
  readonly isInitial: boolean;
}

/** What has changed here: some keys; `"unknown"`: nobody knows which; `"cleared"`: all that have no value now were deleted. */
export type LocalChange = readonly string[] | "unknown" | "cleared";

/** What a mirror has left for the next one. */
export interface Remembered extends BucketState {
  /** Keys that are not what they were then. */
  readonly changed: readonly string[];
  /** What the bucket and this side had in common then, of a struct. */
  readonly common: Uint8Array | undefined;
}

/** A struct or a cache, by keys. */
export interface LocalSide {
  readonly shape: SchemaShape;
  /** What no other side has: by it, a value in the bucket is known to be from here. */
  readonly origin: string;
  /** All keys that have a value. */
  keys(): Iterable<string>;
  /** The value of a key. */
  read(key: string): LocalValue | undefined;
  /**
   * Puts a value, or none, in the place of the one that was read.
   *
   * @returns What is there now; `"changed"` when it was not what was read any more, and nothing has been done.
   * @throws {CorruptSegmentError} When the bytes are no value of the schema.
   */
  replace(
    key: string,
    expected: LocalValue | undefined,
    value: BucketValue | undefined,
  ): Promise<LocalValue | undefined | "changed">;
  /** A value as programs know it, for whoever merges two of them. */
  decode(bytes: Uint8Array): unknown;
  encode(value: unknown): Uint8Array<ArrayBuffer>;
  /**
   * What the last mirror has left; undefined when that is nothing, or nothing that still means anything. To be called once, before
   * `changes`.
   */
  recall(): Remembered | undefined;
  /** Leaves for the next mirror that all that `changes` has told so far is in the bucket, and all of the bucket here. */
  remember(state: BucketState, common: Uint8Array | undefined): void;
  /** What changes from now on, and has changed since `recall`. Ends with the signal, or when this is disposed. */
  changes(signal: AbortSignal): AsyncIterable<LocalChange>;
  /** Lets go of it. */
  dispose(): void;
}

/** Whether two values are the same bytes. */
export function isSame(one: BucketValue | undefined, other: BucketValue | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one.bytes, other.bytes) === 0;
}

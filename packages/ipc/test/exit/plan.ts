/**
 * What a process that ends is told to send before.
 *
 * @module
 */
import { type FieldType, type StructSchema, struct, u32 } from "../../src/index.ts";

export const Tick: StructSchema<{ readonly id: FieldType<number> }> = struct({ id: u32 });

/** How it sends. */
export type What =
  | "struct"
  | "stamped"
  | "claim"
  | "sendAsync"
  | "batch"
  | "claimUnfinished"
  | "json"
  | "bytes"
  | "topic"
  | "topicJson"
  | "topicBatch"
  | "request"
  | "answer"
  | "answerInPlace"
  | "answerLater";

/** How it ends. */
export type End =
  | "return"
  | "exit"
  | "exitInTimer"
  | "throw"
  | "throwInTimer"
  | "reject"
  | "listener"
  | "listenerToo"
  | "failingListener"
  | "killedLater";

/** All of it. */
export interface Plan {
  readonly what: What;
  readonly name: string;
  readonly count: number;
  readonly end: End;
  readonly isWorker: boolean;
}

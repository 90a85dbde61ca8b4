/**
 * How records of a schema are made and checked, so that every role can work with any schema.
 *
 * @module
 */
import type { ChannelSchema, RecordCursor, RecordInput } from "@isthmus/ipc";
import type { SeededRandom } from "../seeded-random.ts";
import type { Sending } from "./sending.ts";

/** Whose record it is and which; overwritten by each record that is read. */
export interface Reading {
  stream: number;
  sequence: number;
}

/** What makes and checks the records of one schema. */
export interface Wire<S extends ChannelSchema> {
  readonly schema: S;
  /** Room for the records of one sender, in bytes: little, so that it is often full. */
  readonly capacityBytes: number;
  /** Makes a record. */
  make(stream: number, sequence: number, random: SeededRandom): RecordInput<S>;
  /** Makes a record whose parts do not belong together. */
  tear(stream: number, sequence: number, random: SeededRandom): RecordInput<S>;
  /** Writes a record in place, and lets `inside` pass time when half of it is there. */
  claim(sending: Sending<S>, sequence: number, inside: () => void): void;
  /** Reads a record or its cursor; returns whether it is whole. */
  read(record: RecordCursor<S>, into: Reading): boolean;
}

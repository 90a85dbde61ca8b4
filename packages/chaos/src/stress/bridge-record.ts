/**
 * What goes over a bridge in a storm: 64 bytes that say whose they are and which ones, and that they are whole.
 *
 * @module
 */
import { type FieldType, type Infer, type StructSchema, struct, u32, u53 } from "@isthmus/ipc";

/** The name on the server. */
export const BRIDGE_STREAM = "storm";

type Names = "sender" | "check" | "number" | "a" | "b" | "c" | "d" | "e" | "last";

/** A record. */
export const BridgeRecord: StructSchema<Record<Names, FieldType<number>>> = struct({
  sender: u32,
  check: u32,
  number: u53,
  a: u53,
  b: u53,
  c: u53,
  d: u53,
  e: u53,
  last: u53,
});
export type BridgeRecord = Infer<typeof BridgeRecord>;

/** The record of a sender with a number. */
export function bridgeRecord(sender: number, number: number): BridgeRecord {
  const check = checkOf(sender, number);
  return { sender, check, number, a: check, b: check, c: check, d: check, e: check, last: check };
}

/** Whether a record is as it was sent. */
export function isWhole({ sender, check, number, last }: BridgeRecord): boolean {
  return check === last && check === checkOf(sender, number);
}

function checkOf(sender: number, number: number): number {
  return Math.imul(number ^ (sender << 20), 0x9e3779b1) >>> 0;
}

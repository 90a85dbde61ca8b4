/**
 * Records that prove that nothing was lost, duplicated, reordered or changed on the way.
 *
 * @module
 */
import { type FieldType, f64, type StructSchema, struct, u32 } from "../../../src/index.ts";

type Names = "sender" | "check" | "number" | "a" | "b" | "c" | "d" | "e" | "f";

/** 64 bytes: who sent it, its number among the sender's, and what both must give. */
export const Numbered: StructSchema<Readonly<Record<Names, FieldType<number>>>> = struct({
  sender: u32,
  check: u32,
  number: f64,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
  e: f64,
  f: f64,
});

/** As much of a record or of its cursor as is written and checked. */
export interface NumberedFields {
  sender: number;
  check: number;
  number: number;
  a: number;
  f: number;
}

function checkOf(sender: number, number: number): number {
  return (Math.imul(sender + 1, 0x9e37_79b1) ^ Math.imul(number + 1, 0x85eb_ca6b)) >>> 0;
}

/** Fills a record or its cursor; every field depends on the two numbers. */
export function fillIn(record: NumberedFields, sender: number, number: number): void {
  record.sender = sender;
  record.number = number;
  record.check = checkOf(sender, number);
  record.a = number * 2;
  record.f = number * 3;
}

/** A plain record. */
export function numbered(sender: number, number: number): Record<Names, number> {
  const record = { sender, check: 0, number, a: 0, b: 1, c: 2, d: 3, e: 4, f: 0 };
  fillIn(record, sender, number);
  return record;
}

/** What a consumer has seen. */
export interface Account {
  records: number;
  /** Records whose fields do not belong together. */
  torn: number;
  /** Numbers that were left out. */
  gaps: number;
  /** Numbers that were seen again. */
  repeats: number;
  /** The next number of each sender. */
  next: Record<number, number>;
}

/** Keeps account of records. */
export class Ledger {
  readonly account: Account = { records: 0, torn: 0, gaps: 0, repeats: 0, next: {} };

  note({ sender, check, number, a, f }: Readonly<NumberedFields>): void {
    const { account } = this;
    account.records++;
    if (check !== checkOf(sender, number) || a !== number * 2 || f !== number * 3) account.torn++;
    const expected = account.next[sender] ?? 0;
    if (number > expected) account.gaps += number - expected;
    if (number < expected) account.repeats++;
    else account.next[sender] = number + 1;
  }
}

/**
 * Records of the three kinds of schema, and what a record that is read must be like.
 *
 * @module
 */
import { bytes, json, oneOf, struct, u32, utf8 } from "../../../src/index.ts";
import { demand } from "./outcomes.ts";

/** Room of a ring in bytes; also for the longest record, so that nothing can be longer. */
export const CAPACITY_BYTES = 4096;

/** A schema as tests that do not care use it. */
export type AnySchema = typeof json;

const Tick = struct({ id: u32, side: oneOf("buy", "sell"), label: utf8(12) });

/** Schemas by what they are, with a record of each. */
export const RECORDS: readonly (readonly [name: string, schema: AnySchema, record: object])[] = [
  ["structs", Tick as unknown as AnySchema, { id: 1, side: "buy", label: "first" }],
  ["bytes", bytes as unknown as AnySchema, new Uint8Array(24).fill(7)],
  ["json", json, { id: 1, text: "one" }],
];

/** Reads all of a record in place or a plain one; what is read lies inside the ring. */
export function readAll(record: unknown): void {
  if (record instanceof Uint8Array) {
    demand(record.length <= CAPACITY_BYTES, `${record.length} bytes in one record`);
    let sum = 0;
    for (const byte of record) sum += byte;
    demand(sum >= 0, "bytes");
    return;
  }
  const text = JSON.stringify(record);
  // A byte that is no UTF-8 becomes a character of three.
  demand((text ?? "").length <= CAPACITY_BYTES * 6, "a text that is longer than the ring");
}

/**
 * Records with fields of several types.
 *
 * @module
 */
import {
  bytes,
  type FieldType,
  f64,
  type Infer,
  oneOf,
  type StructSchema,
  struct,
  u32,
  u64,
  utf8,
} from "@isthmus/ipc";

/** What is sent. */
export const Order: StructSchema<{
  readonly id: FieldType<number>;
  readonly price: FieldType<number>;
  readonly symbol: FieldType<string>;
  readonly side: FieldType<"buy" | "sell">;
  readonly at: FieldType<bigint>;
  readonly tag: FieldType<Uint8Array>;
}> = struct({
  id: u32,
  price: f64,
  symbol: utf8(8),
  side: oneOf("buy", "sell"),
  at: u64,
  tag: bytes(4),
});

/** The order of a number. */
export function orderOf(id: number): Infer<typeof Order> {
  const side = id % 2 === 0 ? "sell" : "buy";
  const tag = new Uint8Array([id, 255]);
  return { id, price: id / 4, symbol: `S\x1b${id}`, side, at: 2n ** 60n + BigInt(id), tag };
}

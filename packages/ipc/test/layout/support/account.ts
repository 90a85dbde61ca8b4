/**
 * A record with things in it that stay true: the sum of its places, and the checksum of its count.
 *
 * @module
 */
import {
  array,
  type Cursor,
  type Fields,
  type FieldType,
  type Infer,
  i32,
  type StructSchema,
  struct,
  u32,
  u53,
  utf8,
} from "../../../src/index.ts";

/** The fields of {@link Account}. */
export interface AccountFields extends Fields {
  readonly count: typeof u53;
  readonly checksum: typeof u32;
  readonly label: FieldType<string>;
  readonly places: ReturnType<typeof array<typeof i32>>;
}

/** The record that `writer.py` changes, too. */
export const Account: StructSchema<AccountFields> = struct({
  count: u53,
  checksum: u32,
  label: utf8(24),
  places: array(i32, 4),
});

function checksumOf(count: number): number {
  return Math.imul(count, 2654435761) >>> 0;
}

/** Moves an amount between two places, and counts. */
export function account(cursor: Cursor<typeof Account>): void {
  const count = cursor.count + 1;
  const amount = count % 5;
  const { places } = cursor;
  cursor.count = count;
  cursor.checksum = checksumOf(count);
  cursor.label = `bun ${count}`;
  places.set(count % 4, places.get(count % 4) - amount);
  places.set((count + 1) % 4, places.get((count + 1) % 4) + amount);
}

/** Whether what must be true of a record is. */
export function isSound({ count, checksum, label, places }: Infer<typeof Account>): boolean {
  const sum = places.reduce((total, place) => total + place, 0);
  const isLabelled = count === 0 || label === `bun ${count}` || label === `python ${count}`;
  return sum === 0 && isLabelled && checksum === checksumOf(count);
}

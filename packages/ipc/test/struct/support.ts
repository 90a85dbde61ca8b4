/** What the tests of the schema language share. */
import type { AnyFieldType, Fields, FieldType, StructSchema } from "../../src/struct/index.ts";
import { struct } from "../../src/struct/index.ts";

/** Zeroed memory for `count` records of a schema, with guard bytes of 0xee around them. */
export function memory<F extends Fields>(schema: StructSchema<F>, count = 1): DataView {
  const bytes = new Uint8Array(schema.size * count + 2 * GUARD);
  bytes.fill(0xee, 0, GUARD).fill(0xee, bytes.length - GUARD);
  return new DataView(bytes.buffer, GUARD, schema.size * count);
}

const GUARD = 16;

/** Whether nothing was written outside the view that `memory` gave. */
export function isGuardIntact(view: DataView): boolean {
  const bytes = new Uint8Array(view.buffer);
  const guards = [...bytes.subarray(0, GUARD), ...bytes.subarray(bytes.length - GUARD)];
  return guards.every((byte) => byte === 0xee);
}

/** The bytes of a view. */
export function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * The error that a call throws, as `Name CODE message`; fails when it throws none or one of another
 * kind.
 */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return `${error.name} ${String(error.code)} ${error.message}`;
  }
  throw new Error("Expected an error, but the call returned");
}

/** Writes a value of one type as the field `x` and gives what is read back. */
export function roundTrip<V, I, L>(type: FieldType<V, I, L>, value: unknown): unknown {
  const schema = struct({ x: type as AnyFieldType });
  const view = memory(schema);
  schema.encode(view, 0, { x: value });
  return schema.decode(view, 0).x;
}

/** The refusal of writing a value of one type, the same through `encode` and through a cursor. */
export function refusalOf<V, I, L>(type: FieldType<V, I, L>, value: unknown): string {
  const schema = struct({ x: type as AnyFieldType });
  const view = memory(schema);
  const text = refusal(() => schema.encode(view, 0, { x: value }));
  const cursor: { x: unknown } = schema.cursor(view, 0);
  const other = refusal(() => {
    cursor.x = value;
  });
  if (other !== text) throw new Error(`A cursor refuses differently: ${other}`);
  if (!isGuardIntact(view)) throw new Error("A refused value was written outside of the record");
  return text;
}

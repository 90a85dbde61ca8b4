/**
 * What every type of the schema language is: a layout at run time, and three TypeScript types that
 * exist only for the compiler.
 *
 * @module
 */
import type { TypeLayout } from "./layout.ts";

/**
 * The type of a field. Made by `u32`, `utf8(32)`, `array(f64, 16)`, `struct({ … })` and their like,
 * never by hand.
 *
 * @typeParam Value What reading gives: plain JavaScript values.
 * @typeParam Input What writing accepts: `Value` and, for arrays, anything like an array.
 * @typeParam Live What a cursor's property is: the value, or a cursor into an array or a struct.
 */
export class FieldType<Value = unknown, Input = Value, Live = Value> {
  /**
   * Exists for the compiler only: without it TypeScript would take all field types for the same.
   * The tilde keeps it at the end of every editor's list, as in Standard Schema.
   */
  declare readonly "~types": {
    readonly value: Value;
    readonly input: Input;
    readonly live: Live;
  };
  /** The bytes of this type: a frozen description that can be printed, compared and walked. */
  readonly layout: TypeLayout;

  /** @param layout The bytes of this type. */
  constructor(layout: TypeLayout) {
    this.layout = layout;
  }
}

/** Any field type at all: the bound of generic parameters. */
export type AnyFieldType = FieldType<unknown, unknown, unknown>;

/**
 * The plain value that a schema describes, as reading gives it.
 *
 * @example The type of a record, from its schema
 * ```ts
 * import { f64, type Infer, struct, u32, utf8 } from "@isthmus/ipc";
 *
 * const Order = struct({ id: u32, price: f64, symbol: utf8(8) });
 * type Order = Infer<typeof Order>; // { id: number; price: number; symbol: string }
 * const order: Order = { id: 1, price: 2.5, symbol: "XYZ" };
 * ```
 */
export type Infer<S extends AnyFieldType> = S["~types"]["value"];

/**
 * What may be given where a schema's value is written: everything of {@link Infer}, and typed
 * arrays, frozen objects and cursors too.
 */
export type InputOf<S extends AnyFieldType> = S["~types"]["input"];

/** The cursor of a schema: one property per field, reading and writing shared memory in place. */
export type Cursor<S extends AnyFieldType> = S["~types"]["live"];

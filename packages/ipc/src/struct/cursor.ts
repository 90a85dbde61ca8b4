/**
 * What the cursors of all schemas have in common: where they stand, and how they are moved.
 *
 * @module
 */
import { invalidType } from "@isthmus/core/internal";
import { refusePlace } from "./codegen/refusals.ts";

/**
 * Where a cursor and all cursors inside it stand. One object for the whole tree, so that moving is
 * one store, and one class for all schemas, so that moving is monomorphic. Reading through it costs
 * nothing measurable against `view` and `base` as fields of the cursor (see
 * `codegen/cursor-class.ts`).
 */
export class Anchor {
  /** The memory. */
  readonly view: DataView;
  /** Bytes from the beginning of the view to the record. */
  base: number;
  readonly #size: number;

  /**
   * @param view The memory that holds the records.
   * @param size The size of a record in bytes.
   * @param byteOffset Where the first record begins.
   */
  constructor(view: DataView, size: number, byteOffset: number) {
    this.view = view;
    this.#size = size;
    this.base = 0;
    this.moveTo(byteOffset);
  }

  /** Moves to another record; all of it must be inside the view. */
  moveTo(byteOffset: number): void {
    if (
      typeof byteOffset !== "number" ||
      byteOffset >>> 0 !== byteOffset ||
      byteOffset > this.view.byteLength - this.#size
    ) {
      refusePlace(this.view, byteOffset, this.#size);
    }
    this.base = byteOffset;
  }
}

/**
 * Where a schema's outermost cursor keeps its anchor. A symbol cannot collide with a field's name.
 */
export const ANCHOR: unique symbol = Symbol("isthmus.anchor");
/** The method of every struct's cursor that copies what it stands on into a plain object. */
export const SNAPSHOT: unique symbol = Symbol("isthmus.snapshot");

/**
 * Moves a cursor to another record of the same view. Cursors and array cursors that were taken out
 * of it move along: they mean the same field of the record at the new place.
 *
 * **Safety.** The cursor is as good as its view: one over a mapping that has been disposed throws
 * on every access.
 *
 * @param cursor What `schema.cursor()` gave; not a cursor inside another one.
 * @param byteOffset Where the record begins, in bytes from the beginning of the view. Any
 *   alignment.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not such a cursor, or the offset not a
 *   number.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when the record would not be inside the view.
 *
 * @example Walk over records without allocating
 * ```ts
 * import { moveCursor, struct, u32 } from "@isthmus/ipc";
 *
 * const Tick = struct({ id: u32 });
 * const cursor = Tick.cursor(new DataView(new ArrayBuffer(40)), 0);
 * for (let offset = 0; offset < 40; offset += Tick.size) {
 *   moveCursor(cursor, offset);
 *   cursor.id = offset;
 * }
 * ```
 */
export function moveCursor(cursor: object, byteOffset: number): void {
  const anchor = (cursor as { readonly [ANCHOR]?: Anchor } | null | undefined)?.[ANCHOR];
  if (anchor === undefined) {
    throw invalidType("cursor", "a cursor that schema.cursor() gave", cursor);
  }
  anchor.moveTo(byteOffset);
}

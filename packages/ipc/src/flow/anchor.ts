/**
 * Moving a cursor over the slots of a ring.
 *
 * @module
 */
import { ANCHOR, type Anchor } from "../struct/cursor.ts";

/**
 * Where a cursor stands. Setting `base` to a slot's offset moves it without the checks of `moveCursor`, which a slot
 * of a ring does not need: they were measured to cost as much as all the fields of a record of 64 bytes.
 *
 * @param cursor What `schema.cursor()` gave.
 */
export function anchorOf(cursor: object): Anchor {
  return (cursor as { readonly [ANCHOR]: Anchor })[ANCHOR];
}

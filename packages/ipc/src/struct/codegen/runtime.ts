/**
 * Everything that generated code may call, as the one object that it knows as `$`.
 *
 * @module
 */
import { INSPECT } from "@isthmus/core/internal";
import { ArrayCursor } from "../array-cursor.ts";
import { ANCHOR, SNAPSHOT } from "../cursor.ts";
import { readBytes, readText, writeBytes, writeText } from "./blobs.ts";
import * as refusals from "./refusals.ts";

/** The functions, symbols and classes of generated code. */
export const runtime: object = Object.freeze({
  ...refusals,
  readText,
  readBytes,
  writeText,
  writeBytes,
  ArrayCursor,
  ANCHOR,
  SNAPSHOT,
  INSPECT,
});

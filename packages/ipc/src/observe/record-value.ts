/**
 * The value of a copied record, when it is known what it is.
 *
 * @module
 */

import { CorruptSegmentError } from "@isthmus/core";
import type { Mode } from "../flow/record-layout.ts";
import { decodePlain } from "../struct/decode-plain.ts";
import type { StructSchema } from "../struct/struct-schema.ts";

/** A copy of a record, perhaps only of its beginning. */
export interface CopiedRecord {
  /** Length of the whole record. */
  readonly lengthBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes a record.
 *
 * @param record The record; one that was cut off has no value.
 * @param mode What records of its kind are.
 * @param schema The struct that they are, when it is known.
 * @returns Undefined when its value is not known.
 * @throws {CorruptSegmentError} When the bytes cannot be such a record.
 */
export function decodeRecord(
  { lengthBytes, bytes }: CopiedRecord,
  mode: Mode | undefined,
  schema: StructSchema | undefined,
): unknown {
  if (bytes.length < lengthBytes) return undefined;
  if (mode === "json") return parseJson(bytes);
  if (mode !== "fixed" || schema === undefined) return undefined;
  if (lengthBytes !== schema.size) {
    throw new CorruptSegmentError(
      `A record has ${lengthBytes} bytes where its struct has ${schema.size}`,
    );
  }
  return decodePlain(schema.layout, new DataView(bytes.buffer, bytes.byteOffset, lengthBytes), 0);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new CorruptSegmentError(`A record of ${bytes.length} bytes is not JSON`, {
      cause: error,
    });
  }
}

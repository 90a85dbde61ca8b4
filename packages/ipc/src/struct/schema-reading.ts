/**
 * What a segment says of its records, as far as it can be believed.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION, type SegmentKind } from "@isthmus/core/internal";
import { fingerprintOf } from "./fingerprint.ts";
import { parseCanonical } from "./parse-canonical.ts";
import { SCHEMA, SCHEMA_HEADER_BYTES, SCHEMA_TEXT_BYTES_MAX } from "./schema-layout.ts";
import { fingerprintOfTexts, isMarkerText } from "./schema-texts.ts";
import type { StructSchema } from "./struct-schema.ts";

/** What is known of a segment's records. */
export interface SchemaReading {
  /**
   * `"known"`: the segment says what its records are, and its fingerprint confirms it. `"absent"`: it says nothing.
   * `"wrong"`: what it says is not to be believed.
   */
  readonly status: "known" | "absent" | "wrong";
  /** Why it is not to be believed. */
  readonly problem: string | undefined;
  /** The struct of the records, of a service of its requests; undefined for bytes and JSON, and when it is not known. */
  readonly record: StructSchema | undefined;
  /** The struct of a service's responses. */
  readonly response: StructSchema | undefined;
}

const ABSENT: SchemaReading = {
  status: "absent",
  problem: undefined,
  record: undefined,
  response: undefined,
};

/** The bytes of a segment's sections. */
export interface SectionBytes {
  /** Length of a section; 0 when there is none. */
  lengthOf(id: number): number;
  /** Part of a section, in memory of its own; zeros for what it does not have. */
  peek(id: number, offset: number, lengthBytes: number): Uint8Array<ArrayBuffer>;
}

/** What is needed of a segment to read its schema. */
export interface SchemaSource {
  readonly kind: SegmentKind | "unknown";
  /** As 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly reader: SectionBytes;
}

/** Reads what a segment says of its records. Never throws for what anybody can have written. */
export function readSchema(source: SchemaSource): SchemaReading {
  if (source.reader.lengthOf(SECTION.schema) === 0) return ABSENT;
  try {
    return { ...ABSENT, status: "known", ...parse(source) };
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    return { ...ABSENT, status: "wrong", problem: error.message };
  }
}

function parse({
  kind,
  fingerprint,
  reader,
}: SchemaSource): Pick<SchemaReading, "record" | "response"> {
  const header = new DataView(reader.peek(SECTION.schema, 0, SCHEMA_HEADER_BYTES).buffer);
  const recordBytes = header.getUint32(SCHEMA.recordBytes * 4, true);
  const responseBytes = header.getUint32(SCHEMA.responseBytes * 4, true);
  const end = SCHEMA_HEADER_BYTES + recordBytes + responseBytes;
  const isPossible =
    recordBytes + responseBytes <= SCHEMA_TEXT_BYTES_MAX && end <= reader.lengthOf(SECTION.schema);
  if (!isPossible) throw new CorruptSegmentError("Its texts are longer than their section");
  const textAt = (offset: number, length: number): string =>
    decode(reader.peek(SECTION.schema, offset, length));
  const record = textAt(SCHEMA_HEADER_BYTES, recordBytes);
  const response = textAt(SCHEMA_HEADER_BYTES + recordBytes, responseBytes);
  const found = kind === "service" ? fingerprintOfTexts(record, response) : fingerprintOf(record);
  if (found.hex !== fingerprint) {
    throw new CorruptSegmentError(
      `Its text has the fingerprint ${found.hex}, its records have ${fingerprint}`,
    );
  }
  return {
    record: structOf(record),
    response: kind === "service" ? structOf(response) : undefined,
  };
}

function structOf(text: string): StructSchema | undefined {
  return isMarkerText(text) ? undefined : parseCanonical(text);
}

function decode(text: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch (error) {
    throw new CorruptSegmentError("Its text is no UTF-8", { cause: error });
  }
}

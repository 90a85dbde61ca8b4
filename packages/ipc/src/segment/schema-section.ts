/**
 * The schema section as a segment's creator writes it.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { SCHEMA, SCHEMA_HEADER_BYTES, SCHEMA_TEXT_BYTES_MAX } from "../struct/schema-layout.ts";
import type { SectionSpec } from "./segment-spec.ts";

/**
 * The section that says what records are.
 *
 * @param record The text of the record; of a service, of the request.
 * @param response The text of a service's response.
 * @returns None when the texts are too long to be worth their memory.
 */
export function schemaSections(record: string, response = ""): readonly SectionSpec[] {
  const encoder = new TextEncoder();
  const texts = [encoder.encode(record), encoder.encode(response)] as const;
  const textBytes = texts[0].length + texts[1].length;
  if (textBytes > SCHEMA_TEXT_BYTES_MAX) return [];
  const content = new Uint8Array(SCHEMA_HEADER_BYTES + textBytes);
  const view = new DataView(content.buffer);
  view.setUint32(SCHEMA.recordBytes * 4, texts[0].length, true);
  view.setUint32(SCHEMA.responseBytes * 4, texts[1].length, true);
  content.set(texts[0], SCHEMA_HEADER_BYTES);
  content.set(texts[1], SCHEMA_HEADER_BYTES + texts[0].length);
  // Who opens a segment that was made without it, or finds another length, can do without.
  const { length } = content;
  return [{ id: SECTION.schema, length, isSizedByCreator: true, isOptional: true, content }];
}

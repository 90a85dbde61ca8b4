/**
 * What a channel's records are: a struct, raw bytes, or JSON.
 *
 * @module
 */

import { invalidType } from "@isthmus/core/internal";
import { bytes } from "../struct/bytes.ts";
import { fingerprintOf } from "../struct/fingerprint.ts";
import { parseCanonical } from "../struct/parse-canonical.ts";
import { MARKER_TEXTS } from "../struct/schema-texts.ts";
import {
  type Fields,
  type StructCursor,
  type StructInput,
  StructSchema,
  type StructValue,
} from "../struct/struct-schema.ts";
import { type JsonSchema, json } from "./json.ts";
import type { Mode } from "./record-layout.ts";

/** The function `bytes` itself is the schema for raw `Uint8Array` records. */
export type BytesSchema = typeof bytes;

/** The schema of a channel: a `struct(…)`, `bytes` or `json`. */
// biome-ignore lint/suspicious/noExplicitAny: the fields of a schema are invariant; any struct will do here.
export type ChannelSchema = StructSchema<any> | BytesSchema | JsonSchema<any>;

/** What `send` takes. */
export type RecordInput<S extends ChannelSchema> =
  S extends StructSchema<infer F>
    ? StructInput<F>
    : S extends BytesSchema
      ? Uint8Array
      : S extends JsonSchema<infer T>
        ? T
        : never;

/** What `receive` and `for await` give. */
export type RecordValue<S extends ChannelSchema> =
  S extends StructSchema<infer F>
    ? StructValue<F>
    : S extends BytesSchema
      ? Uint8Array<ArrayBuffer>
      : JsonValue<S>;

/** What `poll` and `claim` work on: a cursor of a struct, a view of bytes, a value of JSON. */
export type RecordCursor<S extends ChannelSchema> =
  S extends StructSchema<infer F>
    ? StructCursor<F>
    : S extends BytesSchema
      ? Uint8Array<ArrayBuffer>
      : JsonValue<S>;

/** What JSON gives: what it was said to be, or `any`, as `JSON.parse` says. */
// biome-ignore lint/suspicious/noExplicitAny: as JSON.parse gives it.
type JsonValue<S> = S extends JsonSchema<infer T> ? (unknown extends T ? any : T) : never;

/** A schema as the segment knows it. */
export interface SchemaShape {
  readonly mode: Mode;
  readonly fingerprint: bigint;
  /** What the fingerprint is the hash of. */
  readonly text: string;
  /** The struct in mode `"fixed"`. */
  readonly struct: StructSchema<Fields> | undefined;
}

/**
 * Describes a schema.
 *
 * @param schema What a user gave.
 * @param name The argument's name, for messages.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is none.
 */
export function shapeOf(schema: unknown, name = "options.schema"): SchemaShape {
  if (schema instanceof StructSchema) {
    const { fingerprint, canonical: text } = schema;
    return { mode: "fixed", fingerprint: bits(fingerprint), text, struct: schema };
  }
  if (schema === bytes) return markerShape("bytes");
  if (schema === json) return markerShape("json");
  throw invalidType(name, "a struct(…), bytes or json", schema);
}

/**
 * The schema that a text describes: the other direction of `shapeOf`.
 *
 * @throws {CorruptSegmentError} When it describes none.
 */
export function schemaOf(text: string): ChannelSchema {
  if (text === MARKER_TEXTS.bytes) return bytes;
  return text === MARKER_TEXTS.json ? json : parseCanonical(text);
}

function markerShape(mode: "bytes" | "json"): SchemaShape {
  const text = MARKER_TEXTS[mode];
  return { mode, fingerprint: bits(fingerprintOf(text)), text, struct: undefined };
}

/** A fingerprint as the superblock has it. */
export function bits({ high, low }: { readonly high: number; readonly low: number }): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/**
 * What a stream says of its records: its description, which is a line of JSON.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { ChannelSchema } from "@isthmus/ipc";
import { differenceOf, type SchemaShape, schemaOf, shapeOf } from "@isthmus/ipc/internal";
import { hex } from "./subjects.ts";

/** What records come from, and go to. */
export type BridgeKind = "channel" | "topic" | "deadLetters" | "journal";

const KINDS: readonly string[] = ["channel", "topic", "deadLetters", "journal"];

/** The server takes descriptions of 4 KiB; the text of a longer schema is left out. */
const TEXT_MAX = 3500;

/** A schema, and what the library knows of it. */
export interface BridgeSchema {
  readonly schema: ChannelSchema;
  readonly shape: SchemaShape;
}

/** What a stream says. */
export interface Description {
  readonly kind: BridgeKind;
  /** As 16 hexadecimal digits. */
  readonly fingerprint: string;
  /** What the records are; undefined when the schema was too long. */
  readonly schema: BridgeSchema | undefined;
  /** How many bytes it may hold before bridges send nothing more; undefined when the server drops what is oldest instead. */
  readonly holdBytes: number | undefined;
}

/** A schema with its shape. */
export function bridgeSchema(schema: ChannelSchema): BridgeSchema {
  return { schema, shape: shapeOf(schema) };
}

/** What a stream is to say of its records. */
export function describeRecords(
  { shape }: BridgeSchema,
  kind: BridgeKind,
  holdBytes: number | undefined,
): string {
  const fingerprint = hex(shape.fingerprint);
  const schema = shape.text.length > TEXT_MAX ? undefined : shape.text;
  return JSON.stringify({ isthmus: 1, kind, fingerprint, holdBytes, schema });
}

/**
 * Reads a description.
 *
 * @throws {CorruptSegmentError} When it is none of a bridge.
 */
export function parseDescription(name: string, description: string): Description {
  try {
    const { isthmus, kind, fingerprint, holdBytes, schema } = JSON.parse(description) as Record<
      string,
      unknown
    >;
    if (isthmus === 1 && KINDS.includes(kind as string) && typeof fingerprint === "string") {
      const found = typeof schema === "string" ? bridgeSchema(schemaOf(schema)) : undefined;
      if (found === undefined || hex(found.shape.fingerprint) === fingerprint) {
        return {
          kind: kind as BridgeKind,
          fingerprint,
          schema: found,
          holdBytes: typeof holdBytes === "number" ? holdBytes : undefined,
        };
      }
    }
  } catch {
    // Told below.
  }
  throw new CorruptSegmentError(
    `Cannot bridge "${name}": its stream was not made by a bridge: its description is ${JSON.stringify(description.slice(0, 200))}; remove the stream, or choose another name on the server`,
  );
}

/**
 * Compares a description with a schema.
 *
 * @throws {CorruptSegmentError} When the records are others; the message says what differs first.
 */
export function checkDescription(
  name: string,
  description: string,
  { shape }: BridgeSchema,
): Description {
  const found = parseDescription(name, description);
  const own = hex(shape.fingerprint);
  if (found.fingerprint === own) return found;
  const difference = found.schema && differenceOf(found.schema.shape.text, shape.text);
  const why = difference === undefined ? "" : `: ${difference}`;
  throw new CorruptSegmentError(
    `Cannot bridge "${name}": the records on the server have the schema ${found.fingerprint}, those here ${own}${why}; give the new records another name, or remove the stream when all of it has been received`,
  );
}

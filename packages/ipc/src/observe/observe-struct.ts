/**
 * Looking at the value of a shared struct from outside.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { checkInteger, checkOptions, type OptionNames, SECTION } from "@isthmus/core/internal";
import { COPY_HEADER_BYTES } from "../shared-struct/cells-layout.ts";
import { readSchema, type SchemaReading } from "../struct/schema-reading.ts";
import type { OpenedSegment } from "./describe-segment.ts";
import { lookAtSegment } from "./observe.ts";
import { decodeRecord } from "./record-value.ts";
import { readCopy, readStruct, versionOf } from "./sync-readers.ts";

/** The value of a struct at one moment. */
export interface StructValueInfo {
  readonly schema: SchemaReading;
  /** The version of the value: 0 at first, 1 more with every update. */
  readonly version: number;
  /** The record, whole as one writer has published it; where its size is not known, with some zeros behind it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes there would be: more than there are of a record that is longer than was asked for. */
  readonly lengthBytes: number;
  /** By the segment's own schema; undefined when that is not known, or the record was cut off. */
  readonly value: unknown;
  /** Why the bytes are no value of the schema. */
  readonly problem: string | undefined;
}

/** How to look. */
export interface ObserveStructOptions {
  /** How many bytes of the record to copy at most. Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

const OBSERVE_OPTIONS: OptionNames<ObserveStructOptions> = { maxBytes: true };

const DEFAULT_BYTES_MAX: number = 2 ** 20;

/**
 * Reads what a segment says of its records, so that their fields can be named without the program that made it.
 *
 * @param name The name.
 * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
 * @throws {CorruptSegmentError} When the file is not a segment of this version.
 *
 * @example
 * ```ts
 * import { observeSchema, Producer, struct, u32 } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("example-schema", { schema: struct({ id: u32 }) });
 * console.log(observeSchema(producer.name).record?.size); // 4
 * ```
 */
export function observeSchema(name: string): SchemaReading {
  return lookAtSegment(name, schemaOf);
}

/**
 * Reads the value of a shared struct without its program: read-only, without a lock, and also after everybody died.
 *
 * @param name The name.
 * @param options How to look.
 * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
 * @throws {CorruptSegmentError} When the file is not a segment of this version, is something else than a struct, or its
 * counter never stands still for as long as a copy takes.
 *
 * @example
 * ```ts
 * import { observeStruct, SharedStruct, struct, u32 } from "@isthmus/ipc";
 *
 * using shared = SharedStruct.createOrOpen("looked-at-struct", struct({ count: u32 }));
 * console.log(observeStruct("looked-at-struct").value); // { count: 0 }
 * ```
 */
export function observeStruct(name: string, options?: ObserveStructOptions): StructValueInfo {
  const { maxBytes = DEFAULT_BYTES_MAX } = checkOptions("options", options, OBSERVE_OPTIONS);
  checkInteger("options.maxBytes", maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return lookAtSegment(name, (look) => readValue(look, name, maxBytes));
}

function schemaOf({ identity, reader }: OpenedSegment): SchemaReading {
  return readSchema({ kind: identity.kind, fingerprint: identity.fingerprint, reader });
}

function readValue(look: OpenedSegment, name: string, maxBytes: number): StructValueInfo {
  const { identity, reader } = look;
  const corrupt = (why: string): CorruptSegmentError =>
    new CorruptSegmentError(`Cannot observe "${name}": ${why}`);
  if (identity.kind !== "struct") {
    throw corrupt(`its kind must be struct: found ${identity.kind}`);
  }
  const schema = schemaOf(look);
  const { recordBytesMax } = readStruct({ reader });
  const lengthBytes = schema.record?.size ?? recordBytesMax;
  if (lengthBytes > recordBytesMax) {
    throw corrupt(`its section ${SECTION.state} is too short for its records`);
  }
  const copy = readCopy(reader, COPY_HEADER_BYTES + Math.min(lengthBytes, maxBytes));
  if (copy === undefined) throw corrupt("its counter moves faster than any writer writes");
  const bytes = copy.slice(COPY_HEADER_BYTES);
  const found = { schema, version: versionOf(copy), bytes, lengthBytes };
  try {
    const value = decodeRecord({ bytes, lengthBytes }, "fixed", schema.record);
    return { ...found, value, problem: undefined };
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    return { ...found, value: undefined, problem: error.message };
  }
}

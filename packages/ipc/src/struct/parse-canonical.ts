/**
 * From the canonical text of a schema, which anybody may have written, back to the schema.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { array } from "./array.ts";
import { bytes } from "./bytes.ts";
import type { AnyFieldType } from "./field-type.ts";
import { MAX_DEPTH, MAX_FIELDS } from "./layout.ts";
import { oneOf } from "./one-of.ts";
import * as scalars from "./scalars.ts";
import { struct } from "./struct.ts";
import type { StructSchema } from "./struct-schema.ts";
import { utf8 } from "./utf8.ts";

const SCALARS: ReadonlyMap<string, AnyFieldType> = new Map(Object.entries(scalars));

const FIRST_LINE = "isthmus struct 1";
const FIELD = /^\d+ \d+ (?<path>\S+) (?<type>.+)$/sv;
const BLOB = /^(?<kind>utf8|bytes)\((?<capacity>\d{1,10})\)$/v;
/** The count is behind the last comma, whatever is in the words of a `oneOf` before it. */
const ARRAY = /^array\((?<element>.+),(?<count>\d{1,10})\)$/sv;
const ONE_OF = /^oneOf\((?<words>".*")\)$/sv;

/** A line that describes a field. */
interface Line {
  readonly path: string;
  readonly type: string;
}

/**
 * Reads the canonical text of a struct. Only a text that this library writes for the same schema is accepted: the schema
 * is made anew by its names and types, and its own text must be this one to the last byte.
 *
 * @param text The text.
 * @returns The schema.
 * @throws {CorruptSegmentError} When the text is not the canonical text of any schema.
 */
export function parseCanonical(text: string): StructSchema {
  const lines = text.split("\n", MAX_FIELDS + 4);
  if (lines[0] !== FIRST_LINE) throw corrupt(`its first line must be "${FIRST_LINE}"`);
  const fields = lines.slice(2, -1).map(parseLine);
  try {
    const schema = takeStruct(fields, "", 1);
    // Lines that belong to no field, other offsets, spaces and spellings: all of it shows here.
    if (fields.length === 0 && schema.canonical === text) return schema;
  } catch (error) {
    if (error instanceof CorruptSegmentError) throw error;
    // What the schema language refuses: names, sizes, counts, words.
    throw corrupt(error instanceof Error ? error.message : String(error), error);
  }
  throw corrupt("its fields are not where they would be");
}

function parseLine(line: string): Line {
  const { path, type } = FIELD.exec(line)?.groups ?? {};
  if (path === undefined || type === undefined) throw corrupt("a line describes no field");
  return { path, type };
}

/** Takes the fields of one struct, with all that is inside them, from the front of a list. */
function takeStruct(lines: Line[], prefix: string, depth: number): StructSchema {
  if (depth > MAX_DEPTH) throw corrupt(`its structs nest over ${MAX_DEPTH} deep`);
  const fields: [string, AnyFieldType][] = [];
  for (;;) {
    const [line] = lines;
    if (line === undefined || !line.path.startsWith(prefix)) break;
    lines.shift();
    const name = line.path.slice(prefix.length);
    fields.push([name, takeType(lines, line.type, line.path, depth)]);
  }
  return struct(Object.fromEntries(fields));
}

function takeType(lines: Line[], type: string, path: string, depth: number): AnyFieldType {
  if (depth > MAX_DEPTH) throw corrupt(`its types nest over ${MAX_DEPTH} deep`);
  if (type === "struct") return takeStruct(lines, `${path}.`, depth + 1);
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return scalar;
  const { kind, capacity } = BLOB.exec(type)?.groups ?? {};
  if (kind !== undefined) return kind === "utf8" ? utf8(Number(capacity)) : bytes(Number(capacity));
  const { element, count } = ARRAY.exec(type)?.groups ?? {};
  if (element !== undefined) {
    return array(takeType(lines, element, `${path}[]`, depth + 1), Number(count));
  }
  const { words } = ONE_OF.exec(type)?.groups ?? {};
  if (words !== undefined) return oneOf(...parseWords(words));
  throw corrupt("a field has no type that there is");
}

function parseWords(words: string): [string, ...string[]] {
  const list: unknown = JSON.parse(`[${words}]`);
  return list as [string, ...string[]]; // `oneOf` looks at each of them
}

function corrupt(why: string, cause?: unknown): CorruptSegmentError {
  return new CorruptSegmentError(`Cannot read the text of a schema: ${why}`, { cause });
}

/**
 * Jobs on their way in and out of the command: as lines, and on the standard input of a program.
 *
 * @module
 */
import type { StructSchema } from "@isthmus/ipc";
import { jsonValue } from "../output/json-value.ts";

type TypeLayout = StructSchema["layout"]["fields"][number]["layout"];

/**
 * A job as a program reads it: bytes as they are, anything else as one line of JSON.
 *
 * @param value The job, as its queue gives it.
 */
export function jobInput(value: unknown, isBytes: boolean): Uint8Array {
  if (isBytes && value instanceof Uint8Array) return value;
  return new TextEncoder().encode(`${JSON.stringify(jsonValue(value))}\n`);
}

/**
 * The value of JSON as a struct takes it: the other direction of {@link jsonValue}. What does not fit is left as it is, for
 * the struct to refuse by name.
 */
export function structInput({ layout }: StructSchema, value: unknown): unknown {
  return inputOf(layout, value);
}

function inputOf(layout: TypeLayout, value: unknown): unknown {
  switch (layout.kind) {
    case "struct": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      const types = new Map(layout.fields.map((field) => [field.name, field.layout]));
      const fields = Object.entries(value).map(([name, item]) => {
        const type = types.get(name);
        return [name, type === undefined ? item : inputOf(type, item)];
      });
      return Object.fromEntries(fields);
    }
    case "array":
      return Array.isArray(value) ? value.map((item) => inputOf(layout.element, item)) : value;
    case "bytes":
      return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value;
    case "u64":
    case "i64":
      return isWhole(value) ? BigInt(value) : value;
    case "f32":
    case "f64":
      return typeof value === "string" && /^(?:NaN|-?Infinity)$/.test(value)
        ? Number(value)
        : value;
    default:
      return value;
  }
}

function isWhole(value: unknown): value is number | string {
  return Number.isInteger(value) || (typeof value === "string" && /^-?\d+$/.test(value));
}

const NEWLINE = 0x0a;

/**
 * The lines of a stream of bytes, without their ends; empty ones are left out.
 *
 * @param chunks The bytes in order.
 */
export async function* linesOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts);
      parts = [];
      start = end + 1;
      if (line.length > 0) yield line;
    }
    // A chunk is valid until the next one is asked for.
    if (start < chunk.length) parts.push(chunk.slice(start));
  }
  const last = Buffer.concat(parts);
  if (last.length > 0) yield last;
}

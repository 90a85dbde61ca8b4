/**
 * JSON as structs take it.
 *
 * @module
 */
import type { StructSchema } from "@isthmus/ipc";

type TypeLayout = StructSchema["layout"]["fields"][number]["layout"];

/**
 * The value of JSON as a struct takes it: the other direction of `jsonValue`. What does not fit is left as it is, for
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

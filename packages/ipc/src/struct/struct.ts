/**
 * The type of named fields, and with it the schema of a record.
 *
 * @module
 */
import { invalidType, invalidValue } from "@isthmus/core/internal";
import { checkFieldName } from "./field-name.ts";
import { FieldType } from "./field-type.ts";
import { placeFields, type TypeLayout } from "./layout.ts";
import { type Fields, StructSchema } from "./struct-schema.ts";

/**
 * Describes a record: names and types, in the order in which they lie in memory.
 *
 * The layout is that of a C struct with the same fields (see `layout.ts`); a zeroed record reads as
 * the natural zero of every field: 0, 0n, false, "", no bytes, the first word of a `oneOf`.
 *
 * @param fields A plain object of field types. Names are identifiers in any script, and not one
 *   that every object has already, such as `constructor`.
 * @returns The schema, which may itself be a field of another struct or the element of an array.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when a field is not a field type,
 *   `ERR_INVALID_ARG_VALUE` when there is none, or a name is not allowed.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when the record is over 1 GiB, has over 4096 fields, or
 *   nests over 32 deep.
 *
 * @example A record and its bytes
 * ```ts
 * import { array, f64, struct, u32, u53, utf8 } from "@isthmus/ipc";
 *
 * const Telemetry = struct({
 *   count: u32,
 *   mean: f64,
 *   total: u53,
 *   label: utf8(32),
 *   samples: array(f64, 16),
 *   nested: struct({ unit: utf8(8) }),
 * });
 * console.log(Telemetry.canonical); // one line per field: offset, size, name, type
 *
 * const memory = new DataView(new ArrayBuffer(Telemetry.size));
 * Telemetry.encode(memory, 0, {
 *   count: 1,
 *   mean: 0.5,
 *   total: 1,
 *   label: "first",
 *   samples: new Float64Array(16),
 *   nested: { unit: "ms" },
 * });
 * console.log(Telemetry.decode(memory, 0).nested.unit); // "ms"
 * ```
 */
export function struct<const F extends Fields>(fields: F): StructSchema<F> {
  if (typeof fields !== "object" || fields === null) {
    throw invalidType("fields", "an object of field types", fields);
  }
  const prototype: unknown = Object.getPrototypeOf(fields);
  if (prototype !== Object.prototype && prototype !== null) {
    // Also what the literal `{ __proto__: u32 }` is: no field at all, but another prototype.
    throw invalidValue("fields", 'a plain object ("__proto__" cannot be a field)', fields);
  }
  const types = Object.entries(fields).map(([name, type]): [string, TypeLayout] => {
    checkFieldName(name);
    if (!(type instanceof FieldType)) {
      throw invalidType(`fields.${name}`, "a field type such as u32 or utf8(32)", type);
    }
    return [name, type.layout];
  });
  if (types.length === 0) throw invalidValue("fields", "an object with at least one field", fields);
  return new StructSchema(placeFields(types));
}

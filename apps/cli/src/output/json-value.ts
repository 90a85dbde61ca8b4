/**
 * Values of records as JSON can hold them.
 *
 * @module
 */

/**
 * Makes a value one that JSON holds without loss: whole numbers of 64 bits and numbers that are not finite become
 * strings, bytes become base64.
 *
 * @param value A value as a struct gives it, or any of JSON.
 */
export function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, jsonValue(item)]));
}

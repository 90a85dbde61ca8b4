/**
 * Values of records as a person reads them.
 *
 * @module
 */
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** Elements and bytes beyond this are counted instead of printed. */
const ITEMS_SHOWN = 16;

/**
 * Writes a value on one line: fields as `name=value`, structs in braces, arrays in brackets, texts in quotes.
 *
 * @param value A value as a struct gives it.
 * @param style The colours of where it is printed.
 */
export function valueText(value: unknown, style: Style): string {
  if (typeof value === "string") return printable(JSON.stringify(value));
  if (value instanceof Uint8Array) return bytesText(value, style);
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_SHOWN).map((item) => valueText(item, style));
    return `[${[...items, ...moreThan(value.length, style)].join(" ")}]`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  return `{${fieldsText(value, style)}}`;
}

/** Writes the fields of an outermost struct, without braces. */
export function fieldsText(value: object, style: Style): string {
  return Object.entries(value)
    .map(([name, item]) => `${style.dim(`${printable(name)}=`)}${valueText(item, style)}`)
    .join(" ");
}

function bytesText(bytes: Uint8Array, style: Style): string {
  const digits = Array.from(bytes.subarray(0, ITEMS_SHOWN), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `<${[...digits, ...moreThan(bytes.length, style)].join(" ")}>`;
}

function moreThan(length: number, style: Style): string[] {
  return length > ITEMS_SHOWN ? [style.dim(`… ${length - ITEMS_SHOWN} more`)] : [];
}

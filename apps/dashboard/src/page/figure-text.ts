/**
 * Any figure as a person reads it, by its unit.
 *
 * @module
 */
import type { FigureWords } from "../wire/hello.ts";
import { count, duration, type Quantity, share, size } from "./format.ts";
import { booleanWords } from "./kind-words.ts";

/** The value of a figure. */
export function figureQuantity(id: string, { unit }: FigureWords, value: number): Quantity {
  if (unit === "boolean") return { value: booleanWords(id, value), unit: "" };
  if (unit === "bytes") return size(value);
  if (unit === "ratio") return share(value);
  if (unit === "milliseconds") return duration(value * 1e6);
  if (unit === "seconds") return duration(value * 1e9);
  return { value: count(value), unit: "" };
}

/**
 * How looks at segments full of lies are judged.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";

/** Every number in a value, however deep. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

/** Calls it; a damaged segment may be refused, and nothing else may happen. */
export function refusing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof CorruptSegmentError) return undefined;
    throw error;
  }
}

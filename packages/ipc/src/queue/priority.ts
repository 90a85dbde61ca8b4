/**
 * Priorities as a user gives them, and the classes that they are.
 *
 * @module
 */
import { checkInteger } from "@isthmus/core/internal";
import { CLASS_COUNT } from "./queue-layout.ts";

const PRIORITY_MIN: number = -CLASS_COUNT / 2;
const PRIORITY_MAX: number = CLASS_COUNT / 2 - 1;

/**
 * The class of a priority; the higher one is taken first.
 *
 * @throws {RangeError} `ERR_OUT_OF_RANGE` unless it is an integer from -16 to 15.
 */
export function classOf(priority: number): number {
  return checkInteger("options.priority", priority, PRIORITY_MIN, PRIORITY_MAX) - PRIORITY_MIN;
}

/** The priority of a class. */
export function priorityOf(jobClass: number): number {
  return jobClass + PRIORITY_MIN;
}

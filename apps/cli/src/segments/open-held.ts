/**
 * Looking at segments, and opening them, whose program is not known.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { observe, observeSchema, type SegmentInfo, type StructSchema } from "@isthmus/ipc";
import { COMMAND_NAME } from "../command-name.ts";
import { NotFoundError, namedError } from "./not-found-error.ts";

/**
 * Looks at a segment without opening it.
 *
 * @throws {NotFoundError} When nothing has the name.
 */
export function lookAt(name: string): SegmentInfo {
  try {
    return observe(name);
  } catch (error) {
    throw namedError(error, name);
  }
}

/**
 * Reads the struct that the records of a segment are; undefined where they are none.
 *
 * @param records What they are called there.
 * @throws {CorruptSegmentError} When it does not say what they are.
 */
export function structIn(
  name: string,
  records: "records" | "jobs" | "values",
): StructSchema | undefined {
  const { status, record, problem } = observeSchema(name);
  if (status === "known") return record;
  const why = problem ?? `it does not say what its ${records} are`;
  throw new CorruptSegmentError(`Cannot use "${name}": ${why}`);
}

/**
 * Opens a segment that was looked at.
 *
 * @throws {NotFoundError} When nobody holds it: a crash has left it behind.
 */
export function openHeld<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing) throw error;
    throw new NotFoundError(
      `Nobody holds "${name}" any more: a crash has left it behind; see ${COMMAND_NAME} gc`,
    );
  }
}

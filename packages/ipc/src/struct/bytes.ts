/**
 * The type of raw bytes.
 *
 * @module
 */
import { checkInteger } from "@isthmus/core/internal";
import { FieldType } from "./field-type.ts";
import { alignUp, checkLimits, LENGTH_PREFIX, MAX_SIZE } from "./layout.ts";

/**
 * At most so many bytes, with their number before them.
 *
 * Writing copies out of any `Uint8Array`, refuses one that is too long and zeroes what is beyond
 * its end. Reading gives a copy of its own, which stays as it is when the shared memory changes.
 *
 * @param capacity The most bytes, at least 1.
 * @returns The field type; its plain value is a `Uint8Array`.
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the capacity is not a number.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is not a whole number of 1 to 2^30 - 4.
 *
 * @example A digest
 * ```ts
 * import { bytes, struct } from "@isthmus/ipc";
 *
 * const Digest = struct({ sha256: bytes(32) });
 * console.log(Digest.layout.fields[0]?.type); // "bytes(32)"
 * ```
 */
export function bytes(capacity: number): FieldType<Uint8Array> {
  checkInteger("capacity", capacity, 1, MAX_SIZE - LENGTH_PREFIX);
  const size = alignUp(LENGTH_PREFIX + capacity, LENGTH_PREFIX);
  const type = `bytes(${capacity})`;
  return new FieldType(
    checkLimits({ kind: "bytes", type, size, alignment: LENGTH_PREFIX, capacity }),
  );
}

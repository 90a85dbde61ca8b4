/**
 * Values that numbers hold in part only: floats of 16 bits, and integers of 64 bits as numbers.
 *
 * @module
 */
import { MemoryAccessor } from "./memory-accessor.ts";
import { checkInteger, invalidType, outOfRange } from "./validate.ts";

const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/** Adds to {@link MemoryAccessor} what it has no fast path for. */
export class WideAccessor extends MemoryAccessor {
  /**
   * Reads a number of 16 bits (IEEE 754 binary16). See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readFloat16(position: number): number {
    return this.fetch(position, 2).getFloat16(0, true);
  }

  /**
   * Writes a number of 16 bits, rounded to the nearest one. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The number; rounded to 16 bits.
   */
  writeFloat16(position: number, value: number): void {
    const scratch = this.stage(position, 2);
    scratch.setFloat16(0, checkNumber(value), true);
    this.commit(position, 2);
  }

  /**
   * Reads an integer of 64 bits as a number.
   *
   * @param position In bytes from the start of the view.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is outside of -2^53 + 1 to 2^53 - 1: `readBigInt64` has it.
   */
  readInt64(position: number): number {
    return toNumber(this.readBigInt64(position), "readBigInt64");
  }

  /**
   * Writes an integer of 64 bits, -2^53 + 1 to 2^53 - 1. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value A safe integer.
   */
  writeInt64(position: number, value: number): void {
    this.stage(position, 8);
    this.writeBigInt64(position, BigInt(checkInteger("value", value, MIN_SAFE_INTEGER)));
  }

  /**
   * Reads an unsigned integer of 64 bits as a number.
   *
   * @param position In bytes from the start of the view.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is above 2^53 - 1: `readBigUint64` has it.
   */
  readUint64(position: number): number {
    return toNumber(this.readBigUint64(position), "readBigUint64");
  }

  /**
   * Writes an unsigned integer of 64 bits, 0 to 2^53 - 1. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value A safe integer.
   */
  writeUint64(position: number, value: number): void {
    this.stage(position, 8);
    this.writeBigUint64(position, BigInt(checkInteger("value", value)));
  }
}

/** A value to be rounded, as the type of its method says. */
export function checkNumber(value: unknown): number {
  if (typeof value !== "number") throw invalidType("value", "a number", value);
  return value;
}

function toNumber(value: bigint, method: string): number {
  if (value <= MAX_SAFE_INTEGER && value >= MIN_SAFE_INTEGER) return Number(value);
  throw outOfRange("the stored integer", `a number that is exact (use ${method})`, value);
}

/**
 * Numbers at any byte of a view, in the byte order of the host (little-endian on every supported CPU).
 *
 * @module
 */
import { NotSupportedError } from "./errors.ts";
import { FAULT_SEEN, faultSeen } from "./native/fault-flag.ts";
import {
  checkBoolean,
  checkInteger,
  checkString,
  invalidType,
  invalidValue,
  outOfRange,
} from "./validate.ts";
import type { View } from "./view.ts";
import { WINDOW_BYTES } from "./windows.ts";

/** The widest primitive in bytes. */
const PRIMITIVE_BYTES_MAX = 8;

/** A value that crosses from one window of a large view into the next is put together here. */
const SCRATCH = new DataView(new ArrayBuffer(PRIMITIVE_BYTES_MAX));
const SCRATCH_BYTES = new Uint8Array(SCRATCH.buffer);

/** What the fast paths reach when they may not be taken. */
const NOTHING = new Uint8Array(0);

/**
 * Reads and writes single values. Positions are in bytes from the start of the view, of any alignment.
 *
 * Every method throws, checked in this order: `DisposedError` after disposal; `NotSupportedError` when it
 * writes and the view is read-only; `TypeError` `ERR_INVALID_ARG_TYPE` or `RangeError` `ERR_OUT_OF_RANGE`
 * for a position that is not an integer from 0 to the view's last place for such a value, then for a value
 * that the type cannot hold; `FileTruncatedError` when the file has lost the bytes. Nothing is written
 * when an argument is refused.
 *
 * **Safety.** Others may write the same bytes at any time. Plain reads and writes have no memory order;
 * use `Atomics` on a typed array over `bytes()` to synchronise.
 *
 * The read and write methods are written out one by one and keep to one shape, because that is what
 * JavaScriptCore inlines into the caller's loop.
 */
export class MemoryAccessor {
  /** Length of the view in bytes. */
  readonly capacity: number;
  readonly #view: View;
  readonly #first: DataView;
  readonly #windows: readonly DataView[];
  /**
   * How far the fast paths reach: the bytes of the first window that an int32 addresses. Arrays on the memory itself,
   * so that their length is 0 as soon as the memory is gone, whoever has transferred it away.
   */
  #readable: Uint8Array;
  #writable: Uint8Array;
  /** Where in the `DataView` that `#far` returned the value is. */
  #farOffset = 0;

  constructor(view: View) {
    this.#view = view;
    this.capacity = view.capacity;
    this.#windows = windowViews(view);
    this.#first = this.#windows[0] as DataView;
    const { buffer, byteOffset, byteLength } = this.#first;
    this.#readable = new Uint8Array(buffer, byteOffset, Math.min(byteLength, 0x7fff_ffff));
    this.#writable = view.canWrite ? this.#readable : NOTHING;
  }

  /**
   * Reads an integer of 8 bits, -128 to 127. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readInt8(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 1) {
      view = this.#far(position, 1, false);
      at = this.#farOffset;
    }
    const value = view.getInt8(at);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an integer of 8 bits, -128 to 127. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeInt8(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 1) {
      view = this.#far(position, 1, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || (value << 24) >> 24 !== value) {
      checkInteger("value", value, -0x80, 0x7f);
    }
    view.setInt8(at, value);
    if (view === SCRATCH) this.#commitFar(position, 1);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an unsigned integer of 8 bits, 0 to 255. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readUint8(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 1) {
      view = this.#far(position, 1, false);
      at = this.#farOffset;
    }
    const value = view.getUint8(at);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an unsigned integer of 8 bits, 0 to 255. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeUint8(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 1) {
      view = this.#far(position, 1, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || (value & 0xff) !== value) {
      checkInteger("value", value, 0, 0xff);
    }
    view.setUint8(at, value);
    if (view === SCRATCH) this.#commitFar(position, 1);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an integer of 16 bits, -32,768 to 32,767. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readInt16(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 2) {
      view = this.#far(position, 2, false);
      at = this.#farOffset;
    }
    const value = view.getInt16(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an integer of 16 bits, -32,768 to 32,767. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeInt16(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 2) {
      view = this.#far(position, 2, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || (value << 16) >> 16 !== value) {
      checkInteger("value", value, -0x8000, 0x7fff);
    }
    view.setInt16(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 2);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an unsigned integer of 16 bits, 0 to 65,535. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readUint16(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 2) {
      view = this.#far(position, 2, false);
      at = this.#farOffset;
    }
    const value = view.getUint16(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an unsigned integer of 16 bits, 0 to 65,535. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeUint16(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 2) {
      view = this.#far(position, 2, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || (value & 0xffff) !== value) {
      checkInteger("value", value, 0, 0xffff);
    }
    view.setUint16(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 2);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an integer of 32 bits, -2,147,483,648 to 2,147,483,647. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readInt32(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 4) {
      view = this.#far(position, 4, false);
      at = this.#farOffset;
    }
    const value = view.getInt32(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an integer of 32 bits, -2,147,483,648 to 2,147,483,647. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeInt32(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 4) {
      view = this.#far(position, 4, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || (value | 0) !== value) {
      checkInteger("value", value, -0x80000000, 0x7fffffff);
    }
    view.setInt32(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 4);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an unsigned integer of 32 bits, 0 to 4,294,967,295. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readUint32(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 4) {
      view = this.#far(position, 4, false);
      at = this.#farOffset;
    }
    const value = view.getUint32(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an unsigned integer of 32 bits, 0 to 4,294,967,295. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeUint32(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 4) {
      view = this.#far(position, 4, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number" || value >>> 0 !== value) {
      checkInteger("value", value, 0, 0xffffffff);
    }
    view.setUint32(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 4);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an integer of 64 bits as a BigInt. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readBigInt64(position: number): bigint {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 8) {
      view = this.#far(position, 8, false);
      at = this.#farOffset;
    }
    const value = view.getBigInt64(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an integer of 64 bits as a BigInt. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeBigInt64(position: number, value: bigint): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 8) {
      view = this.#far(position, 8, true);
      at = this.#farOffset;
    }
    checkBigInt(value, -(2n ** 63n), 2n ** 63n - 1n);
    view.setBigInt64(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 8);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads an unsigned integer of 64 bits as a BigInt. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readBigUint64(position: number): bigint {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 8) {
      view = this.#far(position, 8, false);
      at = this.#farOffset;
    }
    const value = view.getBigUint64(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes an unsigned integer of 64 bits as a BigInt. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The integer.
   */
  writeBigUint64(position: number, value: bigint): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 8) {
      view = this.#far(position, 8, true);
      at = this.#farOffset;
    }
    checkBigInt(value, 0n, 2n ** 64n - 1n);
    view.setBigUint64(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 8);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads a number of 32 bits; writing rounds to the nearest one. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readFloat32(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 4) {
      view = this.#far(position, 4, false);
      at = this.#farOffset;
    }
    const value = view.getFloat32(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes a number of 32 bits; writing rounds to the nearest one. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The number; rounded to 32 bits.
   */
  writeFloat32(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 4) {
      view = this.#far(position, 4, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number") throw invalidType("value", "a number", value);
    view.setFloat32(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 4);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads a number of 64 bits. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readFloat64(position: number): number {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#readable.length - 8) {
      view = this.#far(position, 8, false);
      at = this.#farOffset;
    }
    const value = view.getFloat64(at, true);
    if (faultSeen()) this.#view.checkFaults();
    return value;
  }

  /**
   * Writes a number of 64 bits. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value The number.
   */
  writeFloat64(position: number, value: number): void {
    let view = this.#first;
    let at = position;
    if (!Number.isInteger(position) || position < 0 || position > this.#writable.length - 8) {
      view = this.#far(position, 8, true);
      at = this.#farOffset;
    }
    if (typeof value !== "number") throw invalidType("value", "a number", value);
    view.setFloat64(at, value, true);
    if (view === SCRATCH) this.#commitFar(position, 8);
    if (FAULT_SEEN[0] !== 0) this.#view.checkFaults();
  }

  /**
   * Reads one byte: false when it is 0, true otherwise. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readBoolean(position: number): boolean {
    return this.readUint8(position) !== 0;
  }

  /**
   * Writes a boolean as one byte, 0 or 1. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value True is written as 1.
   */
  writeBoolean(position: number, value: boolean): void {
    this.#checkPlace(position, 1, true);
    this.writeUint8(position, checkBoolean("value", value) ? 1 : 0);
  }

  /**
   * Reads one UTF-16 code unit (2 bytes) as a string of length 1. See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   */
  readChar(position: number): string {
    return String.fromCharCode(this.readUint16(position));
  }

  /**
   * Writes a string of length 1 as one UTF-16 code unit (2 bytes). See {@link MemoryAccessor} for the errors.
   *
   * @param position From the start of the view, in bytes; any alignment.
   * @param value One UTF-16 code unit.
   */
  writeChar(position: number, value: string): void {
    this.#checkPlace(position, 2, true);
    if (checkString("value", value).length !== 1) {
      throw invalidValue("value", "a string of one UTF-16 code unit", value);
    }
    this.writeUint16(position, value.charCodeAt(0));
  }

  /** Ends the fast paths; called once, when the view is disposed. */
  protected close(): void {
    this.#readable = NOTHING;
    this.#writable = NOTHING;
  }

  /**
   * Checks that the view is open for this and that a position is inside it.
   *
   * @param isNothing Whether nothing is read or written there: that has room at the very end, too.
   * @returns How many bytes there are from the position to the end of the view.
   */
  protected checkPosition(position: number, isWrite: boolean, isNothing = false): number {
    this.#view.checkHere("ViewAccessor");
    if (isWrite && !this.#view.canWrite) {
      throw new NotSupportedError("Cannot write to this view: it is read-only");
    }
    checkInteger("position", position);
    if (position >= this.capacity && !(isNothing && position === this.capacity)) {
      throw outOfRange("position", `< ${this.capacity}, the capacity of the view`, position);
    }
    return this.capacity - position;
  }

  /**
   * Copies a value out, for those that have no fast path.
   *
   * @returns Memory of this process with its bytes at the front, until the next access of any view.
   */
  protected fetch(position: number, size: number): DataView {
    this.#checkPlace(position, size, false);
    this.#view.copyOut(position, SCRATCH_BYTES.subarray(0, size));
    return SCRATCH;
  }

  /** Where a value is put together that `commit` then writes. */
  protected stage(position: number, size: number): DataView {
    this.#checkPlace(position, size, true);
    return SCRATCH;
  }

  protected commit(position: number, size: number): void {
    this.#commitFar(position, size);
  }

  /** A value of 64 bits that is to be written. */
  protected checkBigInt(value: bigint, min: bigint, max: bigint): bigint {
    checkBigInt(value, min, max);
    return value;
  }

  #checkPlace(position: number, size: number, isWrite: boolean): void {
    const room = this.checkPosition(position, isWrite);
    if (room < size) throw tooLate(this, position, size, `a value of ${size} bytes`);
  }

  /**
   * The slow path of every read and write: throws for what is not permitted, and finds values beyond the
   * reach of the fast path.
   *
   * @returns The `DataView` that holds the value at `#farOffset`; `SCRATCH` when it crosses two windows.
   */
  #far(position: number, size: number, isWrite: boolean): DataView {
    this.#checkPlace(position, size, isWrite);
    const window = this.#locate(position);
    if (this.#farOffset + size <= window.byteLength) return window;
    if (!isWrite) this.#view.copyOut(position, SCRATCH_BYTES.subarray(0, size));
    this.#farOffset = 0;
    return SCRATCH;
  }

  #commitFar(position: number, size: number): void {
    this.#view.copyIn(position, SCRATCH_BYTES.subarray(0, size));
  }

  /** The window that holds a position, which is then at `#farOffset` in it. */
  #locate(position: number): DataView {
    const start = position + this.#view.mapping.pointerOffset;
    const index = Math.floor(start / WINDOW_BYTES);
    // The first window's DataView begins at the view's first byte, the others at their buffer's.
    this.#farOffset = index === 0 ? position : start - index * WINDOW_BYTES;
    return this.#windows[index] as DataView;
  }
}

function windowViews({ mapping, capacity }: View): readonly DataView[] {
  const { pointerOffset, windows } = mapping;
  return windows.map((window, index) => {
    const start = index === 0 ? pointerOffset : 0;
    const end = Math.min(window.byteLength, pointerOffset + capacity - index * WINDOW_BYTES);
    return new DataView(window, start, end - start);
  });
}

function checkBigInt(value: unknown, min: bigint, max: bigint): void {
  if (typeof value !== "bigint") throw invalidType("value", "a BigInt", value);
  if (value < min || value > max) throw outOfRange("value", `>= ${min} and <= ${max}`, value);
}

/** The error for a position behind which a view has no room for `what`, which takes `size` bytes. */
export function tooLate(
  { capacity }: { readonly capacity: number },
  position: number,
  size: number,
  what: string,
): RangeError {
  const last = capacity - size;
  const expected = last < 0 ? `in a view of more than ${capacity} bytes` : `<= ${last}`;
  return outOfRange("position", `${expected} for ${what}`, position);
}

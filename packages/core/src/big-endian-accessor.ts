/**
 * A view whose numbers have their highest byte first.
 *
 * @module
 */
import { NotSupportedError } from "./errors.ts";
import type { RecordArray, RecordSchema } from "./records-in-place.ts";
import { checkInteger } from "./validate.ts";
import { type TypedArray, ViewAccessor } from "./view-accessor.ts";
import { checkNumber } from "./wide-accessor.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX: bigint = 2n ** 63n - 1n;

/**
 * As {@link ViewAccessor}, but for the order of bytes in every number of more than one: also those of arrays.
 * Structs are little-endian and refused. Made by `createViewAccessor({ endian: "big" })`.
 */
export class BigEndianAccessor extends ViewAccessor {
  override get endian(): "big" {
    return "big";
  }

  override readInt16(position: number): number {
    return (this.readUint16(position) << 16) >> 16;
  }

  override writeInt16(position: number, value: number): void {
    this.stage(position, 2).setInt16(0, checkInteger("value", value, -0x8000, 0x7fff));
    this.commit(position, 2);
  }

  override readUint16(position: number): number {
    const value = super.readUint16(position);
    return ((value & 0xff) << 8) | (value >> 8);
  }

  override writeUint16(position: number, value: number): void {
    this.stage(position, 2).setUint16(0, checkInteger("value", value, 0, 0xffff));
    this.commit(position, 2);
  }

  override readInt32(position: number): number {
    const value = super.readInt32(position);
    const middle = ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00);
    return (value << 24) | middle | (value >>> 24);
  }

  override writeInt32(position: number, value: number): void {
    const scratch = this.stage(position, 4);
    scratch.setInt32(0, checkInteger("value", value, -0x8000_0000, 0x7fff_ffff));
    this.commit(position, 4);
  }

  override readUint32(position: number): number {
    return this.readInt32(position) >>> 0;
  }

  override writeUint32(position: number, value: number): void {
    this.stage(position, 4).setUint32(0, checkInteger("value", value, 0, 0xffff_ffff));
    this.commit(position, 4);
  }

  override readBigInt64(position: number): bigint {
    return this.fetch(position, 8).getBigInt64(0);
  }

  override writeBigInt64(position: number, value: bigint): void {
    this.stage(position, 8).setBigInt64(0, this.checkBigInt(value, INT64_MIN, INT64_MAX));
    this.commit(position, 8);
  }

  override readBigUint64(position: number): bigint {
    return this.fetch(position, 8).getBigUint64(0);
  }

  override writeBigUint64(position: number, value: bigint): void {
    this.stage(position, 8).setBigUint64(0, this.checkBigInt(value, 0n, 2n ** 64n - 1n));
    this.commit(position, 8);
  }

  override readFloat16(position: number): number {
    return this.fetch(position, 2).getFloat16(0);
  }

  override writeFloat16(position: number, value: number): void {
    this.stage(position, 2).setFloat16(0, checkNumber(value));
    this.commit(position, 2);
  }

  override readFloat32(position: number): number {
    return this.fetch(position, 4).getFloat32(0);
  }

  override writeFloat32(position: number, value: number): void {
    this.stage(position, 4).setFloat32(0, checkNumber(value));
    this.commit(position, 4);
  }

  override readFloat64(position: number): number {
    return this.fetch(position, 8).getFloat64(0);
  }

  override writeFloat64(position: number, value: number): void {
    this.stage(position, 8).setFloat64(0, checkNumber(value));
    this.commit(position, 8);
  }

  override readArray(position: number, target: TypedArray): number {
    const count = super.readArray(position, target);
    swap(target, count);
    return count;
  }

  override writeArray(position: number, source: TypedArray): number {
    if (!ArrayBuffer.isView(source) || source instanceof DataView || source.length === 0) {
      return super.writeArray(position, source);
    }
    const copy = source.slice();
    swap(copy, copy.length);
    return super.writeArray(position, copy);
  }

  override read(): never {
    throw refuseStructs();
  }

  override write(): never {
    throw refuseStructs();
  }

  override array<Value, Input, Cursor>(
    _schema: RecordSchema<Value, Input, Cursor>,
    _position: number,
    _count: number,
  ): RecordArray<Value, Input, Cursor> {
    throw refuseStructs();
  }
}

/** Turns the bytes of each of an array's first elements round. */
function swap(array: TypedArray, count: number): void {
  const size = array.BYTES_PER_ELEMENT;
  const bytes = Buffer.from(array.buffer, array.byteOffset, count * size);
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

function refuseStructs(): NotSupportedError {
  return new NotSupportedError(
    'Cannot use structs in a view with endian "big": they are little-endian; read their fields one by one',
  );
}

/**
 * Tables of SQLite, read from the file itself: pages of B-trees, big-endian.
 *
 * What a transaction has not written to the file is not in it: with `journal_mode = wal`, all that has not been checkpointed.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";

const HEADER_BYTES = 100;
const PAGE = { interior: 5, leaf: 13 } as const;

/** A value of a row. */
export type SqliteValue = number | bigint | string | Uint8Array | null;

type Varint = readonly [value: number, end: number];

/** A database whose file is read, and never locked or changed. */
export class SqliteFile implements Disposable {
  readonly pageBytes: number;
  readonly #view: ViewAccessor;
  readonly #usableBytes: number;

  constructor(path: string) {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const view = file.createViewAccessor({ endian: "big" });
    if (view.readString(0, 16) !== "SQLite format 3\0")
      throw new TypeError("no database of SQLite");
    const size = view.readUint16(16);
    this.pageBytes = size === 1 ? 65_536 : size;
    this.#usableBytes = this.pageBytes - view.readUint8(20);
    this.#view = view;
  }

  /** The names of the tables, and the pages of their roots. */
  tables(): Map<string, number> {
    const tables = new Map<string, number>();
    for (const { values } of this.rows(1)) {
      const [type, name, , root] = values;
      if (type === "table") tables.set(String(name), Number(root));
    }
    return tables;
  }

  /** The rows of a table, by their numbers. */
  *rows(root: number): Generator<{ readonly id: number; readonly values: SqliteValue[] }, void> {
    const view = this.#view;
    const page = (root - 1) * this.pageBytes;
    const head = root === 1 ? HEADER_BYTES : 0;
    const type = view.readUint8(page + head);
    const cells = view.readUint16(page + head + 3);
    if (type === PAGE.interior) {
      for (let cell = 0; cell < cells; cell++) {
        const at = page + view.readUint16(page + head + 12 + 2 * cell);
        yield* this.rows(view.readUint32(at));
      }
      yield* this.rows(view.readUint32(page + head + 8));
      return;
    }
    if (type !== PAGE.leaf) throw new TypeError(`page ${root} is none of a table`);
    for (let cell = 0; cell < cells; cell++) {
      const at = page + view.readUint16(page + head + 8 + 2 * cell);
      const [length, behindLength] = this.#varint(view, at);
      const [id, start] = this.#varint(view, behindLength);
      yield { id, values: this.#values(this.#payload(start, length)) };
    }
  }

  [Symbol.dispose](): void {
    this.#view.dispose();
  }

  /** What a row is made of: in place, or put together with what is on pages of its own. */
  #payload(start: number, length: number): DataView {
    const view = this.#view;
    const most = this.#usableBytes - 35;
    if (length <= most) return dataViewOf(view.bytes(start, length));
    const least = Math.floor(((this.#usableBytes - 12) * 32) / 255) - 23;
    const wanted = least + ((length - least) % (this.#usableBytes - 4));
    const here = wanted <= most ? wanted : least;
    const whole = new Uint8Array(length);
    whole.set(view.bytes(start, here));
    let next = view.readUint32(start + here);
    for (let done = here; done < length && next !== 0; ) {
      const page = (next - 1) * this.pageBytes;
      const part = view.bytes(page + 4, Math.min(this.#usableBytes - 4, length - done));
      whole.set(part, done);
      done += part.length;
      next = view.readUint32(page);
    }
    return dataViewOf(whole);
  }

  #values(row: DataView): SqliteValue[] {
    const bytes = { readUint8: (at: number) => row.getUint8(at) };
    const values: SqliteValue[] = [];
    const [headEnd, first] = this.#varint(bytes, 0);
    let value = headEnd;
    for (let at = first; at < headEnd; ) {
      const [type, end] = this.#varint(bytes, at);
      const [length, read] = serialType(type);
      values.push(read(row, value, length));
      value += length;
      at = end;
    }
    return values;
  }

  /** Seven bits a byte, the highest first; the ninth byte has eight. */
  #varint(bytes: Pick<ViewAccessor, "readUint8">, at: number): Varint {
    let value = 0;
    for (let index = 0; index < 8; index++) {
      const byte = bytes.readUint8(at + index);
      value = value * 128 + (byte & 127);
      if (byte < 128) return [value, at + index + 1];
    }
    const whole = BigInt(value) * 256n + BigInt(bytes.readUint8(at + 8));
    return [Number(BigInt.asIntN(64, whole)), at + 9];
  }
}

type ReadValue = (row: DataView, at: number, length: number) => SqliteValue;

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8] as const;

/** How long a value of a type is, and how it is read. */
function serialType(type: number): readonly [length: number, read: ReadValue] {
  if (type === 0) return [0, () => null];
  if (type <= 6) return [INTEGER_BYTES[type] as number, readInteger];
  if (type === 7) return [8, (row, at) => row.getFloat64(at)];
  if (type <= 9) return [0, () => type - 8];
  const isText = type % 2 === 1;
  const length = (type - (isText ? 13 : 12)) / 2;
  return [
    length,
    (row, at) =>
      isText ? new TextDecoder().decode(bytesOf(row, at, length)) : bytesOf(row, at, length),
  ];
}

function readInteger(row: DataView, at: number, length: number): number | bigint {
  let value = BigInt(row.getInt8(at));
  for (let index = 1; index < length; index++)
    value = value * 256n + BigInt(row.getUint8(at + index));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** A copy: the database may be written to at any time. */
function bytesOf({ buffer, byteOffset }: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + at, length).slice();
}

function dataViewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

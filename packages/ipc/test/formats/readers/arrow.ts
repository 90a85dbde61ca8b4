/**
 * Tables of Apache Arrow, in its IPC file format: columns, and at the end where they are, in FlatBuffers.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import { struct, u32, u53 } from "@isthmus/ipc";

/** Where a batch of rows is in the file. */
const Block = struct({ offset: u53, metadataBytes: u32, bodyBytes: u53 });
/** Where the bytes of a column are in the body of its batch. */
const BufferPlace = struct({ offset: u53, length: u53 });

const TYPE = { int: 2, float: 3, utf8: 5 } as const;

/** Values of one column in one batch; `null` where there is none. */
export type Column = (number | string | null)[];

/** Reads a table, batch by batch. */
export function* readArrow(path: string): Generator<Record<string, Column>, void> {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  using view = file.createViewAccessor();
  const end = file.capacity - 10;
  if (view.readString(end + 4, 6) !== "ARROW1") throw new TypeError("no file of Arrow");
  const footer = root(view, end - view.readInt32(end));
  const schema = footer.table(1);
  const fields = [...(schema?.tables(1) ?? [])].map((field) => ({
    name: field.text(0),
    type: field.byte(2),
  }));
  const { at, length } = footer.vector(3);
  for (const { offset, metadataBytes } of view.array(Block, at, length)) {
    const batch = root(view, offset + 8).table(2);
    if (batch === undefined) throw new TypeError("a message without a header");
    const rows = view.readUint64(batch.place(0));
    const places = batch.vector(2);
    const buffers = view.array(BufferPlace, places.at, places.length);
    const body = offset + metadataBytes;
    let next = 0;
    const take = (): number => body + (buffers[next++]?.offset ?? 0);
    const columns = fields.map(({ name, type }): [string, Column] => {
      const validity = take();
      const isThere = validityOf(view, validity, buffers[next - 1]?.length ?? 0);
      return [name, readColumn(view, type, rows, take, isThere)];
    });
    yield Object.fromEntries(columns);
  }
}

function readColumn(
  view: ViewAccessor,
  type: number,
  rows: number,
  take: () => number,
  isThere: (row: number) => boolean,
): Column {
  const column: Column = [];
  const data = take();
  const texts = type === TYPE.utf8 ? take() : 0;
  for (let row = 0; row < rows; row++) {
    if (!isThere(row)) column.push(null);
    else if (type === TYPE.int) column.push(Number(view.readBigInt64(data + 8 * row)));
    else if (type === TYPE.float) column.push(view.readFloat64(data + 8 * row));
    else {
      const start = view.readInt32(data + 4 * row);
      column.push(view.readString(texts + start, view.readInt32(data + 4 * row + 4) - start));
    }
  }
  return column;
}

/** One bit for each row; none at all where every value is there. */
function validityOf(view: ViewAccessor, at: number, lengthBytes: number) {
  return (row: number): boolean =>
    lengthBytes === 0 || ((view.readUint8(at + (row >> 3)) >> (row & 7)) & 1) === 1;
}

/** The table to which the four bytes at a place lead. */
function root(view: ViewAccessor, at: number): FlatTable {
  return new FlatTable(view, at + view.readUint32(at));
}

/** A table of FlatBuffers: its fields are found through a list of offsets, which stands before it. */
class FlatTable {
  readonly view: ViewAccessor;
  readonly at: number;

  constructor(view: ViewAccessor, at: number) {
    this.view = view;
    this.at = at;
  }

  /** Where a field is, or 0 where it is absent. */
  place(field: number): number {
    const offsets = this.at - this.view.readInt32(this.at);
    const index = 4 + 2 * field;
    if (index >= this.view.readUint16(offsets)) return 0;
    const offset = this.view.readUint16(offsets + index);
    return offset === 0 ? 0 : this.at + offset;
  }

  byte(field: number): number {
    const place = this.place(field);
    return place === 0 ? 0 : this.view.readUint8(place);
  }

  table(field: number): FlatTable | undefined {
    const place = this.place(field);
    return place === 0 ? undefined : root(this.view, place);
  }

  /** Where the elements of a vector begin, and how many there are. */
  vector(field: number): { readonly at: number; readonly length: number } {
    const place = this.place(field);
    if (place === 0) return { at: 0, length: 0 };
    const at = place + this.view.readUint32(place);
    return { at: at + 4, length: this.view.readUint32(at) };
  }

  *tables(field: number): Generator<FlatTable, void> {
    const { at, length } = this.vector(field);
    for (let index = 0; index < length; index++) yield root(this.view, at + 4 * index);
  }

  text(field: number): string {
    const { at, length } = this.vector(field);
    return this.view.readString(at, length);
  }
}

/**
 * Many assets in one file that is used as it lies on the disk.
 *
 * ```text
 *   header │ entry, entry, … by their names │ asset │ asset │ …     each asset at a multiple of 64
 * ```
 *
 * @module
 */
import { MemoryMappedFile, type RecordArray, type ViewAccessor } from "@isthmus/core";
import { type Infer, struct, u32, u53, utf8 } from "@isthmus/ipc";

const MAGIC = 0x4b43_4150;
/** As large as any number or vector that an asset may consist of wants to be aligned. */
const ALIGNMENT = 64;

const Header = struct({ magic: u32, count: u32 });
const Entry = struct({ name: utf8(48), offset: u53, length: u53 });
/** Where an asset lies. */
export type Entry = Infer<typeof Entry>;

/** What goes into a pack. */
export interface Asset {
  readonly name: string;
  /** In bytes. */
  readonly length: number;
  /** Writes it where it will stay. */
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Writes a pack. */
export function writePack(path: string, assets: readonly Asset[]): void {
  const sorted = assets.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  let offset = aligned(Header.size + sorted.length * Entry.size);
  const entries = sorted.map(({ name, length }): Entry => {
    const entry = { name, offset, length };
    offset = aligned(offset + length);
    return entry;
  });
  using file = MemoryMappedFile.createFromFile(path, { mode: "create", capacity: offset });
  using view = file.createViewAccessor();
  view.write(Header, 0, { magic: MAGIC, count: sorted.length });
  entries.forEach((entry, index) => {
    view.write(Entry, Header.size + index * Entry.size, entry);
    sorted[index]?.write(view.bytes(entry.offset, entry.length));
  });
}

/** A pack that is open. What it gives is the file's own memory, and dead as soon as it is disposed. */
export class AssetPack implements Disposable {
  readonly #file: MemoryMappedFile;
  readonly #view: ViewAccessor;
  readonly #entries: RecordArray<Entry, Entry, Entry>;

  /** Opens it: two system calls and one page of the file, however large it is. */
  constructor(path: string) {
    this.#file = MemoryMappedFile.createFromFile(path, { access: "read" });
    this.#view = this.#file.createViewAccessor();
    const { magic, count } = this.#view.read(Header, 0);
    if (magic !== MAGIC) throw new TypeError(`"${path}" is no asset pack`);
    this.#entries = this.#view.array(Entry, Header.size, count);
  }

  /** Where each asset lies, in bytes from the start of the file. */
  *places(): Generator<Entry, void> {
    for (let index = 0; index < this.#entries.length; index++) yield this.#entries.read(index);
  }

  /** The bytes of an asset, without a copy: what is not touched is not even read from the disk. */
  bytes(name: string): Uint8Array<ArrayBuffer> {
    const { offset, length } = this.#find(name);
    return this.#view.bytes(offset, length);
  }

  /** An asset that consists of numbers, such as the vertices of a mesh, without a copy. */
  floats(name: string): Float32Array<ArrayBuffer> {
    const { buffer, byteOffset, length } = this.bytes(name);
    return new Float32Array(buffer, byteOffset, length / Float32Array.BYTES_PER_ELEMENT);
  }

  [Symbol.dispose](): void {
    this.#file.dispose();
  }

  /** Halves what is left until it is found: 14 looks among 10,000. */
  #find(name: string): Entry {
    let from = 0;
    let to = this.#entries.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const entry = this.#entries.at(middle);
      if (entry.name === name) return entry;
      if (entry.name < name) from = middle + 1;
      else to = middle;
    }
    throw new RangeError(`There is no asset "${name}"`);
  }
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

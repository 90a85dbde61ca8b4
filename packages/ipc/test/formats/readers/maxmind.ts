/**
 * Databases of MaxMind: a binary tree over the bits of an address, and what is known of each network. Big-endian.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";

const METADATA_MARK = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
/** Between the tree and the data. */
const GAP_BYTES = 16;

/** What a database holds. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | Value[]
  | { [key: string]: Value };

type Found = readonly [value: Value, end: number];

/** Looks addresses up where they are in the file. */
export class MaxMind implements Disposable {
  readonly metadata: { readonly [key: string]: Value };
  readonly #view: ViewAccessor;
  readonly #nodeBytes: number;
  readonly #nodes: number;

  constructor(path: string) {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const mark = file.lastIndexOf(METADATA_MARK);
    if (mark < 0) throw new TypeError("no database of MaxMind");
    this.#view = file.createViewAccessor({ endian: "big" });
    const start = mark + METADATA_MARK.length;
    this.metadata = this.#decode(start, start)[0] as { [key: string]: Value };
    this.#nodes = Number(this.metadata["node_count"]);
    this.#nodeBytes = Number(this.metadata["record_size"]) / 4;
  }

  /** What is known of an address of IPv4, in a database of those. */
  lookUp(address: string): Value | undefined {
    const bits = address.split(".").reduce((all, part) => (all << 8) | Number(part), 0);
    let node = 0;
    for (let bit = 31; bit >= 0 && node < this.#nodes; bit--)
      node = this.#child(node, (bits >>> bit) & 1);
    if (node <= this.#nodes) return undefined;
    const data = this.#nodes * this.#nodeBytes + GAP_BYTES;
    return this.#decode(data + node - this.#nodes - GAP_BYTES, data)[0];
  }

  [Symbol.dispose](): void {
    this.#view.dispose();
  }

  /** The left or the right record of a node, of 24, 28 or 32 bits. */
  #child(node: number, side: number): number {
    const at = node * this.#nodeBytes;
    const view = this.#view;
    if (this.#nodeBytes === 8) return view.readUint32(at + 4 * side);
    if (this.#nodeBytes === 6) return view.readUint32(at + 3 * side) >>> 8;
    const shared = view.readUint8(at + 3);
    return side === 0
      ? ((shared >> 4) << 24) | (view.readUint32(at) >>> 8)
      : ((shared & 15) << 24) | (view.readUint32(at + 3) & 0xff_ffff);
  }

  /** The value at a place, and where it ends; pointers count from the start of its section. */
  #decode(at: number, section: number): Found {
    const view = this.#view;
    const control = view.readUint8(at++);
    let type = control >> 5;
    if (type === 1) {
      const [target, end] = this.#pointer(control, at);
      return [this.#decode(section + target, section)[0], end];
    }
    if (type === 0) type = 7 + view.readUint8(at++);
    let size = control & 31;
    if (size > 28) {
      const more = size - 28;
      size = [29, 285, 65_821][more - 1]! + this.#number(at, more);
      at += more;
    }
    if (type === 7) return this.#map(size, at, section);
    if (type === 11) return this.#array(size, at, section);
    return [this.#plain(type, size, at), type === 14 ? at : at + size];
  }

  #pointer(control: number, at: number): readonly [number, number] {
    const bytes = ((control >> 3) & 3) + 1;
    if (bytes === 4) return [this.#view.readUint32(at), at + 4];
    const high = (control & 7) << (8 * bytes);
    return [high + this.#number(at, bytes) + [0, 2048, 526_336][bytes - 1]!, at + bytes];
  }

  #map(size: number, at: number, section: number): Found {
    const map: { [key: string]: Value } = {};
    for (let index = 0; index < size; index++) {
      const [key, behindKey] = this.#decode(at, section);
      const [value, end] = this.#decode(behindKey, section);
      map[String(key)] = value;
      at = end;
    }
    return [map, at];
  }

  #array(size: number, at: number, section: number): Found {
    const array: Value[] = [];
    for (let index = 0; index < size; index++) {
      const [value, end] = this.#decode(at, section);
      array.push(value);
      at = end;
    }
    return [array, at];
  }

  #plain(type: number, size: number, at: number): Value {
    const view = this.#view;
    switch (type) {
      case 2:
        return view.readString(at, size);
      case 3:
        return view.readFloat64(at);
      case 4:
        return view.bytes(at, size).slice();
      case 8:
        return this.#number(at, size) | 0;
      case 14:
        return size === 1;
      case 15:
        return view.readFloat32(at);
      default:
        return size > 6 ? this.#big(at, size) : this.#number(at, size);
    }
  }

  /** An unsigned integer of so many bytes. */
  #number(at: number, bytes: number): number {
    let value = 0;
    for (let index = 0; index < bytes; index++)
      value = value * 256 + this.#view.readUint8(at + index);
    return value;
  }

  #big(at: number, bytes: number): bigint {
    let value = 0n;
    for (let index = 0; index < bytes; index++) {
      value = value * 256n + BigInt(this.#view.readUint8(at + index));
    }
    return value;
  }
}

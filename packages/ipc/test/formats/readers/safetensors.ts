/**
 * Weights of neural networks, as safetensors keeps them: a length, a header in JSON, and the tensors.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";

/** The numbers of a tensor. */
export type Tensor =
  | Float16Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Uint8Array;

type TensorClass = (new (
  buffer: ArrayBuffer,
  offset: number,
  length: number,
) => Tensor) & {
  readonly BYTES_PER_ELEMENT: number;
};

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

const ARRAYS: Readonly<Record<string, TensorClass>> = {
  F16: Float16Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
};

/** The tensors of a file, by name: its own bytes, so that those that nobody looks at are never read. */
export class Safetensors implements Disposable {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #entries: Readonly<Record<string, Entry>>;
  readonly #view;
  readonly #dataStart: number;

  constructor(path: string) {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const view = file.createViewAccessor();
    const headerBytes = view.readUint64(0);
    const { __metadata__ = {}, ...entries } = JSON.parse(view.readString(8, headerBytes));
    this.metadata = __metadata__;
    this.#entries = entries;
    this.#view = view;
    this.#dataStart = 8 + headerBytes;
  }

  get names(): string[] {
    return Object.keys(this.#entries);
  }

  shape(name: string): readonly number[] {
    return this.#entry(name).shape;
  }

  tensor(name: string): Tensor {
    const { dtype, data_offsets } = this.#entry(name);
    const [from, to] = data_offsets;
    const { buffer, byteOffset, byteLength } = this.#view.bytes(this.#dataStart + from, to - from);
    const Numbers = ARRAYS[dtype];
    if (Numbers === undefined) throw new TypeError(`numbers of the type ${dtype}`);
    // Aligned: the library pads the header, and puts the widest numbers first.
    return new Numbers(buffer, byteOffset, byteLength / Numbers.BYTES_PER_ELEMENT);
  }

  [Symbol.dispose](): void {
    this.#view.dispose();
  }

  #entry(name: string): Entry {
    const entry = this.#entries[name];
    if (entry === undefined) throw new RangeError(`there is no tensor ${name}`);
    return entry;
  }
}

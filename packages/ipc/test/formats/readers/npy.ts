/**
 * Arrays of NumPy: a header in Python's own words, and behind it the numbers.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";

/** An array in a file. */
export interface Npy extends Disposable {
  readonly shape: readonly number[];
  /** All numbers, the last axis fastest: those of the file where they are, a copy of them where they are big-endian. */
  readonly data: Float64Array | Int32Array;
}

/** Maps an array. */
export function openNpy(path: string): Npy {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const view = file.createViewAccessor();
  const { type, shape, start } = readHeader(view);
  const length = shape.reduce((product, axis) => product * axis, 1);
  return {
    shape,
    data: numbers(file, view, type, start, length),
    [Symbol.dispose]: () => view.dispose(),
  };
}

function readHeader(view: ViewAccessor) {
  if (view.readString(1, 5) !== "NUMPY") throw new TypeError("no array of NumPy");
  const [lengthBytes, length] =
    view.readUint8(6) === 1 ? [2, view.readUint16(8)] : [4, view.readUint32(8)];
  const text = view.readString(8 + lengthBytes, length);
  const type = /'descr': '(.+?)'/.exec(text)?.[1];
  const axes = /'shape': \((.*?)\)/.exec(text)?.[1] ?? "";
  if (!text.includes("'fortran_order': False"))
    throw new TypeError("the first axis is the fastest");
  const shape = axes
    .split(",")
    .filter((axis) => axis.trim() !== "")
    .map(Number);
  return { type, shape, start: 8 + lengthBytes + length };
}

function numbers(
  file: MemoryMappedFile,
  view: ViewAccessor,
  type: string | undefined,
  start: number,
  length: number,
): Npy["data"] {
  if (type === "<f8") {
    // Aligned: NumPy makes the header a multiple of 64 bytes long, and a mapping begins with a page.
    const { buffer, byteOffset } = view.bytes(start, 8 * length);
    return new Float64Array(buffer, byteOffset, length);
  }
  if (type === ">i4") {
    using turned = file.createViewAccessor({ endian: "big" });
    const copy = new Int32Array(length);
    turned.readArray(start, copy);
    return copy;
  }
  throw new TypeError(`numbers of the type ${type}`);
}

/**
 * The elements of an array in shared memory.
 *
 * @module
 */
/** Anything with elements that can be assigned: an array, a typed array. */
export interface WritableArrayLike<T> {
  readonly length: number;
  [index: number]: T;
}

/**
 * Reads and writes the elements of an array field in place. Each schema generates its own classes
 * below this one, with every offset as a constant.
 *
 * `samples[3]` reads an element as `samples.get(3)` does, for what takes any array; it takes some 200 ns where `get` takes a few.
 * What is assigned that way is refused: only `set` can say what an element may be.
 *
 * **Safety.** Nothing is cached: every call reads or writes memory that another process may be
 * changing. Plain loads and stores, no memory order.
 *
 * @typeParam Value An element as plain value.
 * @typeParam Input What may be written as an element.
 * @typeParam Live What `get` gives: the value, or a cursor for an element that is a struct or an
 *   array.
 *
 * @example Elements in place
 * ```ts
 * import { array, f64, struct } from "@isthmus/ipc";
 *
 * const Window = struct({ samples: array(f64, 4) });
 * const { samples } = Window.cursor(new DataView(new ArrayBuffer(Window.size)), 0);
 * samples.set(0, 1.5);
 * samples.copyFrom([1, 2, 3, 4]);
 * console.log(samples.get(3), samples[3], [...samples]); // 4 4 [ 1, 2, 3, 4 ]
 * const copy = new Float64Array(4);
 * samples.copyTo(copy);
 * ```
 */
export abstract class ArrayCursor<Value = unknown, Input = Value, Live = Value> {
  /** The elements, for reading only; see `get` and `set`. */
  readonly [index: number]: Live;

  /** How many elements; a constant of the schema. */
  abstract readonly length: number;

  /**
   * Reads one element. For a struct or an array it gives a cursor, the same object at every call.
   *
   * @param index From 0 to `length - 1`.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such element.
   * @throws {CorruptSegmentError} when memory holds what the element's type does not allow.
   */
  abstract get(index: number): Live;

  /**
   * Writes one element.
   *
   * @param index From 0 to `length - 1`.
   * @param value The element, checked as `encode` checks it.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such element, or the value does not
   *   fit.
   * @throws {TypeError} when the value is not of the element's type.
   */
  abstract set(index: number, value: Input): void;

  /**
   * Writes all elements. One that is refused leaves those before it written.
   *
   * @param source Exactly `length` elements.
   * @throws {TypeError} when the source or an element is not of the right type.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when its length is another, or an element does not fit.
   */
  abstract copyFrom(source: ArrayLike<Input> | ArrayCursor<Value, Input, Live>): void;

  /**
   * Fills an array or typed array with elements from the first on.
   *
   * @param target What to fill; its length decides how many.
   * @returns How many elements were copied: the smaller of both lengths.
   * @throws {CorruptSegmentError} when memory holds what the element's type does not allow.
   */
  abstract copyTo(target: WritableArrayLike<Value>): number;

  /** All elements as a plain array: a copy. */
  abstract toArray(): Value[];

  /** The elements in order, each read when it is asked for. */
  *[Symbol.iterator](): Generator<Live, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  /** What `JSON.stringify` shows: a copy of the elements. */
  toJSON(): Value[] {
    return this.toArray();
  }
}

/** What is asked for as an element, whether there is one or not. */
const INDEX = /^-?\d+(?:\.\d+)?$/v;

function isIndex(key: string | symbol): key is string {
  // Most of what is looked for so far up and in vain is a symbol or a word.
  return typeof key === "string" && key.charCodeAt(0) <= 0x39 && INDEX.test(key);
}

/**
 * Where the names end up that a cursor does not have. Behind all methods, it costs these nothing: a getter for each index
 * would have to be made for every array, and arrays have up to a billion elements.
 */
const elements: ProxyHandler<object> = {
  get: (above, key, cursor: ArrayCursor) =>
    isIndex(key) ? cursor.get(Number(key)) : Reflect.get(above, key, cursor),
  set(_above, key) {
    const message = isIndex(key)
      ? `Cannot assign element ${key} of an array in place: use set(${key}, value)`
      : `Cannot assign "${String(key)}": an array in place has elements alone`;
    throw Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_VALUE" });
  },
};

Object.setPrototypeOf(ArrayCursor.prototype, new Proxy({}, elements));

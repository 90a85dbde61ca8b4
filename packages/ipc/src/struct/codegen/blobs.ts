/**
 * Reading and writing `utf8` and `bytes` fields for generated code.
 *
 * Short ones go through a private scratch buffer or straight through the `DataView`: no view is
 * built over the shared memory and nothing but the result is allocated. Long ones use one temporary
 * view, which costs about 70 ns and is then cheaper than a loop. The bounds between the two are
 * measured (AMD EPYC, class 25/17, 2 cores): text of 20 bytes is written in 36 ns and read in 61
 * ns, against 105 ns with `encodeInto` and 133 ns with `TextDecoder`, each with the view that they
 * need.
 *
 * No native function may read shared memory directly when it looks at the bytes more than once:
 * decoders measure first and convert then, and another process may change the bytes in between. So
 * text is always copied into private memory first.
 *
 * @module
 */
import { LENGTH_PREFIX } from "../layout.ts";

/** Above so many bytes one temporary view is cheaper than a loop. */
const LOOP_BYTES = 256;
/** Up to so many characters a loop is cheaper than one native call. */
const SHORT_CHARACTERS = 24;
/** Up to so many bytes a loop is cheaper than `slice`. */
const SHORT_BYTES = 64;
/** The most bytes that one UTF-16 code unit takes in UTF-8. */
const UTF8_PER_UNIT = 3;

/**
 * Not from Node's pool: nothing else lies in its `ArrayBuffer`. Used within one call, never across.
 */
const scratch = Buffer.allocUnsafeSlow(LOOP_BYTES * UTF8_PER_UNIT);
const scratchView = new DataView(scratch.buffer);
const encoder = new TextEncoder();
// A byte-order mark is text like any other here, or it would not survive a round trip.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Writes a text: length, UTF-8, zeros to the end of the field.
 *
 * @param view The memory.
 * @param offset Where the field begins.
 * @param capacity The most bytes of text.
 * @param room The bytes after the length, padding included.
 * @param value The text.
 * @returns Whether it was written; `false` when it is not well-formed or too long.
 */
export function writeText(
  view: DataView,
  offset: number,
  capacity: number,
  room: number,
  value: string,
): boolean {
  const { length } = value;
  const start = offset + LENGTH_PREFIX;
  if (length <= SHORT_CHARACTERS && length <= capacity) {
    // Looks before it writes: a text that is refused leaves the field as it was.
    let bits = 0;
    for (let index = 0; index < length; index++) bits |= value.charCodeAt(index);
    if (bits <= 0x7f) {
      for (let index = 0; index < length; index++) {
        view.setUint8(start + index, value.charCodeAt(index));
      }
      return finish(view, offset, length, room);
    }
  }
  if (length > LOOP_BYTES) return writeLongText(view, offset, capacity, room, value);
  const written = scratch.write(value, 0, "utf8");
  // As many bytes as characters means ASCII, which is well-formed.
  if (written > capacity || (written !== length && !value.isWellFormed())) return false;
  copyFromScratch(view, start, written);
  return finish(view, offset, written, room);
}

function writeLongText(
  view: DataView,
  offset: number,
  capacity: number,
  room: number,
  value: string,
): boolean {
  if (value.length > capacity || !value.isWellFormed()) return false;
  if (value.length * UTF8_PER_UNIT > capacity && Buffer.byteLength(value) > capacity) return false;
  const target = new Uint8Array(view.buffer, view.byteOffset + offset + LENGTH_PREFIX, capacity);
  return finish(view, offset, encoder.encodeInto(value, target).written, room);
}

/**
 * Writes bytes: their number, themselves, zeros to the end of the field.
 *
 * @param view The memory.
 * @param offset Where the field begins.
 * @param capacity The most bytes.
 * @param room The bytes after the length, padding included.
 * @param value The bytes; they may lie in the same memory.
 * @returns Whether they were written; `false` when they are too many, or their memory was transferred away.
 */
export function writeBytes(
  view: DataView,
  offset: number,
  capacity: number,
  room: number,
  value: Uint8Array,
): boolean {
  const { length } = value;
  if (length > capacity || (length === 0 && isGone(value))) return false;
  const start = offset + LENGTH_PREFIX;
  if (length <= LOOP_BYTES) {
    // Through the scratch, so that a source that overlaps the target is read before it is changed.
    scratch.set(value);
    copyFromScratch(view, start, length);
  } else {
    new Uint8Array(view.buffer, view.byteOffset + start, length).set(value);
  }
  return finish(view, offset, length, room);
}

function isGone({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}

/**
 * Reads a text. The length is not trusted: more than the capacity counts as the capacity.
 *
 * @param view The memory.
 * @param offset Where the field begins.
 * @param capacity The most bytes of text.
 * @returns The text, with U+FFFD where the bytes are no UTF-8.
 */
export function readText(view: DataView, offset: number, capacity: number): string {
  const length = Math.min(view.getUint32(offset, true), capacity);
  if (length === 0) return "";
  const start = offset + LENGTH_PREFIX;
  if (length > LOOP_BYTES) return decoder.decode(copyOf(view, start, length));
  let index = 0;
  let bits = 0;
  for (; index + 4 <= length; index += 4) {
    const word = view.getUint32(start + index, true);
    bits |= word;
    scratchView.setUint32(index, word, true);
  }
  for (; index < length; index++) {
    const byte = view.getUint8(start + index);
    bits |= byte;
    scratchView.setUint8(index, byte);
  }
  return scratch.toString((bits & 0x80808080) === 0 ? "latin1" : "utf8", 0, length);
}

/**
 * Reads bytes. The length is not trusted: more than the capacity counts as the capacity.
 *
 * @param view The memory.
 * @param offset Where the field begins.
 * @param capacity The most bytes.
 * @returns A copy.
 */
export function readBytes(view: DataView, offset: number, capacity: number): Uint8Array {
  const length = Math.min(view.getUint32(offset, true), capacity);
  const start = offset + LENGTH_PREFIX;
  if (length > SHORT_BYTES) return copyOf(view, start, length);
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = view.getUint8(start + index);
  return copy;
}

/** A private copy: `slice` of a typed array never shares memory. */
function copyOf(view: DataView, start: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, length).slice();
}

function copyFromScratch(view: DataView, start: number, length: number): void {
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    view.setUint32(start + index, scratchView.getUint32(index, true), true);
  }
  for (; index < length; index++) view.setUint8(start + index, scratchView.getUint8(index));
}

/** Writes the length, and zeros from the data's end to the field's end. */
function finish(view: DataView, offset: number, length: number, room: number): true {
  view.setUint32(offset, length, true);
  const start = offset + LENGTH_PREFIX;
  if (room - length > LOOP_BYTES) {
    new Uint8Array(view.buffer, view.byteOffset + start + length, room - length).fill(0);
    return true;
  }
  let index = length;
  for (; index % 4 !== 0; index++) view.setUint8(start + index, 0);
  for (; index < room; index += 4) view.setUint32(start + index, 0, true);
  return true;
}

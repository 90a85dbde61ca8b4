/**
 * Records as they travel through pipes and sockets: numbers of 8 bytes each, one record after the other.
 *
 * @module
 */

/** So many bytes are gathered before a write, where a transport is used in batches. */
export const BATCH_BYTES: number = 64 << 10;

/** Takes a stream apart, whatever the pieces in which it arrives. */
export class FrameReader {
  readonly #frameFloats: number;
  readonly #onFrame: (floats: Float64Array, start: number) => void;
  #floats: Float64Array;
  #bytes: Uint8Array;
  #filled = 0;

  /**
   * @param frameBytes Length of a record, a multiple of 8.
   * @param onFrame Called with the numbers of a record: `floats[start]` is its first.
   */
  constructor(frameBytes: number, onFrame: (floats: Float64Array, start: number) => void) {
    this.#frameFloats = frameBytes / 8;
    this.#onFrame = onFrame;
    this.#floats = new Float64Array((frameBytes + BATCH_BYTES) / 8);
    this.#bytes = new Uint8Array(this.#floats.buffer);
  }

  /** Takes the next piece. */
  add(piece: Uint8Array): void {
    this.#reserve(this.#filled + piece.length);
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.length;
    const floats = this.#floats;
    const size = this.#frameFloats;
    const whole = Math.floor(this.#filled / (size * 8)) * size;
    for (let start = 0; start < whole; start += size) this.#onFrame(floats, start);
    this.#bytes.copyWithin(0, whole * 8, this.#filled);
    this.#filled -= whole * 8;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const larger = new Float64Array(Math.ceil(bytes / 8) * 2);
    const largerBytes = new Uint8Array(larger.buffer);
    largerBytes.set(this.#bytes.subarray(0, this.#filled));
    this.#floats = larger;
    this.#bytes = largerBytes;
  }
}

/** Writes record `i` of 64 bytes: eight numbers that all depend on it. */
export function fillSample(floats: Float64Array, start: number, i: number): void {
  for (let field = 0; field < 8; field++) floats[start + field] = i + field;
}

/** What the numbers of a record of 64 bytes add up to. */
export function sumSample(floats: Float64Array, start: number): number {
  let sum = 0;
  for (let field = 0; field < 8; field++) sum += floats[start + field] as number;
  return sum;
}

/** Writes the number of a record at both its ends: filling all of it would take longer than moving it. */
export function fillEnds(
  floats: Float64Array,
  start: number,
  frameFloats: number,
  i: number,
): void {
  floats[start] = i;
  floats[start + frameFloats - 1] = i;
}

/** Verifies what {@link fillEnds} has written. */
export function checkEnds(
  floats: Float64Array,
  start: number,
  frameFloats: number,
  i: number,
): void {
  if (floats[start] !== i || floats[start + frameFloats - 1] !== i) {
    throw new Error(`record ${i} is another: ${floats[start]}, ${floats[start + frameFloats - 1]}`);
  }
}

/**
 * What the demonstration sends besides messages of one size: bytes of any length, and JSON.
 *
 * @module
 */

/** The longest payload, in bytes. */
const PAYLOAD_BYTES_MAX = 5000;
const HEADER_BYTES = 8;

/**
 * Makes raw bytes: a checksum, their number, and a payload whose length and content follow from it.
 *
 * @param sequence Their number.
 * @returns Between 8 and some 5,000 bytes.
 */
export function makeBytes(sequence: number): Uint8Array<ArrayBuffer> {
  const length = HEADER_BYTES + ((sequence * 7919) % PAYLOAD_BYTES_MAX);
  const bytes = new Uint8Array(length).fill(sequence, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, sequence, true);
  view.setUint32(0, Bun.hash.crc32(bytes.subarray(4)), true);
  return bytes;
}

/**
 * Checks raw bytes.
 *
 * @param bytes What arrived.
 * @param sequence The number that they must have.
 * @returns Whether they are as they were made.
 */
export function areBytesIntact(bytes: Uint8Array, sequence: number): boolean {
  if (bytes.length !== HEADER_BYTES + ((sequence * 7919) % PAYLOAD_BYTES_MAX)) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(4, true) !== sequence) return false;
  return view.getUint32(0, true) === Bun.hash.crc32(bytes.subarray(4));
}

/** An order as JSON has it. */
export interface Document {
  readonly sequence: number;
  readonly customer: string;
  readonly lines: readonly { readonly article: string; readonly quantity: number }[];
  readonly note: string | null;
}

/**
 * Makes a document with a number of lines that follows from its own.
 *
 * @param sequence Its number.
 */
export function makeDocument(sequence: number): Document {
  const lines = Array.from({ length: sequence % 4 }, (_, line) => ({
    article: `article ${sequence + line}`,
    quantity: line + 0.5,
  }));
  const note = sequence % 2 === 0 ? null : "Panamá, 巴拿马, 🚢";
  return { sequence, customer: `customer ${sequence % 100}`, lines, note };
}

/**
 * CRC-32 as zlib has it. For a few bytes a call out of JavaScript costs more than the sum itself, and so does the view that
 * it takes: those are summed up here, eight at a time.
 *
 * @module
 */
import { crc32 } from "node:zlib";

/** From how many bytes on the call is faster. */
const FEW = 1024;
const TABLES = makeTables();

/**
 * The CRC of a range.
 *
 * @param seed What it begins with: the CRC of what is before the range.
 */
export function crcOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  if (end - start > FEW) return crc32(bytes.subarray(start, end), seed >>> 0);
  const t = TABLES;
  let crc = ~seed;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    crc =
      t[0x700 | ((crc ^ bytes[at]!) & 255)]! ^
      t[0x600 | (((crc >>> 8) ^ bytes[at + 1]!) & 255)]! ^
      t[0x500 | (((crc >>> 16) ^ bytes[at + 2]!) & 255)]! ^
      t[0x400 | ((crc >>> 24) ^ bytes[at + 3]!)]! ^
      t[0x300 | bytes[at + 4]!]! ^
      t[0x200 | bytes[at + 5]!]! ^
      t[0x100 | bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = t[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Table k has what a byte comes to when k zeros follow. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const crc = tables[at - 256]!;
    tables[at] = tables[crc & 255]! ^ (crc >>> 8);
  }
  return tables;
}

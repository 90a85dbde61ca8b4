/**
 * Finding the ends of many lines at once: by the kernel where WebAssembly has SIMD, else one search for each.
 *
 * @module
 */
import { refuseAsync } from "../../validate.ts";
import { type ByteFinder, FIND_BLOCK_BYTES, newByteFinder } from "./byte-finder.ts";

const LINE_FEED = 0x0a;
/** Below this, one search for each line is done before the kernel is compiled. */
const KERNEL_FROM_BYTES = 1 << 18;

/** Is told of a line; `LineVisitor`. */
export type EachLine<Bytes> = (bytes: Bytes, start: number, end: number, offset: number) => unknown;

/** Finders that nobody uses: whoever is told of a line may look at lines, too. */
const idle: ByteFinder[] = [];

/**
 * Calls for every line of some bytes; what is behind the last line feed is a line, unless it is empty.
 *
 * @param bytes The lines.
 * @param each Told of each.
 * @param offset The offset of the first byte, as `each` is told it.
 */
export function eachLine<Bytes extends Uint8Array>(
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  const finder =
    bytes.length < KERNEL_FROM_BYTES ? undefined : (idle.pop() ?? newByteFinder([LINE_FEED]));
  if (finder === undefined) {
    eachLinePlainly(bytes, each, offset);
    return;
  }
  try {
    eachLineFound(finder, bytes, each, offset);
  } finally {
    idle.push(finder);
  }
}

/** The same without the kernel. */
export function eachLinePlainly<Bytes extends Uint8Array>(
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    const result = each(bytes, start, end, offset + start);
    if (result !== undefined) refuseAsync(result, "visit", "lines");
    start = end + 1;
  }
}

function eachLineFound<Bytes extends Uint8Array>(
  finder: ByteFinder,
  bytes: Bytes,
  each: EachLine<Bytes>,
  offset: number,
): void {
  const { places } = finder;
  let start = 0;
  for (let block = 0; block < bytes.length; block += FIND_BLOCK_BYTES) {
    const count = finder.find(bytes, block);
    for (let i = 0; i < count; i++) {
      const end = block + (places[i] as number);
      const result = each(bytes, start, end, offset + start);
      if (result !== undefined) refuseAsync(result, "visit", "lines");
      start = end + 1;
    }
  }
  if (start < bytes.length) {
    refuseAsync(each(bytes, start, bytes.length, offset + start), "visit", "lines");
  }
}

/**
 * How much of a mapped range is in memory.
 *
 * @module
 */
import { type Address, platform } from "./native/platform.ts";

/** How many pages one question covers. */
const QUESTION_PAGES = 1 << 16;
/** The bit of `mincore(2)` that says that a page is in memory. */
const RESIDENT_BIT = 1;

/**
 * Counts the bytes of a range that are in memory now, in whole pages and cut to the range.
 *
 * @param address Where the range's first page begins.
 * @param lengthBytes From there to the end of the range.
 * @param leadBytes Bytes of the first page that are before the range.
 */
export function residentBytes(address: Address, lengthBytes: number, leadBytes: number): number {
  const { pageSizeBytes } = platform();
  const pageCount = Math.ceil(lengthBytes / pageSizeBytes);
  // Allocated with its buffer, so that its address holds while the system call writes into it.
  const pages = new Uint8Array(new ArrayBuffer(Math.min(pageCount, QUESTION_PAGES)));
  let resident = 0;
  for (let first = 0; first < pageCount; first += pages.length) {
    const count = Math.min(pages.length, pageCount - first);
    platform().residency((address + first * pageSizeBytes) as Address, count, pages);
    for (let i = 0; i < count; i++) {
      if (((pages[i] as number) & RESIDENT_BIT) === 0) continue;
      const pageStart = (first + i) * pageSizeBytes;
      const pageEnd = Math.min(pageStart + pageSizeBytes, lengthBytes);
      resident += pageEnd - Math.max(pageStart, leadBytes);
    }
  }
  return resident;
}

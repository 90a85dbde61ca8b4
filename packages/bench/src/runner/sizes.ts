/**
 * How much is measured. Two runs compare only where these numbers are equal.
 *
 * @module
 */

/** Bytes, counts and durations of all suites. */
export interface Sizes {
  /** Of the file that is read from front to back. */
  readonly fileBytes: number;
  /** Of the file that stands for large ones and for random access. */
  readonly largeFileBytes: number;
  /** Of the file that no process holds in its memory. */
  readonly hugeFileBytes: number;
  /** Random reads of those who read at once. */
  readonly randomReads: number;
  /** Random reads of those who go through the event loop. */
  readonly asyncReads: number;
  /** Bytes that are read through small files of each size. */
  readonly smallTotalBytes: number;
  /** Records of 64 bytes for channels and rings. */
  readonly records: number;
  /** Records for transports that cost a system call each. */
  readonly slowRecords: number;
  /** Bytes that are moved for each record size, at most. */
  readonly transferBytes: number;
  /** Records that are moved for each record size, at most. */
  readonly transferRecords: number;
  /** Round trips of those who sleep. */
  readonly roundTrips: number;
  /** Round trips of those who spin: many more fit into the time, unless they have to share a CPU. */
  readonly spinningRoundTrips: number;
  readonly latencyPerSecond: number;
  readonly latencyMs: number;
  readonly updates: number;
  /** Entries of a large cache. */
  readonly entries: number;
  /** Workers that are killed. */
  readonly deaths: number;
  /** CPU time for each micro benchmark. */
  readonly microMs: number;
}

/** Named sets of sizes. */
export const SIZES: Readonly<Record<"quick" | "full", Sizes>> = {
  quick: {
    fileBytes: 64 << 20,
    largeFileBytes: 128 << 20,
    hugeFileBytes: 2 ** 30,
    randomReads: 200_000,
    asyncReads: 2000,
    smallTotalBytes: 2 << 20,
    records: 3_000_000,
    slowRecords: 60_000,
    transferBytes: 24 << 20,
    transferRecords: 50_000,
    roundTrips: 2000,
    spinningRoundTrips: 20_000,
    latencyPerSecond: 4000,
    latencyMs: 300,
    updates: 20_000,
    entries: 100_000,
    deaths: 5,
    microMs: 8,
  },
  full: {
    fileBytes: 64 << 20,
    largeFileBytes: 512 << 20,
    hugeFileBytes: 10 * 2 ** 30,
    randomReads: 2_000_000,
    asyncReads: 20_000,
    smallTotalBytes: 32 << 20,
    records: 20_000_000,
    slowRecords: 400_000,
    transferBytes: 256 << 20,
    transferRecords: 200_000,
    roundTrips: 20_000,
    spinningRoundTrips: 400_000,
    latencyPerSecond: 5000,
    latencyMs: 2000,
    updates: 200_000,
    entries: 10_000_000,
    deaths: 100,
    microMs: 100,
  },
};

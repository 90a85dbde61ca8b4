/**
 * The suites about journals, as far as one needs them before they run.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";

const NS = { unit: "ns", labels: [] } as const;

/** One after the other in processes of their own, in the order in which they run. */
const APPENDS: readonly CaseSpec[] = [
  { name: "batch", title: "Journal, batches of 64", role: "isthmus", ...NS },
  { name: "one", title: "Journal, one by one", role: "isthmus", ...NS },
  { name: "channel", title: "channel, batches of 64", role: "reference", ...NS },
  { name: "write", title: "writeSync, one by one", role: "peer", ...NS },
  {
    name: "writeBatch",
    title: "writeSync of 64 records at once, without headers and checksums",
    role: "reference",
    ...NS,
  },
  {
    name: "sqlite",
    title: "bun:sqlite, WAL, synchronous off, transactions of 64",
    role: "peer",
    ...NS,
  },
];

/** All suites of journals. */
export const JOURNAL_SUITES: readonly SuiteSpec[] = [
  {
    id: "journal",
    title: "Records of 64 bytes appended to a file",
    cases: APPENDS,
    load: () => import("./appends.ts"),
  },
  {
    id: "journalSync",
    title: "Records of 64 bytes brought to the disk, one after the other, by eight writers",
    cases: [
      {
        name: "journal",
        title: 'Journal, sync: "always", eight processes',
        role: "isthmus",
        ...NS,
      },
      {
        name: "sqlite",
        title: "bun:sqlite, WAL, synchronous full, eight processes",
        role: "peer",
        ...NS,
      },
      {
        name: "writers",
        title: "Journal, await flushed(), in one process",
        role: "isthmus",
        ...NS,
      },
      {
        name: "sqliteWriters",
        title: "bun:sqlite, WAL, synchronous full, in one process",
        role: "peer",
        ...NS,
      },
    ],
    load: () => import("./syncs.ts"),
  },
  {
    id: "journalReplay",
    title: "Records read again from the page cache",
    cases: [
      {
        name: "short",
        title: "Journal, records of 64 bytes, forEachRecord",
        role: "isthmus",
        unit: "ns",
        labels: ["in place"],
      },
      { name: "shortLoop", title: "Journal, records of 64 bytes, for", role: "isthmus", ...NS },
      {
        name: "shortAwait",
        title: "Journal, records of 64 bytes, for await",
        role: "isthmus",
        ...NS,
      },
      { name: "sqlite", title: "bun:sqlite, iterate, rows of 8 numbers", role: "peer", ...NS },
      {
        name: "long",
        title: "Journal, records of 4 KiB, forEachRecord",
        role: "isthmus",
        unit: "bytes_per_second",
        labels: [],
      },
      {
        name: "open",
        title: "opening a journal of 100 GiB, nearly all of it holes",
        role: "isthmus",
        unit: "ns",
        labels: ["cold process"],
      },
      { name: "openLimit", title: "what that may take", role: "reference", ...NS },
    ],
    load: () => import("./replays.ts"),
  },
];

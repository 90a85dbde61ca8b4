/**
 * The suite of physical references, as far as one needs it before it runs.
 *
 * @module
 */
import type { SuiteSpec } from "../../runner/suite.ts";

/** In the order in which they run. */
export const REFERENCE_SUITES: readonly SuiteSpec[] = [
  {
    id: "reference",
    title: "What the hardware allows, in C",
    cases: [
      {
        name: "ping",
        title: "C: round trip over two words, two processes spinning",
        role: "reference",
        unit: "ns",
      },
      {
        name: "ring",
        title: "C: ring of 64-byte records, each published",
        role: "reference",
        unit: "records_per_second",
      },
      {
        name: "ringBatched",
        title: "C: ring of 64-byte records, published every 64",
        role: "reference",
        unit: "records_per_second",
        labels: ["batched"],
      },
      {
        name: "memcpy",
        title: "C: memcpy of 1 MiB into shared memory and out",
        role: "reference",
        unit: "bytes_per_second",
      },
      {
        name: "mappedPage",
        title: "C: mapping a page of 4 KiB, one look at it, unmapping it",
        role: "reference",
        unit: "ns",
        labels: ["warm"],
      },
      {
        name: "readPage",
        title: "C: reading a page of 4 KiB into a buffer of 256 KiB, one look at it",
        role: "reference",
        unit: "ns",
        labels: ["warm"],
      },
      {
        name: "storedPage",
        title: "C: filling a new page of 4 KiB of a mapped file",
        role: "reference",
        unit: "ns",
      },
      {
        name: "countRead",
        title: "C: counting a byte in what is read, 256 KiB at a time",
        role: "reference",
        unit: "bytes_per_second",
        labels: ["warm"],
      },
      {
        name: "countMapped",
        title: "C: counting a byte in what is mapped",
        role: "reference",
        unit: "bytes_per_second",
        labels: ["warm"],
      },
      {
        name: "histogram",
        title: "C: a histogram of a log by pairs of bytes, one process",
        role: "reference",
        unit: "bytes_per_second",
        labels: ["warm"],
      },
      {
        name: "histogramTwo",
        title: "C: a histogram of a log by pairs of bytes, two processes",
        role: "reference",
        unit: "bytes_per_second",
        labels: ["warm"],
      },
      {
        name: "copies",
        title: "TypedArray.set of 1 MiB into named memory and out",
        role: "isthmus",
        unit: "bytes_per_second",
      },
    ],
    needs: ["reference", "largeFile"],
    load: () => import("./reference.ts"),
  },
];

/**
 * The micro benchmarks, as far as one needs them before they run.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";
import { RING_SIZES } from "./ring-sizes.ts";

type Row = readonly [name: string, title: string, role?: CaseSpec["role"]];

function rows(unit: CaseSpec["unit"], list: readonly Row[]): CaseSpec[] {
  return list.map(([name, title, role = "isthmus"]) => ({ name, title, role, unit }));
}

/** For calls so long that it does not matter what the code around them was compiled for. */
function together(cases: readonly CaseSpec[]): CaseSpec[] {
  return cases.map((each) => ({ ...each, process: "all" }));
}

/** In the order in which they run. */
export const MICRO_SUITES: readonly SuiteSpec[] = [
  {
    id: "accessors",
    title: "One number in mapped memory",
    cases: rows("ns", [
      ["readInt32", "ViewAccessor.readInt32"],
      ["getInt32", "DataView.getInt32", "reference"],
      ["writeFloat64", "ViewAccessor.writeFloat64"],
      ["setFloat64", "DataView.setFloat64", "reference"],
      ["bytes", "ViewAccessor.bytes of 64 bytes"],
    ]),
    load: () => import("./accessors.ts"),
  },
  {
    id: "structs",
    title: "One record of eight numbers, 64 bytes",
    cases: rows("ns", [
      ["encode", "schema.encode of an object"],
      ["decode", "schema.decode to an object"],
      ["cursorWrite", "a cursor's eight fields, written in place"],
      ["cursorRead", "a cursor's eight fields, read in place"],
    ]),
    load: () => import("./structs.ts"),
  },
  {
    id: "locks",
    title: "Locking and unlocking, uncontended",
    cases: rows("ns", [
      ["bareMutex", "pthread_mutex_lock and unlock through FFI", "reference"],
      ["mutex", "NamedMutex.acquire and release"],
      ["semaphore", "NamedSemaphore.tryWait and release"],
      ["event", "NamedEvent.set and tryWait"],
    ]),
    load: () => import("./locks.ts"),
  },
  {
    id: "counters",
    title: "A record of 64 bytes through a channel, one process, with and without its counters",
    cases: rows("ns", [
      ["alone", "counted, each record published alone"],
      ["aloneUncounted", "uncounted, each record published alone", "reference"],
      ["burst", "counted, in bursts of 256"],
      ["burstUncounted", "uncounted, in bursts of 256", "reference"],
      ["burstTimed", "counted and timed (latency: true), in bursts of 256"],
    ]),
    load: () => import("./counters.ts"),
  },
  {
    id: "rings",
    title: "The byte ring by record size, one process, with both copies",
    cases: rows(
      "bytes_per_second",
      RING_SIZES.flatMap((size): Row[] => [
        [`ring-${size}`, `ring, ${size} B`],
        [`copies-${size}`, `two bare copies, ${size} B`, "reference"],
      ]),
    ).map((each) => {
      const [process = "", size] = each.name.split("-");
      return { ...each, process, recordBytes: Number(size) };
    }),
    load: () => import("./rings.ts"),
  },
  {
    id: "scans",
    title: "Analysing the content of a large file, page cache warm",
    cases: together(
      rows("bytes_per_second", [
        ["count", "MemoryMappedFile.count of a byte"],
        ["countReadSync", "count by readSync and Buffer.indexOf", "peer"],
        ["countStream", "count by createReadStream and Buffer.indexOf", "peer"],
        ["wc", "wc -l, its start included", "peer"],
        ["countLoop", "count by a byte loop over MemoryMappedFile.chunks", "peer"],
        ["countIndexOf", "count by Buffer.indexOf, file in memory", "peer"],
        ["indexOf", "MemoryMappedFile.indexOf of an absent text"],
        ["bufferIndexOf", "Buffer.indexOf of an absent text, file in memory", "peer"],
        ["histogram", "MemoryMappedFile.histogram of a log"],
        ["histogramLoop", "histogram of it by a loop with four tables", "peer"],
        ["countText", "MemoryMappedFile.count of a text"],
        ["rg", "rg -c -F, its start included", "peer"],
        ["grep", "grep -c -F, its start included", "peer"],
        ["text", "scan for lines, words and longest line, one thread"],
        ["wcText", "wc -lwL, its start included", "peer"],
        ["forEachLine", "MemoryMappedFile.forEachLine"],
        ["lines", "MemoryMappedFile.lines, decoded"],
        ["rawLines", "MemoryMappedFile.lines, raw"],
        ["rawArrays", "a copy of each of so many lines, and nothing else", "reference"],
        ["linesGenerator", "lines by a generator: decoded, split, yielded", "peer"],
        ["countReadKernel", "count by readSync and the kernel of count", "peer"],
        ["findFour", "scan for four absent texts, one thread"],
        ["findFourIndexOf", "the same, one after the other", "reference"],
        ["countAnyCase", "MemoryMappedFile.count of a text in any case"],
        ["rgAnyCase", "rg -i -c -F, its start included", "peer"],
        ["huge", "MemoryMappedFile.count in a huge file of holes"],
        ["hugeLimit", "64 MiB of growth, in a second", "reference"],
        ["oneThread", "scan for a histogram of a log, one thread", "reference"],
        ["twoThreads", "scan for a histogram of it, two threads"],
      ]),
    ).map((each) => ({
      ...each,
      // How much a process has grown at most tells of what it did before, too.
      ...(each.name === "huge" && { process: "huge" }),
      labels: ["warm"],
    })),
    needs: ["largeFile"],
    load: () => import("./scans.ts"),
  },
  {
    id: "openClose",
    title: "Opening, touching and closing",
    cases: together(
      rows("ns", [
        ["file", "createFromFile, view, dispose"],
        ["bunMmap", "Bun.mmap, unmapped by the collector later", "peer"],
        ["readSync", "fs.openSync, readSync, closeSync", "peer"],
        ["memory", "MemoryMappedFile.createNew, view, dispose"],
        ["mutex", "NamedMutex.createNew, dispose"],
        ["channel", "Consumer and Producer, one record, dispose"],
      ]),
    ),
    load: () => import("./open-close.ts"),
  },
];

/**
 * The suites about files, as far as one needs them before they run.
 *
 * @module
 */
import type { CaseSpec, SuiteSpec } from "../../runner/suite.ts";
import { SMALL_SIZES } from "./small-sizes.ts";

const READING: readonly Omit<CaseSpec, "unit">[] = [
  { name: "mapping", title: "MemoryMappedFile.chunks", role: "isthmus" },
  {
    name: "again",
    title: "ViewAccessor.bytes, mapped before",
    role: "isthmus",
    labels: ["mapped before"],
  },
  { name: "stream", title: "fs.createReadStream", role: "peer" },
  { name: "bunStream", title: "Bun.file().stream()", role: "peer" },
  { name: "readSync", title: "fs.readSync, 256 KiB buffer", role: "peer" },
  { name: "bytes", title: "Bun.file().bytes(), then adding up", role: "peer" },
  { name: "bunMmap", title: "Bun.mmap", role: "peer" },
];

function reading(label: "warm" | "cold"): CaseSpec[] {
  return READING.map((each) => ({
    ...each,
    unit: "bytes_per_second",
    labels: [label, ...(each.labels ?? [])],
  }));
}

/** In the order in which they run. */
export const FILE_SUITES: readonly SuiteSpec[] = [
  {
    id: "sequential",
    title: "Reading a file from front to back, page cache warm",
    cases: reading("warm"),
    needs: ["file"],
    load: async () => (await import("./sequential.ts")).warm,
  },
  {
    id: "cold",
    title: "Reading a file from front to back, page cache cold",
    cases: reading("cold").filter(({ name }) => ["mapping", "stream", "readSync"].includes(name)),
    needs: ["coldFile"],
    load: async () => (await import("./sequential.ts")).cold,
  },
  {
    id: "disk",
    title: "Copying a file from a disk with 128 KiB of read-ahead, page cache cold",
    cases: [
      { name: "chunks", title: "MemoryMappedFile.chunks and set", role: "isthmus" },
      { name: "readArray", title: "ViewAccessor.readArray, 1 MiB", role: "isthmus" },
      { name: "stream", title: "ViewStream.read, 1 MiB", role: "isthmus" },
      { name: "readSync", title: "fs.readSync, 1 MiB", role: "peer" },
    ].map(
      (each) =>
        ({ ...each, unit: "bytes_per_second", labels: ["cold"], process: "disk" }) as CaseSpec,
    ),
    load: () => import("./disk.ts"),
  },
  {
    id: "large",
    title: "Reading a large file (over 100 MB), page cache warm",
    cases: reading("warm").filter(({ name }) => name !== "bunMmap"),
    needs: ["largeFile"],
    load: async () => (await import("./sequential.ts")).large,
  },
  {
    id: "random",
    title: "Reading 4 bytes at random positions of a large file, page cache warm",
    cases: [
      { name: "mapping", title: "ViewAccessor.readInt32", role: "isthmus" },
      { name: "readSync", title: "fs.readSync", role: "peer" },
      { name: "fileHandle", title: "FileHandle.read, one at a time", role: "peer" },
      { name: "bunMmap", title: "Bun.mmap and DataView", role: "peer" },
    ].map((each) => ({ ...each, unit: "ns", labels: ["warm"] }) as CaseSpec),
    needs: ["largeFile"],
    load: () => import("./random.ts"),
  },
  {
    id: "small",
    title: "Opening, reading and closing a file, page cache warm",
    cases: (["mapping", "readFileSync", "bytes"] as const).flatMap((name) =>
      SMALL_SIZES.map(
        (recordBytes): CaseSpec => ({
          name: `${name}-${recordBytes}`,
          title: `${name === "bytes" ? "Bun.file().bytes()" : name === "mapping" ? "createFromFile, view, dispose" : "fs.readFileSync"}, ${recordBytes / 1024} KiB`,
          role: name === "mapping" ? "isthmus" : "peer",
          unit: "ns",
          labels: ["warm"],
          recordBytes,
          process: name,
        }),
      ),
    ),
    load: () => import("./small.ts"),
  },
];

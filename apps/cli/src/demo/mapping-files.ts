/**
 * Concept 2: mapping files, existing and new, and looking into them.
 *
 * @module
 */
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { formatCount, formatRate, formatSize } from "../output/format.ts";
import { check, checkEqual, checkRefused } from "./check.ts";
import type { DemoRoom } from "./room.ts";
import type { DemoConcept } from "./step.ts";

const LINES = 20_000;

/** Mapping files: modes, access, and content analysis. */
export const mappingFiles: DemoConcept = {
  number: 2,
  title: "Mapping files",
  steps: [
    { name: "existing and new files", run: modes },
    { name: "read-only refuses writes", run: readOnly },
    { name: "copy-on-write leaves the file alone", run: copyOnWrite },
    { name: "grow a file, and see it grow", run: growth },
    { name: "analyse content", run: analysis },
    { name: "analyse a real program", run: realProgram },
  ],
};

function modes(room: DemoRoom): string {
  const path = room.path("modes.bin");
  checkRefused(() => MemoryMappedFile.createFromFile(path), "ENOENT", "opening a missing file");
  {
    using file = MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity: 64 });
    using view = file.createViewAccessor();
    view.writeInt32(0, 1);
  }
  checkRefused(
    () => MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity: 64 }),
    "EEXIST",
    "creating a file that exists",
  );
  {
    using file = MemoryMappedFile.createFromFile(path, { mode: "openOrCreate", capacity: 64 });
    using view = file.createViewAccessor();
    checkEqual(view.readInt32(0), 1, "the number in the existing file");
  }
  {
    using file = MemoryMappedFile.createFromFile(path, { mode: "create", capacity: 32 });
    using view = file.createViewAccessor();
    checkEqual(view.readInt32(0), 0, "the number after starting afresh");
    checkEqual(file.capacity, 32, "the capacity after starting afresh");
  }
  return "open, openOrCreate, create and createNew; ENOENT and EEXIST told apart";
}

function readOnly(room: DemoRoom): string {
  const path = room.path("read-only.txt");
  writeFileSync(path, "original");
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  using view = file.createViewAccessor();
  checkEqual(view.canWrite, false, "canWrite");
  checkRefused(() => view.writeInt8(0, 1), "ERR_NOT_SUPPORTED", "writing through a read-only view");
  checkRefused(
    () => file.createViewAccessor({ access: "readWrite" }),
    "EACCES",
    "a writable view of a read-only map",
  );
  checkEqual(readFileSync(path, "utf8"), "original", "the file");
  return "the view refuses, the map refuses, the file is as it was";
}

function copyOnWrite(room: DemoRoom): string {
  const path = room.path("private.txt");
  writeFileSync(path, "original");
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using view = file.createViewAccessor();
  view.writeString(0, "CHANGED!");
  checkEqual(view.readString(0, 8), "CHANGED!", "the view");
  checkEqual(readFileSync(path, "utf8"), "original", "the file");
  return "the view has changed, the file has not";
}

function growth(room: DemoRoom): string {
  const path = room.path("growing.bin");
  writeFileSync(path, "12345678");
  using file = MemoryMappedFile.createFromFile(path, { capacity: 4096 });
  checkEqual(statSync(path).size, 4096, "the size after mapping with a larger capacity");
  file.resize(8192);
  checkEqual(statSync(path).size, 8192, "the size after resize");
  appendFileSync(path, "appended");
  file.refresh();
  checkEqual(file.capacity, 8200, "the capacity after another writer appended");
  using view = file.createViewAccessor({ offset: 8192 });
  checkEqual(view.readString(0, 8), "appended", "what the other writer appended");
  return "8 bytes became 4,096, then 8,192, then 8,200";
}

function analysis(room: DemoRoom): string {
  const path = room.path("analysis.log");
  const needle = "ERROR ünïcödé";
  const lines = Array.from({ length: LINES }, (_, index) =>
    index === 17_777 ? `${index} ${needle}` : `${index} ${"x".repeat(index % 90)}`,
  );
  writeFileSync(path, `${lines.join("\n")}\n`);
  const bytes = readFileSync(path);
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  checkEqual(file.count(0x0a), LINES, "the number of newlines");
  checkEqual(file.indexOf(needle), bytes.indexOf(needle), "where the needle is");
  checkEqual(file.indexOf("not there"), -1, "where nothing is");
  checkEqual(Array.from(file.histogram()), histogramOf(bytes), "the histogram");
  let index = 0;
  for (const line of file.lines()) {
    // Asked before, because 20,000 messages would be put together for nothing.
    if (line !== lines[index]) checkEqual(line, lines[index] ?? "nothing", `line ${index}`);
    index += 1;
  }
  checkEqual(index, LINES, "the number of lines");
  const lineCount = formatCount(LINES);
  return `${lineCount} lines: count, indexOf, histogram and lines agree with an ordinary read`;
}

function realProgram(): string {
  const path = process.execPath;
  const startMs = performance.now();
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const histogram = Array.from(file.histogram());
  const newlines = file.count(0x0a);
  const elapsedMs = performance.now() - startMs;
  const bytes = readFileSync(path);
  checkEqual(file.capacity, bytes.length, "the size");
  checkEqual(histogram, histogramOf(bytes), "the histogram");
  checkEqual(newlines, histogram[0x0a] ?? 0, "the number of newlines");
  const needle = "JavaScriptCore";
  checkEqual(file.indexOf(needle), bytes.indexOf(needle), `where "${needle}" is`);
  check(newlines > 0, "a program of this size has newlines");
  const rate = formatRate(((2 * bytes.length) / elapsedMs) * 1000);
  const size = formatSize(bytes.length);
  return `${size} of Bun itself: histogram and count at ${rate} agree with an ordinary read`;
}

/** The ordinary way, to compare with. */
function histogramOf(bytes: Uint8Array): number[] {
  const counts = new Int32Array(256);
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  return Array.from(counts);
}

/**
 * What core's hot operations cost beside what a user would otherwise write: `bun run bench:core`.
 *
 * Every group has its baseline in the same run. The last part measures memory, not time.
 *
 * @module
 */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { bench, do_not_optimize, group, run, summary } from "mitata";

const SMALL_BYTES = 5000;
const LOOP_BYTES = 1 << 20;
const RANDOM_BYTES = 512 << 20;
const RANDOM_READS = 10_000;
const SPARSE_BYTES = 10 * 2 ** 30;

const directory = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** Opening, reading one number, and closing a small file. */
function openAndClose(): void {
  const path = fileOf("small.bin", new Uint8Array(SMALL_BYTES).fill(7));
  group("open, read one number, close: 5 kB", () => {
    summary(() => {
      bench("Bun.mmap (unmapped by the collector, later)", () => Bun.mmap(path)[100]).baseline();
      bench("createFromFile + createViewAccessor + dispose", () => {
        using file = MemoryMappedFile.createFromFile(path);
        using view = file.createViewAccessor();
        return view.readUint8(100);
      });
    });
  });
}

function sumAccessor(view: { readInt32(position: number): number }): number {
  let sum = 0;
  for (let i = 0; i <= LOOP_BYTES - 4; i += 4) sum = (sum + view.readInt32(i)) | 0;
  return sum;
}

function sumDataView(view: DataView): number {
  let sum = 0;
  for (let i = 0; i <= LOOP_BYTES - 4; i += 4) sum = (sum + view.getInt32(i, true)) | 0;
  return sum;
}

/** The checked accessor against the unchecked one, on the same mapped bytes. */
function readLoop(): void {
  const content = new Uint8Array(LOOP_BYTES).map((_, index) => index * 31);
  const file = MemoryMappedFile.createFromFile(fileOf("loop.bin", content));
  const view = file.createViewAccessor();
  const bytes = view.bytes();
  const bare = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (sumAccessor(view) !== sumDataView(bare))
    throw new Error("the two loops read different numbers");
  group("readInt32 over 1 MiB", () => {
    summary(() => {
      bench("DataView.getInt32", () => do_not_optimize(sumDataView(bare))).baseline();
      bench("ViewAccessor.readInt32", () => do_not_optimize(sumAccessor(view)));
    });
  });
  group("bytes(): a typed array over the mapping", () => {
    bench("of 64 bytes", () => do_not_optimize(view.bytes(0, 64)));
    bench("of 1 MiB", () => do_not_optimize(view.bytes(0, LOOP_BYTES)));
  });
}

/** Random reads of 4 bytes in a file that is in the page cache. */
function randomReads(): void {
  const path = fileOf("random.bin", new Uint8Array(RANDOM_BYTES).fill(1));
  const positions = Array.from({ length: RANDOM_READS }, () =>
    Math.floor(Math.random() * (RANDOM_BYTES - 4)),
  );
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(4);
  const file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const view = file.createViewAccessor();
  group(`${RANDOM_READS} random reads of 4 bytes in 512 MiB, warm`, () => {
    summary(() => {
      bench("fs.readSync", () => {
        let sum = 0;
        for (const position of positions) {
          readSync(fd, buffer, 0, 4, position);
          sum = (sum + buffer.readInt32LE(0)) | 0;
        }
        return do_not_optimize(sum);
      }).baseline();
      bench("ViewAccessor.readInt32", () => {
        let sum = 0;
        for (const position of positions) sum = (sum + view.readInt32(position)) | 0;
        return do_not_optimize(sum);
      });
    });
  });
}

/** How much a scan of a file larger than memory windows adds to the process. */
function scanMemory(): void {
  const path = join(directory, "sparse.bin");
  const fd = openSync(path, "w");
  ftruncateSync(fd, SPARSE_BYTES);
  closeSync(fd);
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const before = process.memoryUsage.rss();
  let peak = before;
  let bytes = 0;
  for (const chunk of file.chunks()) {
    bytes += chunk.length + (chunk[0] as number);
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  const grownMiB = ((peak - before) / 2 ** 20).toFixed(1);
  process.stdout.write(
    `\nscan of ${bytes / 2 ** 30} GiB (sparse): resident memory grew by ${grownMiB} MiB\n`,
  );
}

openAndClose();
readLoop();
randomReads();
await run();
scanMemory();

/** What reading a file that is not in the page cache asks of its disk, whose usual read-ahead is 128 KiB. */
import { afterAll, describe, expect } from "bun:test";
import { closeSync, openSync, readFileSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { testIf } from "@isthmus/testing/requirement";
import { canMountExt4, SmallFileSystem } from "@isthmus/testing/small-file-system";
import { MemoryMappedFile, scanJobs, type ViewAccessor } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const MIB = 1 << 20;
const FILE_BYTES = 24 * MIB;
const USUAL_READ_AHEAD_KIB = 128;

/** Reads all of the file, in order. */
type Read = (file: MemoryMappedFile) => number | Promise<number>;

const buffer = new Uint8Array(MIB);
const whole = new Uint8Array(canMountExt4 ? FILE_BYTES : 0);

const WAYS: Readonly<Record<string, Read>> = {
  "chunks() with set()": (file) => {
    let bytes = 0;
    for (const chunk of file.chunks()) {
      buffer.set(chunk);
      bytes += chunk.length;
    }
    return bytes;
  },
  "readArray() of all": (file) => {
    using view = file.createViewAccessor();
    return view.readArray(0, whole);
  },
  "readArray() of 1 MiB at a time": (file) => {
    using view = file.createViewAccessor();
    let bytes = 0;
    while (bytes < file.capacity) bytes += view.readArray(bytes, buffer);
    return bytes;
  },
  "a stream's read()": (file) => {
    using stream = file.createViewStream({ offset: 100 });
    let bytes = 100;
    for (let count = 1; count > 0; bytes += count) count = stream.read(buffer);
    return bytes;
  },
  "a stream's readable()": async (file) => {
    using stream = file.createViewStream();
    let bytes = 0;
    for await (const chunk of stream.readable()) bytes += chunk.length;
    return bytes;
  },
  "count() of a byte": (file) => (file.count(7) > 0 ? file.capacity : 0),
  "count() of a text": (file) => file.count("no such text") + file.capacity,
  "histogram()": (file) => file.histogram().reduce((sum, count) => sum + count, 0),
  "forEachLine()": (file) => {
    let bytes = 0;
    file.forEachLine((_bytes, start, end) => {
      bytes += end - start + 1;
    });
    return bytes - 1;
  },
  "scan()": async (file) => {
    const histogram = await file.scan(scanJobs.histogram(), { workers: 1 });
    return histogram.reduce((sum, count) => sum + count, 0);
  },
};

function readWithBuffer(path: string): void {
  const fd = openSync(path, "r");
  while (readSync(fd, buffer) > 0);
  closeSync(fd);
}

describe("a file that is not in the page cache", () => {
  const disk = canMountExt4
    ? new SmallFileSystem("rw", { kind: "ext4", imageBytes: FILE_BYTES * 2 })
    : undefined;
  const path = disk?.file("data.bin", pattern(FILE_BYTES)) ?? "";
  afterAll(() => disk?.[Symbol.dispose]());

  /** How many requests the disk gets. */
  async function requestsOf(read: () => unknown): Promise<number> {
    disk?.remount();
    const block = `/sys/block/${disk?.device}`;
    writeFileSync(`${block}/queue/read_ahead_kb`, `${USUAL_READ_AHEAD_KIB}`);
    const count = (): number =>
      Number(readFileSync(`${block}/stat`, "utf8").trim().split(/\s+/)[0]);
    const before = count();
    await read();
    return count() - before;
  }

  /** All of the file by a view that is fresh, after something was done with it. */
  function readAfter(
    act: (view: ViewAccessor) => void,
    access: "read" | "copyOnWrite",
  ): Uint8Array {
    disk?.remount();
    using file = MemoryMappedFile.createFromFile(path, { access });
    using view = file.createViewAccessor();
    act(view);
    whole.fill(0);
    for (let at = 0; at < FILE_BYTES; at += MIB) view.readArray(at, whole.subarray(at, at + MIB));
    return whole;
  }

  // The first page of a block: what is asked is whether the last one is in memory.
  const OWN = 10 * MIB + 5;
  const OWN_WRITES = {
    nothing: () => readAfter(() => {}, "read"),
    "a read view's bytes()": () => readAfter((view) => view.bytes(OWN, 1).fill(77), "read"),
    "a copy-on-write view": () => readAfter((view) => view.writeUint8(OWN, 77), "copyOnWrite"),
  };
  for (const [what, read] of Object.entries(OWN_WRITES)) {
    testIf(canMountExt4, "permission to mount an ext4 image")(
      `is copied as it is, and as ${what} has written it`,
      () => {
        const expected = pattern(FILE_BYTES);
        if (what !== "nothing") expected[OWN] = 77;
        expect(Buffer.compare(read(), expected)).toBe(0);
      },
    );
  }

  testIf(canMountExt4, "permission to mount an ext4 image")(
    "is told to be cut off while a view of it is copied",
    () => {
      disk?.remount();
      using file = MemoryMappedFile.createFromFile(path, { access: "read" });
      using view = file.createViewAccessor();
      truncateSync(path, FILE_BYTES - 3 * MIB);
      try {
        expectCode(() => view.readArray(0, whole), "FileTruncatedError", "ERR_FILE_TRUNCATED");
      } finally {
        writeFileSync(path, pattern(FILE_BYTES));
      }
    },
  );

  for (const [way, read] of Object.entries(WAYS)) {
    testIf(canMountExt4, "permission to mount an ext4 image")(
      `is read by ${way} in at most twice the requests of readSync()`,
      async () => {
        const asked = await requestsOf(() => readWithBuffer(path));
        let bytes = 0;
        const requests = await requestsOf(async () => {
          using file = MemoryMappedFile.createFromFile(path, { access: "read" });
          bytes = await read(file);
        });
        expect(bytes).toBe(FILE_BYTES);
        expect(requests).toBeGreaterThan(0);
        expect(requests).toBeLessThanOrEqual(2 * asked);
      },
    );
  }
});

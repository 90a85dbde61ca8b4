/** `docs/journal-format.md` and `docs/layout.md` say of journals what the source does. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { decodeSuperblock, SECTION, SEGMENT_KINDS } from "@isthmus/core/internal";
import { bytes } from "@isthmus/ipc";
import {
  FOLLOWER,
  FOLLOWER_COUNT,
  FOLLOWER_NAME_BYTES,
  FOLLOWER_WORDS,
  HEAD,
  HEAD_BYTES,
  HEAD_PATH_BYTES,
} from "@isthmus/ipc/internal";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { fieldsOf, offsetsOf, rowsOf } from "../../../ipc/test/layout/support/document.ts";
import { Journal } from "../../src/index.ts";
import { GROUP } from "../../src/journal/group-commit.ts";
import {
  BLOCK,
  BLOCK_BYTES,
  ENTRIES_MAX,
  ENTRY,
  ENTRY_BYTES,
  FORMAT_VERSION,
  FRAME,
  FRAME_BYTES_MAX,
  FRAME_BYTES_MIN,
  INDEX,
  INDEX_MAGIC,
  INDEX_STRIDE_BYTES,
  LOCK,
  LOCK_SLOTS,
  LOCK_VERSION,
  META,
  META_MAGIC,
  RECORD,
  RECORD_BYTES_MIN,
  SEGMENT,
  SEGMENT_BYTES_MAX,
  SEGMENT_BYTES_MIN,
  SEGMENT_MAGIC,
  TAILER,
  TAILER_COPIES,
  TAILER_COPY_BYTES,
  TAILER_MAGIC,
} from "../../src/journal/journal-layout.ts";

describe("what the documents say of journals", () => {
  test("State, Follower, Meta, Segment, Frame and Record: the offsets are those of the source", () => {
    expect(offsetsOf("State of a journal", 4)).toEqual(HEAD);
    const { reserved, ...follower } = FOLLOWER;
    expect(offsetsOf("Follower of a journal", 4)).toEqual(follower);
    expect([reserved, FOLLOWER_COUNT, FOLLOWER_WORDS * 4, HEAD_BYTES]).toEqual([1, 64, 64, 8192]);
    const sizes = Object.fromEntries(
      fieldsOf("State of a journal").map(({ name, bytes: length }) => [name, length]),
    );
    expect(sizes).toMatchObject({ path: HEAD_PATH_BYTES, followers: 64 * 64 });
    expect(fieldsOf("Follower of a journal").at(-1)?.bytes).toBe(FOLLOWER_NAME_BYTES);
    expect(offsetsOf("Meta of a journal", 1)).toEqual(META);
    expect(offsetsOf("Segment of a journal", 1)).toEqual(SEGMENT);
    const frame: Record<string, number> = offsetsOf("Frame of a journal", 1);
    expect(frame).toEqual(FRAME);
    const record: Record<string, number> = offsetsOf("Record of a frame", 1);
    expect(record).toEqual(RECORD);
    expect(META_MAGIC + SEGMENT_MAGIC).toBe("ISTHMUSJISTHMUSS");
    expect(offsetsOf("Index of a journal", 1)).toEqual(INDEX);
    expect(offsetsOf("Block of an index", 1)).toEqual(BLOCK);
    expect(offsetsOf("Entry of an index", 1)).toEqual(ENTRY);
    const { reserved: _behind, ...tailer } = TAILER;
    expect(offsetsOf("Tailer of a journal", 1)).toEqual(tailer);
    expect(offsetsOf("Lock of a journal", 1)).toEqual(LOCK);
    expect(offsetsOf("Group of a journal", 4)).toEqual(GROUP);
    expect([INDEX_MAGIC, TAILER_MAGIC]).toEqual(["ISTHMUSX", "ISTHMUST"]);
    expect([BLOCK_BYTES, ENTRY_BYTES, ENTRIES_MAX, INDEX_STRIDE_BYTES]).toEqual([
      4096, 20, 204, 8192,
    ]);
    expect([TAILER_COPIES, TAILER_COPY_BYTES, LOCK_SLOTS, LOCK_VERSION]).toEqual([4, 512, 512, 2]);
    expect([SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX]).toEqual([65_536, 2 ** 30]);
    expect([FRAME_BYTES_MIN, FRAME_BYTES_MAX, RECORD_BYTES_MIN]).toEqual([32, 8192, 8]);
    expect(FORMAT_VERSION).toBe(1);
  });

  test("a journal on disk is as the document says", () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("j");
    using journal = Journal.open(path, { schema: bytes, sync: "always", segmentBytes: 65_536 });
    journal.append(Uint8Array.of(1, 2, 3));
    journal.appendAll([Uint8Array.of(4), Uint8Array.of(5, 6)]);
    const meta = readFileSync(join(path, "meta"));
    const id = meta.subarray(16, 32);
    const segment = readFileSync(join(path, "00000000000000000001.seg"));
    expect(segment.length).toBe(65_536);
    expect(segment.readUInt32LE(60)).toBe(crc32(segment.subarray(0, 60)));
    expect(segment.readDoubleLE(64)).toBe(3);
    expect(segment.readUInt32LE(76)).toBe(crc32(segment.subarray(64, 72)));
    const frame = (start: number, size: number): Buffer => {
      const found = segment.subarray(start);
      expect(found.readUInt32LE(0)).toBe(size);
      expect(found.readUInt32LE(4)).toBe(crc32(found.subarray(8, size), (crc32(id) ^ size) >>> 0));
      return found;
    };
    const one = frame(4096, 35);
    expect([one.readDoubleLE(8), one.readUInt32LE(24)]).toEqual([1, 1]);
    expect([...one.subarray(28, 40)]).toEqual([3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0]);
    const two = frame(4136, 42);
    expect([two.readDoubleLE(8), two.readUInt32LE(24)]).toEqual([2, 2]);
    const records = [1, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 5, 6, 0, 0];
    expect([...two.subarray(28, 60)]).toEqual([...records, ...new Array(16).fill(0)]);
    const crc = meta.readUInt32LE(60);
    meta.writeUInt32LE(0, 60);
    expect(crc32(meta)).toBe(crc);
    const name = `journal-${id.toString("hex")}`;
    expect(home.names()).toEqual([name]);
    const head = home.bytes(name);
    const { kind, sections } = decodeSuperblock(head, head.length, name);
    expect(kind).toBe(SEGMENT_KINDS.journal);
    const row = rowsOf("Kinds").find((candidate) => candidate["kind"] === "journal");
    const ids = row?.["sections"]?.split(", ").map((section) => SECTION[section as "data"]);
    expect(sections.map((section) => section.id).sort()).toEqual(ids?.sort() as number[]);
  });
});

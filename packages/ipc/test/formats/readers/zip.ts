/**
 * ZIP archives: the directory stands at the end, and says where each file begins.
 *
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import type { MemoryMappedFile, ViewAccessor } from "@isthmus/core";
import { struct, u16, u32 } from "@isthmus/ipc";

const DirectoryEnd = struct({
  signature: u32,
  disk: u16,
  directoryDisk: u16,
  entriesOnDisk: u16,
  entries: u16,
  directoryBytes: u32,
  directoryOffset: u32,
});

/** As far as its fields are aligned as those of a struct are. */
const Entry = struct({
  signature: u32,
  madeBy: u16,
  needs: u16,
  flags: u16,
  method: u16,
  time: u16,
  date: u16,
  crc: u32,
  packedBytes: u32,
  bytes: u32,
  nameBytes: u16,
  extraBytes: u16,
  commentBytes: u16,
});

const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** The directory's end, and the longest comment behind it. */
const END_BYTES_MAX = 22 + 0xffff;

/** One file of an archive. */
export interface ZipFile {
  readonly name: string;
  readonly bytes: number;
  /** Its content: the archive's own bytes where it is stored, else a copy. */
  content(): Uint8Array;
}

/** Lists the files of an archive; the view must be one of all of it. */
export function* readZip(file: MemoryMappedFile, view: ViewAccessor): Generator<ZipFile, void> {
  const offset = Math.max(0, file.capacity - END_BYTES_MAX);
  const end = file.lastIndexOf("PK\x05\x06", { offset });
  if (end < 0) throw new TypeError("no ZIP archive");
  const { entries, directoryOffset } = view.read(DirectoryEnd, end);
  let at = directoryOffset;
  for (let left = entries; left > 0; left--) {
    const entry = view.read(Entry, at);
    const local = view.readUint32(at + 42);
    const name = view.readString(at + ENTRY_BYTES, entry.nameBytes);
    yield { name, bytes: entry.bytes, content: () => contentOf(view, entry, local) };
    at += ENTRY_BYTES + entry.nameBytes + entry.extraBytes + entry.commentBytes;
  }
}

function contentOf(
  view: ViewAccessor,
  { method, crc, packedBytes }: { method: number; crc: number; packedBytes: number },
  local: number,
): Uint8Array {
  const start = local + LOCAL_BYTES + view.readUint16(local + 26) + view.readUint16(local + 28);
  const packed = view.bytes(start, packedBytes);
  if (method !== 0 && method !== 8) throw new TypeError(`packed by method ${method}`);
  const content = method === 0 ? packed : inflateRawSync(packed);
  if (crc32(content) !== crc) throw new TypeError("the content is damaged");
  return content;
}

/**
 * Sparse indexes of segments: where every so many bytes a frame begins. They are hints. Whoever goes where one points looks whether
 * the frame is there that should be, so that no index, whatever is in it, makes a record up or hides one.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import {
  BLOCK,
  BLOCK_BYTES,
  ENTRIES_MAX,
  ENTRY,
  ENTRY_BYTES,
  FORMAT_VERSION,
  FRAME_BYTES_MIN,
  ID_BYTES,
  INDEX,
  INDEX_MAGIC,
  SEGMENT,
} from "./journal-layout.ts";

/** Where a frame begins, and with which record. */
export interface FramePlace {
  readonly sequence: number;
  /** In bytes from the start of the segment. */
  readonly offset: number;
}

/** What an index says of a frame. */
export interface IndexEntry extends FramePlace {
  /** In milliseconds since 1970. */
  readonly time: number;
}

/** Which segment an index is of. */
export interface SegmentIdentity {
  readonly id: Uint8Array;
  readonly first: number;
  readonly segmentBytes: number;
  /** Of its header. */
  readonly crc: number;
}

const COLUMNS = 3;
const FIRST_ENTRIES = 64;

/** The entries of an index, ascending. */
export class IndexEntries {
  #values = new Float64Array(COLUMNS * FIRST_ENTRIES);
  count = 0;

  /** Adds one behind the others. */
  add(sequence: number, time: number, offset: number): void {
    const at = COLUMNS * this.count;
    if (at === this.#values.length) {
      const values = new Float64Array(2 * at);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[at] = sequence;
    this.#values[at + 1] = time;
    this.#values[at + 2] = offset;
    this.count++;
  }

  at(index: number): IndexEntry {
    const [sequence = 0, time = 0, offset = 0] = this.#values.subarray(COLUMNS * index);
    return { sequence, time, offset };
  }

  /** The last one whose sequence is at most this. */
  upTo(sequence: number): IndexEntry | undefined {
    return this.#last(0, (found) => found <= sequence);
  }

  /** The last one whose time is before this. */
  before(time: number): IndexEntry | undefined {
    return this.#last(1, (found) => found < time);
  }

  #last(column: number, isBefore: (value: number) => boolean): IndexEntry | undefined {
    let low = 0;
    for (let high = this.count; low < high; ) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#values[COLUMNS * middle + column] as number)) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.at(low - 1);
  }
}

/** The bytes of an index. */
export function encodeIndex(identity: SegmentIdentity, entries: IndexEntries): Uint8Array {
  const blockCount = Math.ceil(entries.count / ENTRIES_MAX);
  const bytes = new Uint8Array(BLOCK_BYTES * (1 + blockCount));
  const view = new DataView(bytes.buffer);
  encodeHead(bytes, view, identity, blockCount);
  const crc = view.getUint32(INDEX.crc, true);
  for (let block = 0; block < blockCount; block++) {
    const start = INDEX.blocks + block * BLOCK_BYTES;
    const count = Math.min(ENTRIES_MAX, entries.count - block * ENTRIES_MAX);
    view.setUint32(start + BLOCK.number, block + 1, true);
    view.setUint32(start + BLOCK.entryCount, count, true);
    for (let index = 0; index < count; index++) {
      const { sequence, time, offset } = entries.at(block * ENTRIES_MAX + index);
      const at = start + BLOCK.entries + index * ENTRY_BYTES;
      view.setFloat64(at + ENTRY.sequence, sequence, true);
      view.setFloat64(at + ENTRY.time, time, true);
      view.setUint32(at + ENTRY.offset, offset, true);
    }
    view.setUint32(start + BLOCK.crc, blockCrc(bytes, start, crc), true);
  }
  return bytes;
}

/** Reads an index; undefined when anything about it is doubtful. */
export function decodeIndex(
  identity: SegmentIdentity,
  bytes: Uint8Array,
): IndexEntries | undefined {
  if (bytes.length < INDEX.blocks || bytes.length % BLOCK_BYTES !== 0) return undefined;
  const blockCount = bytes.length / BLOCK_BYTES - 1;
  const head = new Uint8Array(INDEX.blocks);
  encodeHead(head, new DataView(head.buffer), identity, blockCount);
  if (Buffer.compare(head, bytes.subarray(0, INDEX.blocks)) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const crc = view.getUint32(INDEX.crc, true);
  const entries = new IndexEntries();
  let last: IndexEntry = { sequence: identity.first - 1, time: 0, offset: 0 };
  for (let block = 0; block < blockCount; block++) {
    const start = INDEX.blocks + block * BLOCK_BYTES;
    const count = view.getUint32(start + BLOCK.entryCount, true);
    const isLast = block === blockCount - 1;
    const isWhole =
      view.getUint32(start + BLOCK.number, true) === block + 1 &&
      (isLast ? count > 0 && count <= ENTRIES_MAX : count === ENTRIES_MAX) &&
      view.getUint32(start + BLOCK.crc, true) === blockCrc(bytes, start, crc);
    if (!isWhole) return undefined;
    for (let index = 0; index < count; index++) {
      const at = start + BLOCK.entries + index * ENTRY_BYTES;
      const entry = {
        sequence: view.getFloat64(at + ENTRY.sequence, true),
        time: view.getFloat64(at + ENTRY.time, true),
        offset: view.getUint32(at + ENTRY.offset, true),
      };
      if (!isBehind(entry, last, identity.segmentBytes)) return undefined;
      entries.add(entry.sequence, entry.time, entry.offset);
      last = entry;
    }
  }
  return entries;
}

function isBehind(entry: IndexEntry, last: IndexEntry, segmentBytes: number): boolean {
  return (
    Number.isSafeInteger(entry.sequence) &&
    entry.sequence > last.sequence &&
    entry.time >= last.time &&
    entry.offset >= Math.max(SEGMENT.frames, last.offset + FRAME_BYTES_MIN) &&
    entry.offset % 8 === 0 &&
    entry.offset <= segmentBytes - FRAME_BYTES_MIN
  );
}

function encodeHead(
  bytes: Uint8Array,
  view: DataView,
  identity: SegmentIdentity,
  blockCount: number,
): void {
  bytes.set(new TextEncoder().encode(INDEX_MAGIC), INDEX.magic);
  view.setUint32(INDEX.version, FORMAT_VERSION, true);
  view.setUint32(INDEX.blockCount, blockCount, true);
  bytes.set(identity.id.subarray(0, ID_BYTES), INDEX.id);
  view.setFloat64(INDEX.first, identity.first, true);
  view.setFloat64(INDEX.segmentBytes, identity.segmentBytes, true);
  view.setUint32(INDEX.segmentCrc, identity.crc, true);
  view.setUint32(INDEX.crc, crc32(bytes.subarray(0, INDEX.crc)), true);
}

function blockCrc(bytes: Uint8Array, start: number, seed: number): number {
  return crc32(bytes.subarray(start + BLOCK.number, start + BLOCK_BYTES), seed);
}

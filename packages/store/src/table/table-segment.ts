/**
 * The segment of a shared table: how it is opened, and what must be right in it.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  type OptionNames,
  SECTION,
} from "@isthmus/core/internal";
import type { Fields, ParticipantsOptions, StructSchema } from "@isthmus/ipc";
import {
  MUTEX,
  MUTEX_BYTES,
  type OpenVerb,
  Segment,
  type SegmentMemory,
  STRATEGY,
  schemaSections,
  shapeOf,
  sharedPlaces,
} from "@isthmus/ipc/internal";
import {
  LOCK_COUNT,
  ROWS_BYTES_MAX,
  rowWords,
  TABLE,
  TABLE_HEADER_BYTES,
  TABLE_STATE_BYTES,
} from "./table-layout.ts";

/** Cells for locks: a lock has the one of its number modulo so many. */
export const LOCK_CELLS = 8;
const LIFETIMES = ["held", "persistent"] as const;

/** How a shared table is made. */
export interface SharedTableOptions extends ParticipantsOptions {
  /** How many rows there are, at least 1. Needed where the table is created; ignored when it exists. */
  readonly length?: number | undefined;
  /** `"persistent"` keeps it when nobody holds it. Default `"held"`. Ignored when the table exists. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

const OPTIONS: OptionNames<SharedTableOptions> = {
  length: true,
  lifetime: true,
  maxParticipants: true,
};

/** Creates or opens the segment of a table. */
export function openTable<F extends Fields>(
  verb: OpenVerb,
  name: string,
  schema: StructSchema<F>,
  options: SharedTableOptions,
): Segment {
  const checked = checkOptions("options", options, OPTIONS);
  const { length = 1, lifetime = "held" } = checked;
  const bytesPerRow = rowWords(schema.size) * 4;
  if (verb !== "openExisting") {
    const most = Math.floor(ROWS_BYTES_MAX / bytesPerRow);
    checkInteger("options.length", checked.length, 1, most);
  }
  checkOneOf("options.lifetime", lifetime, LIFETIMES);
  const shape = shapeOf(schema);
  return new Segment(verb, {
    name,
    kind: "table",
    cellCount: LOCK_CELLS,
    sections: [
      { id: SECTION.state, length: TABLE_STATE_BYTES },
      {
        id: SECTION.data,
        length: length * bytesPerRow,
        isSizedByCreator: true,
        check: (memory) => void readLength(memory, name, schema.size),
      },
      ...schemaSections(shape.text),
    ],
    fingerprint: shape.fingerprint,
    schemaTexts: [shape.text],
    isPersistent: lifetime === "persistent",
    init: (memory) => initialise(memory, length, schema.size),
    role: "user",
    places: sharedPlaces(checked),
  });
}

function initialise(memory: SegmentMemory, length: number, recordBytes: number): void {
  const { words } = memory;
  const state = memory.wordOf(SECTION.state);
  words.set(state + TABLE.rowCount, length);
  words.set(state + TABLE.rowBytes, recordBytes);
  for (let lock = 0; lock < LOCK_COUNT; lock++) {
    const base = state + (TABLE_HEADER_BYTES + lock * MUTEX_BYTES) / 4;
    words.set(base + MUTEX.strategy, STRATEGY.ownerWord);
  }
}

/**
 * How many rows a table has, as its creator wrote it.
 *
 * @throws {CorruptSegmentError} When its sections are not as long as that takes.
 */
export function readLength(memory: SegmentMemory, name: string, recordBytes: number): number {
  const state = memory.wordOf(SECTION.state);
  const [rowCount, rowBytes] = [TABLE.rowCount, TABLE.rowBytes].map(
    (field) => memory.words.get(state + field) >>> 0,
  ) as [number, number];
  const { length } = memory.section(SECTION.data);
  const isSound = rowBytes === recordBytes && rowCount * rowWords(recordBytes) * 4 === length;
  if (isSound && rowCount > 0) return rowCount;
  throw new CorruptSegmentError(
    `Cannot open "${name}": its data must be ${rowCount} rows of ${recordBytes} bytes: found ${length} bytes, for records of ${rowBytes}`,
  );
}

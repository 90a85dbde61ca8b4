/**
 * The segment of a shared struct: how it is opened, how it begins, and the copies of the record in it.
 *
 * @module
 */
import {
  checkOneOf,
  checkOptions,
  invalidType,
  type OptionNames,
  SECTION,
} from "@isthmus/core/internal";
import { type ParticipantsOptions, sharedPlaces } from "../segment/participants-option.ts";
import { schemaSections } from "../segment/schema-section.ts";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import { type Fields, type StructInput, StructSchema } from "../struct/struct-schema.ts";
import { initMutex, MUTEX_SECTION } from "../sync/segment-mutex.ts";
import {
  COPIES_OFFSET,
  COPY_COUNT,
  COPY_HEADER_BYTES,
  cellsBytes,
  copyBytes,
} from "./cells-layout.ts";
import { VersionedCells } from "./versioned-cells.ts";

/** The cell of the mutex. */
export const MUTEX_CELL = 0;

/** The cell that is woken by every change. */
export const CHANGE_CELL = 1;

const CELL_COUNT = 2;

const LIFETIMES = ["held", "persistent"] as const;

/** How a shared struct is made. */
export interface SharedStructOptions<F extends Fields> extends ParticipantsOptions {
  /** The first value, version 0. By default everything is zero. Ignored when the struct exists. */
  readonly initial?: StructInput<F> | undefined;
  /** `"persistent"` keeps it when nobody holds it. Default `"held"`. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

const STRUCT_OPTIONS: OptionNames<SharedStructOptions<Fields>> = {
  initial: true,
  lifetime: true,
  maxParticipants: true,
};

/** Creates or opens the segment of a shared struct; see `SharedStruct`. */
export function openStruct<F extends Fields>(
  verb: OpenVerb,
  name: string,
  schema: StructSchema<F>,
  options: SharedStructOptions<F>,
): Segment {
  if (!(schema instanceof StructSchema)) throw invalidType("schema", "a struct(…)", schema);
  const checked = checkOptions("options", options, STRUCT_OPTIONS);
  const { initial, lifetime = "held" } = checked;
  checkOneOf("lifetime", lifetime, LIFETIMES);
  const { high, low } = schema.fingerprint;
  return new Segment(verb, {
    name,
    kind: "struct",
    cellCount: CELL_COUNT,
    sections: [
      MUTEX_SECTION,
      { id: SECTION.state, length: cellsBytes(schema.size) },
      ...schemaSections(schema.canonical),
    ],
    fingerprint: (BigInt(high) << 32n) | BigInt(low),
    schemaTexts: [schema.canonical],
    isPersistent: lifetime === "persistent",
    init: (memory) => initialise(memory, schema, initial),
    role: "user",
    places: sharedPlaces(checked),
  });
}

/** The copies of a record in a segment, moved in and out of a handle's own. */
export function cellsOf(memory: SegmentMemory, own: DataView<ArrayBuffer>): VersionedCells {
  const { offset } = memory.section(SECTION.state);
  const bytes = new Uint8Array(own.buffer);
  const shared = Array.from({ length: COPY_COUNT }, (_, cell) =>
    memory.mapping.bytes(offset + COPIES_OFFSET + cell * bytes.length, bytes.length),
  );
  return new VersionedCells(memory.words, offset / 4, {
    copyOut: (cell) => bytes.set(shared[cell] as Uint8Array),
    copyIn: (cell) => (shared[cell] as Uint8Array).set(bytes),
  });
}

/** Prepares the mutex of a new struct and writes its first value, version 0. */
function initialise<F extends Fields>(
  memory: SegmentMemory,
  schema: StructSchema<F>,
  initial: StructInput<F> | undefined,
): void {
  initMutex(memory);
  if (initial === undefined) return;
  const { offset } = memory.section(SECTION.state);
  const copy = memory.mapping.bytes(offset + COPIES_OFFSET, copyBytes(schema.size));
  schema.encode(new DataView(copy.buffer, copy.byteOffset), COPY_HEADER_BYTES, initial);
}

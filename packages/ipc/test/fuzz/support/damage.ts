/**
 * What somebody may do to the file of a segment, as data: fast-check makes it, shrinks it and prints it.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import fc from "fast-check";

/** Where a change is: in the superblock, or in the section with this number. */
export type Place = "head" | (typeof SECTION)[keyof typeof SECTION];

/** One change. Positions are taken modulo what is there. */
export type Change =
  | { readonly what: "word"; readonly place: Place; readonly at: number; readonly value: number }
  | { readonly what: "bit"; readonly place: Place; readonly at: number; readonly bit: number }
  | { readonly what: "fill"; readonly place: Place; readonly byte: number }
  | { readonly what: "swap"; readonly one: number; readonly two: number }
  | { readonly what: "length"; readonly eighths: number; readonly extra: number };

/** A section, as the superblock said before anything was changed. */
export interface Span {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
}

/** Fields of the superblock, in bytes: most random places there are reserved. */
const HEAD_FIELDS = [0, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 64, 68, 72, 128, 132] as const;
const SECTION_TABLE = 512;
const SECTION_ENTRY_BYTES = 24;
/** Half of a section's words are looked for where its counters and sizes are. */
const FIRST_WORDS = 128;

const value: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.nat(300),
  fc.constantFrom(0, 1, -1, 2, 8, 63, 64, 4096, 65_536, 0x7fff_ffff, -0x8000_0000, 1 << 30),
);

const section: fc.Arbitrary<Place> = fc.constantFrom(...Object.values(SECTION));
const place: fc.Arbitrary<Place> = fc.oneof(
  { arbitrary: fc.constant("head" as const), weight: 1 },
  { arbitrary: section, weight: 2 },
);

const at: fc.Arbitrary<number> = fc.oneof(fc.nat(FIRST_WORDS), fc.nat(1 << 20));

/** A change of bytes where they are: what a process can do that has the segment mapped. */
const inPlace: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: fc.record({ what: fc.constant("word" as const), place, at, value }), weight: 6 },
  {
    arbitrary: fc.record({ what: fc.constant("bit" as const), place, at, bit: fc.nat(31) }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ what: fc.constant("fill" as const), place, byte: fc.nat(255) }),
    weight: 1,
  },
);

/** Changes of what is in sections; the superblock and the file's length stay. */
export const lies: fc.Arbitrary<Change[]> = fc.array(
  inPlace.map((change) =>
    "place" in change && change.place === "head" ? { ...change, place: SECTION.state } : change,
  ),
  { minLength: 1, maxLength: 12 },
);

/** Changes of any kind. None at all is one of them: then everything must go well. */
export const damages: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    { arbitrary: inPlace, weight: 8 },
    {
      arbitrary: fc.record({ what: fc.constant("swap" as const), one: fc.nat(6), two: fc.nat(6) }),
      weight: 1,
    },
    {
      arbitrary: fc.record({
        what: fc.constant("length" as const),
        eighths: fc.integer({ min: 0, max: 8 }),
        extra: fc.integer({ min: -5000, max: 9000 }),
      }),
      weight: 1,
    },
  ),
  { maxLength: 6 },
);

/** Applies changes to a copy of a file's bytes. */
export function damaged(
  original: Uint8Array,
  sections: readonly Span[],
  changes: readonly Change[],
): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (const change of changes) {
    if (change.what === "length") bytes = resized(bytes, change.eighths, change.extra);
    else if (change.what === "swap") swap(bytes, sections, change.one, change.two);
    else changeInPlace(bytes, sections, change);
  }
  return bytes;
}

/** Bytes of a place, as far as the file still has them. */
function spanOf(bytes: Uint8Array, sections: readonly Span[], where: Place): Uint8Array {
  if (where === "head") return bytes.subarray(0, 4096);
  // Nobody has all kinds of sections: what is not there is the last one, and the rest of the file.
  const span = sections.find(({ id }) => id === where) ?? sections.at(-1);
  return span === undefined ? bytes : bytes.subarray(span.offset, span.offset + span.length);
}

function changeInPlace(
  bytes: Uint8Array,
  sections: readonly Span[],
  change: Exclude<Change, { what: "swap" | "length" }>,
): void {
  const span = spanOf(bytes, sections, change.place);
  if (span.length < 4) return;
  if (change.what === "fill") {
    span.fill(change.byte);
    return;
  }
  const view = new DataView(span.buffer, span.byteOffset, span.byteLength);
  const offset =
    change.place === "head" ? headOffset(change.at) : (change.at % Math.floor(span.length / 4)) * 4;
  if (offset + 4 > span.length) return;
  if (change.what === "word") view.setInt32(offset, change.value, true);
  else view.setUint32(offset, view.getUint32(offset, true) ^ (1 << change.bit), true);
}

/** Half of the places are fields, half are words of the section table. */
function headOffset(at: number): number {
  const half = at >> 1;
  if (at % 2 === 0) return HEAD_FIELDS[half % HEAD_FIELDS.length] as number;
  return SECTION_TABLE + (half % ((6 * SECTION_ENTRY_BYTES) / 4)) * 4;
}

/** Exchanges what two sections hold, as far as both go. */
function swap(bytes: Uint8Array, sections: readonly Span[], one: number, two: number): void {
  const [first, second] = [one, two].map((index) => sections[index % sections.length]);
  if (first === undefined || second === undefined) return;
  const length = Math.min(
    first.length,
    second.length,
    bytes.length - Math.max(first.offset, second.offset),
  );
  if (length <= 0) return;
  const kept = bytes.slice(first.offset, first.offset + length);
  bytes.copyWithin(first.offset, second.offset, second.offset + length);
  bytes.set(kept, second.offset);
}

function resized(bytes: Uint8Array, eighths: number, extra: number): Uint8Array<ArrayBuffer> {
  const length = Math.max(0, Math.floor((bytes.length * eighths) / 8) + extra);
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

/**
 * What a kind of segment looks like, and whether a file looks so.
 *
 * @module
 */
import { readSync } from "node:fs";
import { CorruptSegmentError } from "@isthmus/core";
import {
  type NamedFile,
  SECTION,
  type Section,
  type SectionRequest,
  type SegmentKind,
} from "@isthmus/core/internal";
import { fingerprintText } from "../struct/fingerprint.ts";
import { schemaDifference } from "../struct/schema-difference.ts";
import type { SectionBytes } from "../struct/schema-reading.ts";
import { CELL_BYTES } from "../wait/wait-cell.ts";
import { type Role, SLOT_BYTES, SLOT_COUNT } from "./participant-layout.ts";
import type { Participants, SlotRange } from "./participants.ts";
import type { SegmentMemory } from "./segment-memory.ts";

/** A section of a kind of segment. */
export interface SectionSpec extends SectionRequest {
  /** Whether it is as long as its creator chose: who opens it takes the length from the file. */
  readonly isSizedByCreator?: boolean | undefined;
  /** Whether its creator decides if there is one: who opens it finds out. */
  readonly isOptional?: boolean | undefined;
  /** What is in a new one from the beginning; zeros where it says nothing. */
  readonly content?: Uint8Array | undefined;
  /** Refuses a section that this process cannot use, by throwing. Called before anything is done in the segment. */
  readonly check?: (memory: SegmentMemory, file: NamedFile) => void;
}

/** The places for participants. */
export interface PlacesSpec {
  /** How many there are in a new segment. */
  readonly count: number;
  /** The option by which a creator says how many, for messages: "maxParticipants". */
  readonly limitName: string;
  /**
   * Whether this handle shares one place with all others of this thread that do, and can do without one. Whoever owns
   * something by the number of its place must not.
   */
  readonly isShared: boolean;
  /** Which of the places are for this role; all unless given. */
  readonly range?: ((memory: SegmentMemory) => SlotRange) | undefined;
}

/** What a kind of segment looks like, and who opens it. */
export interface SegmentSpec {
  readonly name: string;
  readonly kind: SegmentKind;
  /** How many wait cells it has. */
  readonly cellCount: number;
  /** How many it had in an older version of the layout; the same unless given. */
  readonly olderCellCount?: number | undefined;
  /** Its further sections, in order, with their lengths in bytes. */
  readonly sections: readonly SectionSpec[];
  /** Fingerprint of the schema; 0 where there is none. */
  readonly fingerprint?: bigint | undefined;
  /** The texts of which it is the fingerprint, for the message when another one is found. */
  readonly schemaTexts?: readonly string[] | undefined;
  readonly isPersistent?: boolean | undefined;
  /** Whether its handles gather its pages into huge ones: then it is mapped where that is possible, which takes more calls. */
  readonly isGatherable?: boolean | undefined;
  /** Its places; one of its own among 1024 unless given. */
  readonly places?: PlacesSpec | undefined;
  /** Fills the sections of a new segment before anybody can see them. */
  readonly init?: (memory: SegmentMemory) => void;
  /** What this handle does in it. */
  readonly role: Role;
  /** What it calls itself; by default the program's file name. */
  readonly participantName?: string | undefined;
  /**
   * Clears up what a dead participant left in the further sections, before this handle takes its slot: the slot
   * is this handle's own by then, in a new generation.
   */
  readonly reap?: (memory: SegmentMemory, slot: number, participants: Participants) => void;
}

/** What is so unless a kind says something else. */
export const DEFAULT_PLACES: PlacesSpec = {
  count: SLOT_COUNT,
  limitName: "maxParticipants",
  isShared: false,
};

/** All sections of a kind, in order. */
export function allSections({ cellCount, sections, places }: SegmentSpec): readonly SectionSpec[] {
  const { count, isShared } = places ?? DEFAULT_PLACES;
  const participants = {
    id: SECTION.participants,
    length: count * SLOT_BYTES,
    isSizedByCreator: true,
    // Locks are many and have few users; who has lanes is to be told at creation what room they need.
    isReserved: isShared,
  };
  const cells = { id: SECTION.cells, length: cellCount * CELL_BYTES };
  return [participants, cells, ...sections];
}

/**
 * Checks that a segment made by others is what this program would have made.
 *
 * @throws {CorruptSegmentError} Naming what differs.
 */
export function checkShape(file: NamedFile, spec: SegmentSpec): void {
  const { superblock, name } = file;
  const expected = spec.fingerprint ?? 0n;
  if (superblock.fingerprint !== expected) {
    const difference = differenceFrom(file, spec);
    throw new CorruptSegmentError(
      `Cannot open "${name}": its schema's fingerprint is ${fingerprintText(superblock.fingerprint)}, this program's is ${fingerprintText(expected)}${difference === undefined ? "" : ` (${difference})`}`,
    );
  }
  const olderCells = (spec.olderCellCount ?? spec.cellCount) * CELL_BYTES;
  for (const { id, length, isSizedByCreator, isOptional } of allSections(spec)) {
    const found = superblock.sections.find((section) => section.id === id);
    if (found === undefined && isOptional === true) continue;
    const isAsLong =
      found?.length === length ||
      (found !== undefined && isSizedByCreator === true) ||
      (id === SECTION.cells && found?.length === olderCells);
    if (isAsLong && found.offset % CELL_BYTES === 0) continue;
    throw new CorruptSegmentError(
      `Cannot open "${name}": its section ${id} must have ${length} bytes: found ${found?.length ?? "none"}`,
    );
  }
}

/** Where the schema differs from the program's, in words; undefined when the segment does not say. */
function differenceFrom({ fd, superblock }: NamedFile, spec: SegmentSpec): string | undefined {
  const find = (id: number): Section | undefined =>
    superblock.sections.find((section) => section.id === id);
  const reader: SectionBytes = {
    lengthOf: (id) => find(id)?.length ?? 0,
    peek: (id, offset, lengthBytes) => {
      const bytes = new Uint8Array(new ArrayBuffer(lengthBytes));
      readSync(fd, bytes, 0, lengthBytes, (find(id)?.offset ?? 0) + offset);
      return bytes;
    },
  };
  const fingerprint = fingerprintText(superblock.fingerprint);
  return schemaDifference({ kind: spec.kind, fingerprint, reader }, spec.schemaTexts ?? []);
}

/**
 * From the bytes of an open segment to what an observer is told.
 *
 * @module
 */
import {
  isSeenHeld,
  SECTION,
  SEGMENT_KINDS,
  type SegmentKind,
  type Superblock,
} from "@isthmus/core/internal";
import { fingerprintText } from "../struct/fingerprint.ts";
import { type KindDetails, readKind } from "./kind-readers.ts";
import type { SectionReader } from "./section-reader.ts";
import type { ParticipantInfo, SectionInfo, SegmentInfo } from "./segment-info.ts";

/** A segment's file that is open for reading. */
export interface OpenedSegment {
  readonly fd: number;
  readonly reader: SectionReader;
  readonly identity: SegmentIdentity;
}

/** What a segment is from its creation to its end. */
export type SegmentIdentity = Omit<
  SegmentInfo,
  "isHeld" | "participants" | "mutex" | "cells" | "error" | keyof KindDetails
>;

/** Says what a segment is: once, because all of it comes from the superblock. */
export function identify(name: string, path: string, superblock: Superblock): SegmentIdentity {
  return {
    name,
    path,
    kind: kindOf(superblock),
    totalBytes: superblock.totalBytes,
    isPersistent: superblock.isPersistent,
    fingerprint: fingerprintText(superblock.fingerprint),
    epoch: fingerprintText(superblock.epoch),
    creatorPid: superblock.creatorPid,
    createdAtMs: superblock.createdAtMs,
    sections: superblock.sections.map(describeSection),
  };
}

/**
 * Describes a segment at this moment.
 *
 * @throws {CorruptSegmentError} When it cannot be what it says it is.
 */
export function describeSegment({ fd, reader, identity }: OpenedSegment): SegmentInfo {
  const { participants, isHeld } = describeHolders(fd, reader);
  const cells = reader.cells(participants);
  const { name, kind, fingerprint } = identity;
  return {
    ...identity,
    isHeld,
    participants,
    mutex: reader.mutex(participants),
    cells,
    ...readKind(kind, { name, fingerprint, reader, participants, cells }),
    error: undefined,
  };
}

/** Who takes part, and whether anybody holds the name: whoever takes part and is alive does. */
function describeHolders(
  fd: number,
  reader: SectionReader,
): Pick<SegmentInfo, "participants" | "isHeld"> {
  const participants = reader.participants();
  if (hasLife(participants)) return { participants, isHeld: true };
  // A holder is seen as one before it joins and until after it has left: so that is asked first, and they once more.
  const isSeen = isSeenHeld(fd);
  const again = reader.participants();
  return { participants: again, isHeld: hasLife(again) || isSeen };
}

function hasLife(participants: readonly ParticipantInfo[]): boolean {
  return participants.some(({ isAlive }) => isAlive);
}

function kindOf({ kind }: Superblock): SegmentKind | "unknown" {
  const found = Object.entries(SEGMENT_KINDS).find(([, code]) => code === kind);
  return (found?.[0] as SegmentKind | undefined) ?? "unknown";
}

function describeSection({ id, offset, length }: Superblock["sections"][number]): SectionInfo {
  const found = Object.entries(SECTION).find(([, number]) => number === id);
  const name = (found?.[0] as SectionInfo["name"] | undefined) ?? "unknown";
  return { id, name, offset, lengthBytes: length };
}

/**
 * What an observer sees of a segment.
 *
 * @module
 */
import type { SECTION, SegmentKind } from "@isthmus/core/internal";
import type { Figures } from "../figures/figure.ts";
import type { Role } from "../segment/participant-layout.ts";
import type { MutexOwner } from "../sync/segment-mutex.ts";
import type { CELL_FIGURES, MUTEX_FIGURES } from "../sync/sync-figures.ts";
import type { KindDetails } from "./kind-readers.ts";

/** Part of a segment's file. */
export interface SectionInfo {
  readonly id: number;
  /** What it holds; `"unknown"` for a section that this version does not know. */
  readonly name: keyof typeof SECTION | "unknown";
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  readonly lengthBytes: number;
}

/** Somebody who has joined a segment and not left it. */
export interface ParticipantInfo {
  /** The participant's place in the segment. */
  readonly slot: number;
  readonly role: Role | "unknown";
  /** The process, as the participant's own system numbers it. */
  readonly pid: number;
  /** When the process started, in clock ticks since boot; 0 where its system does not tell. */
  readonly startTicks: number;
  /** How often the slot has been taken. */
  readonly generation: number;
  /** What it calls itself. */
  readonly name: string;
  /** When it joined, in milliseconds since 1970. */
  readonly joinedAtMs: number;
  /** Whether the kernel still has its lock: false when it died without leaving. */
  readonly isAlive: boolean;
}

/** The mutex of a segment. */
export interface MutexInfo extends Figures<typeof MUTEX_FIGURES.mutex> {
  /** Who holds it; undefined when nobody does. An owner that is not alive died holding it. */
  readonly owner: MutexOwner | undefined;
}

/** A place in a segment where participants wait. */
export interface CellInfo extends Figures<typeof CELL_FIGURES.cell> {
  readonly index: number;
  /** Whether somebody has announced to wait there. */
  readonly isAwaited: boolean;
  /** Whether a thread sleeps there. It may have died asleep: announcements are taken back by whoever wakes. */
  readonly hasSleepers?: boolean | undefined;
  /** Slots of the participants that wait there in their event loops. */
  readonly waitingSlots?: readonly number[] | undefined;
}

/** Why a file cannot be understood. */
export interface SegmentProblem {
  /** `"ERR_CORRUPT_SEGMENT"`, or the operating system's, for example `"EACCES"`. */
  readonly code: string;
  readonly message: string;
}

/**
 * A segment at one moment. Where `error` is set, the file could not be understood: only `name`, `path`,
 * `totalBytes`, `isPersistent` and `isHeld` mean something, all else is empty or 0.
 */
export interface SegmentInfo extends KindDetails {
  readonly name: string;
  readonly path: string;
  readonly kind: SegmentKind | "unknown";
  /** Length of the file in bytes. */
  readonly totalBytes: number;
  /** Whether it stays when nobody holds it. */
  readonly isPersistent: boolean;
  /**
   * Whether anybody holds the name. False: what is there is left over from a crash, or persistent.
   * Undefined where the system cannot tell.
   */
  readonly isHeld: boolean | undefined;
  /** Fingerprint of the schema as 16 hexadecimal digits; zeros where there is none. */
  readonly fingerprint: string;
  /** Random number of this creation as 16 hexadecimal digits. */
  readonly epoch: string;
  readonly creatorPid: number;
  /** When it was created, in milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly sections: readonly SectionInfo[];
  /** Everybody who has joined and not left, the dead included. Empty for a kind without participants. */
  readonly participants: readonly ParticipantInfo[];
  /** The mutex, for kinds that have one. */
  readonly mutex: MutexInfo | undefined;
  readonly cells: readonly CellInfo[];
  /** Why the file could not be understood; undefined when it could. */
  readonly error: SegmentProblem | undefined;
}

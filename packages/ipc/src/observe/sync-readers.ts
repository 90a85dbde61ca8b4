/**
 * Reading semaphores, events and structs from outside.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { SLOT_COUNT_MAX } from "../segment/participant-layout.ts";
import { COPIES_OFFSET, COPY_COUNT, COPY_HEADER_BYTES } from "../shared-struct/cells-layout.ts";
import { EVENT, EVENT_BYTES, MODES as EVENT_MODES, IS_SET } from "../sync/event-layout.ts";
import {
  PERMITS_MAX,
  RETURN_ON_DEATH,
  SEMAPHORE,
  semaphoreBytes,
} from "../sync/semaphore-layout.ts";
import type { KindSource } from "./kind-readers.ts";
import type { SectionReader } from "./section-reader.ts";
import { readState } from "./state-bytes.ts";
import type { EventInfo, SemaphoreInfo, StructInfo } from "./sync-info.ts";

/** How often to look for a copy that does not change meanwhile. */
const TRIES_MAX = 64;

const TWO_POW_32 = 2 ** 32;

/** Versions are below 2^53: their upper words have 21 bits. */
const VERSION_HIGH_MASK = 0x1f_ffff;

/**
 * Describes a semaphore.
 *
 * @throws {CorruptSegmentError} When its limit cannot be.
 */
export function readSemaphore(source: KindSource): SemaphoreInfo {
  const { participants } = source;
  const state = readState(source, semaphoreBytes(SLOT_COUNT_MAX));
  const isLimit = (value: number): boolean => value >= 1 && value <= PERMITS_MAX;
  const max = state.chosen(SEMAPHORE.max, "limit", isLimit);
  const returnsOnDeath = (state.word(SEMAPHORE.flags) & RETURN_ON_DEATH) !== 0;
  const permitsOf = (slot: number): number =>
    returnsOnDeath ? Math.min(max, state.word(SEMAPHORE.held + slot)) : 0;
  return {
    max,
    available: Math.min(max, state.word(SEMAPHORE.count)),
    returnsOnDeath,
    held: participants
      .map((participant) => ({ participant, permits: permitsOf(participant.slot) }))
      .filter(({ permits }) => permits > 0),
  };
}

/**
 * Describes an event.
 *
 * @throws {CorruptSegmentError} When its mode cannot be.
 */
export function readEvent(source: KindSource): EventInfo {
  const state = readState(source, EVENT_BYTES);
  const modes = Object.values<number>(EVENT_MODES);
  const mode = state.chosen(EVENT.mode, "mode", (value) => modes.includes(value));
  const word = state.word(EVENT.state);
  return {
    reset: mode === EVENT_MODES.auto ? "auto" : "manual",
    isSet: (word & IS_SET) !== 0,
    setCount: word >>> 1,
  };
}

/** Describes a struct. What its version is may be anybody's lie. */
export function readStruct({ reader }: Pick<KindSource, "reader">): StructInfo {
  const bytes = readCopy(reader, COPY_HEADER_BYTES);
  return {
    version: bytes === undefined ? 0 : versionOf(bytes),
    recordBytesMax: Math.max(0, copyBytesOf(reader) - COPY_HEADER_BYTES),
  };
}

/**
 * Copies the beginning of the current copy of a struct, whole.
 *
 * @param lengthBytes How much, its header included.
 * @returns Undefined when there is none, or the counter never stands still for as long as a copy takes.
 */
export function readCopy(
  reader: SectionReader,
  lengthBytes: number,
): Uint8Array<ArrayBuffer> | undefined {
  const copyBytes = copyBytesOf(reader);
  if (copyBytes < lengthBytes) return undefined;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const sequence = sequenceOf(reader);
    const start = COPIES_OFFSET + (sequence % COPY_COUNT) * copyBytes;
    const bytes = reader.peek(SECTION.state, start, lengthBytes);
    // The writer fills the copy behind the current one: it has come round when the counter has moved by one less
    // than there are copies.
    const moves = (sequenceOf(reader) - sequence) >>> 0;
    if (moves <= COPY_COUNT - 2) return bytes;
  }
  return undefined;
}

/** The version at the beginning of a copy. */
export function versionOf(copy: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(copy.buffer, copy.byteOffset, COPY_HEADER_BYTES);
  return view.getUint32(0, true) + (view.getUint32(4, true) & VERSION_HIGH_MASK) * TWO_POW_32;
}

function copyBytesOf(reader: SectionReader): number {
  return Math.floor((reader.lengthOf(SECTION.state) - COPIES_OFFSET) / COPY_COUNT);
}

function sequenceOf(reader: SectionReader): number {
  return new DataView(reader.peek(SECTION.state, 0, 4).buffer).getUint32(0, true);
}

/**
 * The segment of shared counters: how it is opened, and what must be right in it.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  type NamedFile,
  type OptionNames,
  outOfRange,
  SECTION,
} from "@isthmus/core/internal";
import type { ParticipantsOptions } from "@isthmus/ipc";
import {
  MUTEX,
  type OpenVerb,
  Segment,
  type SegmentMemory,
  SLOT_BYTES,
  STRATEGY,
  sharedPlaces,
} from "@isthmus/ipc/internal";
import {
  CAPACITY_BYTES_MAX,
  CAPACITY_BYTES_MIN,
  COLUMNS_BYTES_MAX,
  COUNTERS,
  DIRECTORY_RATIO,
  directoryOffset,
  FIRST_NUMBER,
  LIVES_OFFSET,
  LOCK_OFFSET,
} from "./counters-layout.ts";

/** How shared counters are made. */
export interface SharedCountersOptions extends ParticipantsOptions {
  /**
   * Memory for the numbers of one process in bytes, 4 KiB to 64 MiB: 8 for a counter, 16 for a gauge, 8 for each bucket of a
   * histogram and 16 more, for each combination of labels. Default 64 KiB. What they are called takes as much as eight such
   * processes. Ignored when the counters exist.
   */
  readonly capacityBytes?: number | undefined;
  /** `"persistent"` keeps them when nobody holds them. Default `"held"`. Ignored when they exist. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

const OPTIONS: OptionNames<SharedCountersOptions> = {
  capacityBytes: true,
  lifetime: true,
  maxParticipants: true,
};

const LIFETIMES = ["held", "persistent"] as const;
const DEFAULT_CAPACITY_BYTES = 65_536;

/** The sizes of shared counters. */
export interface CountersShape {
  readonly placeCount: number;
  readonly columnBytes: number;
  readonly directoryBytes: number;
}

/** Creates or opens the segment of shared counters. */
export function openCounters(
  verb: OpenVerb,
  name: string,
  options: SharedCountersOptions | undefined,
): Segment {
  const checked = checkOptions("options", options, OPTIONS);
  const { capacityBytes = DEFAULT_CAPACITY_BYTES, lifetime = "held" } = checked;
  checkInteger("options.capacityBytes", capacityBytes, CAPACITY_BYTES_MIN, CAPACITY_BYTES_MAX);
  checkOneOf("options.lifetime", lifetime, LIFETIMES);
  const places = sharedPlaces(checked);
  const columnBytes = Math.ceil(capacityBytes / 64) * 64;
  const columnsBytes = (places.count + 1) * columnBytes;
  if (columnsBytes > COLUMNS_BYTES_MAX) {
    const most = Math.floor(COLUMNS_BYTES_MAX / (places.count + 1));
    const expected = `<= ${most} for ${places.count} participants (lower maxParticipants)`;
    throw outOfRange("options.capacityBytes", expected, capacityBytes);
  }
  const directoryBytes = columnBytes * DIRECTORY_RATIO;
  return new Segment(verb, {
    name,
    kind: "counters",
    cellCount: 1,
    sections: [
      {
        id: SECTION.state,
        length: directoryOffset(places.count) + directoryBytes,
        isSizedByCreator: true,
      },
      {
        id: SECTION.data,
        length: columnsBytes,
        isSizedByCreator: true,
        isReserved: true,
        check: (memory, file) => void readShape(memory, file),
      },
    ],
    isPersistent: lifetime === "persistent",
    init: (memory) => {
      const { words } = memory;
      const state = memory.wordOf(SECTION.state);
      words.set(state + COUNTERS.columnBytes, columnBytes);
      words.set(state + COUNTERS.directoryBytes, directoryBytes);
      words.set(state + COUNTERS.numbers, FIRST_NUMBER);
      words.set(state + LOCK_OFFSET / 4 + MUTEX.strategy, STRATEGY.ownerWord);
    },
    role: "user",
    places,
  });
}

/**
 * The sizes of counters, as their creator wrote them.
 *
 * @throws {CorruptSegmentError} When the sections are not as long as that takes.
 */
export function readShape(memory: SegmentMemory, { name }: Pick<NamedFile, "name">): CountersShape {
  const state = memory.section(SECTION.state);
  const data = memory.section(SECTION.data);
  const placeCount = Math.floor(memory.section(SECTION.participants).length / SLOT_BYTES);
  const at = (field: number): number =>
    state.length < LIVES_OFFSET ? 0 : memory.words.get(state.offset / 4 + field) >>> 0;
  const columnBytes = at(COUNTERS.columnBytes);
  const directoryBytes = at(COUNTERS.directoryBytes);
  const isSound =
    columnBytes > 0 &&
    columnBytes % 64 === 0 &&
    directoryBytes % 8 === 0 &&
    state.length === directoryOffset(placeCount) + directoryBytes &&
    data.length === (placeCount + 1) * columnBytes;
  if (isSound) return { placeCount, columnBytes, directoryBytes };
  throw new CorruptSegmentError(
    `Cannot open "${name}": it must have ${placeCount} columns and one more of ${columnBytes} bytes, and a directory of ${directoryBytes}: found ${data.length} and ${state.length} bytes`,
  );
}

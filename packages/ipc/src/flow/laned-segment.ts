/**
 * A segment with lanes: one per sending process, each with memory of its own that is allocated when it is first taken.
 *
 * @module
 */
import { CorruptSegmentError, DisposedError } from "@isthmus/core";
import { SECTION, type Section, type SegmentKind } from "@isthmus/core/internal";
import { Counters } from "../metrics/counters.ts";
import type { Role } from "../segment/participant-layout.ts";
import type { SlotRange } from "../segment/participants.ts";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import type { SectionSpec } from "../segment/segment-spec.ts";
import type { Participant } from "../segment/slot-record.ts";
import { CELL_BYTES, type WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";

/** Where the lanes of a kind of segment are described in its section "state". */
export interface LaneTable {
  /** Bytes before the first lane's entry. */
  readonly headerBytes: number;
  /** Bytes of one lane's entry. */
  readonly entryBytes: number;
  /** Word within an entry: participant slot of the lane's owner + 1; 0: free. */
  readonly owner: number;
  /** Word within an entry: 1 once the lane's memory has really been allocated. */
  readonly isReady: number;
  /** Word within section "state" that grows by 1 when a lane has become ready. */
  readonly readyCount: number;
}

/** The `owner` of a lane that is kept for a bridge for as long as the segment is there, whoever of its processes lives. */
const KEPT_LANE = -1;

/** Section "state" of a segment, which anybody may have written. */
export interface StateSection {
  readonly words: SharedWords;
  /** Word at which it begins. */
  readonly base: number;
  readonly lengthBytes: number;
}

/** Places that a segment has besides those of its senders: for receivers, and for whoever comes and is refused. */
export const SPARE_PLACES = 56;

/** What a kind of segment with lanes looks like, and who opens it. */
export interface LanedSpec {
  readonly name: string;
  readonly kind: SegmentKind;
  /** The table of a new segment. */
  readonly table: LaneTable;
  /** The table of a segment that is there, where it depends on what its creator chose. Believes nothing. */
  readonly tableIn?: ((state: StateSection) => LaneTable) | undefined;
  /** The places for participants. */
  readonly places: LanedPlaces;
  /** How many lanes there are in a new segment, and the bytes of each, whole pages. */
  readonly laneCount: number;
  readonly laneBytes: number;
  readonly cellCount: number;
  /** How many cells it had in an older version of the layout; the same unless given. */
  readonly olderCellCount?: number | undefined;
  /** The cell that is woken when the place may be free that only one has at a time; see `takeSolePlace`. */
  readonly placeCell?: number | undefined;
  /** Sections besides those of all segments with lanes. */
  readonly moreSections?: readonly SectionSpec[] | undefined;
  readonly fingerprint: bigint;
  /** The texts of which it is the fingerprint. */
  readonly schemaTexts?: readonly string[] | undefined;
  readonly isPersistent: boolean;
  readonly role: Role;
  /** Fills the header of a new segment's section "state", which begins at the word `base`. */
  readonly init: (words: SharedWords, base: number) => void;
  /** Frees what else than lanes a participant that left or died owned in section "state". */
  readonly free?: ((state: StateSection, slot: number) => void) | undefined;
}

/** The places for participants of a segment with lanes. */
export interface LanedPlaces {
  /** How many there are in a new segment. */
  readonly count: number;
  /** The option by which its creator says how many, for messages. */
  readonly limitName: string;
  /** Which of them are for this role; all unless given. */
  readonly range?: ((state: StateSection) => SlotRange) | undefined;
}

/** How many lanes a segment has and how long they are, as its header says and its opener has checked. */
export interface LaneSizes {
  readonly laneCount: number;
  readonly laneBytes: number;
}

/** A segment with lanes that this process has joined. */
export class LanedSegment {
  readonly segment: Segment;
  readonly words: SharedWords;
  /** Word at which section "state" begins. */
  readonly base: number;
  protected readonly state: StateSection;
  readonly #table: LaneTable;
  readonly #free: (memory: SegmentMemory, slot: number) => void;
  readonly #placeCell: number | undefined;
  #sizes: LaneSizes = { laneCount: 0, laneBytes: 0 };

  /**
   * Creates or opens the segment.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(verb: OpenVerb, spec: LanedSpec) {
    const { table, laneCount, laneBytes, places } = spec;
    const { range } = places;
    this.#free = freeing(spec);
    this.#placeCell = spec.placeCell;
    this.segment = new Segment(verb, {
      name: spec.name,
      kind: spec.kind,
      cellCount: spec.cellCount,
      olderCellCount: spec.olderCellCount,
      sections: [
        {
          id: SECTION.state,
          length: table.headerBytes + laneCount * table.entryBytes,
          isSizedByCreator: true,
        },
        ...(spec.moreSections ?? []),
        {
          id: SECTION.lanes,
          length: laneCount * laneBytes,
          isSizedByCreator: true,
          isReserved: true,
        },
      ],
      fingerprint: spec.fingerprint,
      schemaTexts: spec.schemaTexts,
      isPersistent: spec.isPersistent,
      init: (memory) => spec.init(memory.words, memory.wordOf(SECTION.state)),
      role: spec.role,
      places: {
        count: places.count,
        limitName: places.limitName,
        isShared: false,
        range: range && ((memory) => range(stateOf(memory))),
      },
      reap: this.#free,
    });
    const { memory } = this.segment;
    this.state = stateOf(memory);
    this.words = memory.words;
    this.base = this.state.base;
    this.#table = tableOf(spec, this.state);
  }

  get name(): string {
    return this.segment.name;
  }

  /**
   * Reads the sizes with `read`, which believes none that cannot be, and checks that the sections are as long as they
   * say. Leaves the segment when they are not.
   */
  protected adopt<T extends LaneSizes>(read: (header: LanedHeader) => T): T {
    const { memory } = this.segment;
    const state = memory.section(SECTION.state);
    const lanes = memory.section(SECTION.lanes);
    const { headerBytes, entryBytes } = this.#table;
    try {
      if (state.length < headerBytes) throw tooShort(this.name, state);
      const sizes = read(new LanedHeader(this.words, this.base, this.name));
      if (state.length < headerBytes + sizes.laneCount * entryBytes) {
        throw tooShort(this.name, state);
      }
      if (lanes.length < sizes.laneCount * sizes.laneBytes) throw tooShort(this.name, lanes);
      this.#sizes = sizes;
      // Whoever died without leaving owns nothing any more.
      this.reapDead();
      return sizes;
    } catch (error) {
      this.segment.dispose();
      throw error;
    }
  }

  /** How many lanes there are. */
  get laneCount(): number {
    return this.#sizes.laneCount;
  }

  /** Word that changes when a lane has become ready. */
  get readyWord(): number {
    return this.base + this.#table.readyCount;
  }

  /** Word at which a lane's entry begins. */
  laneWord(lane: number): number {
    return entryWord(this.#table, this.base, lane);
  }

  /** Where a lane's entry begins, in bytes from the start of the segment. */
  laneOffset(lane: number): number {
    return this.laneWord(lane) * 4;
  }

  /** Where a lane's memory begins, in bytes from the start of the segment. */
  laneMemoryOffset(lane: number): number {
    return this.segment.memory.section(SECTION.lanes).offset + lane * this.#sizes.laneBytes;
  }

  /** Whether a lane's memory may be touched. */
  isLaneReady(lane: number): boolean {
    return this.words.load(this.laneWord(lane) + this.#table.isReady) === 1;
  }

  /** The lanes whose memory may be touched. */
  readyLanes(): number[] {
    return Array.from({ length: this.laneCount }, (_, lane) => lane).filter((lane) =>
      this.isLaneReady(lane),
    );
  }

  /** A lane's owner, alive or dead; undefined when nobody has it. */
  laneOwner(lane: number): Participant | undefined {
    const owner = this.words.load(this.laneWord(lane) + this.#table.owner);
    return owner > 0 ? this.segment.participants.at(owner - 1) : undefined;
  }

  /** The process of a lane's owner; undefined when nobody alive has it. */
  laneOwnerPid(lane: number): number | undefined {
    const owner = this.laneOwner(lane);
    return owner?.isAlive === true ? owner.pid : undefined;
  }

  /** Counters in a lane's entry, `offset` bytes from its start. */
  laneCounters(lane: number, offset: number): Counters {
    return new Counters(this.segment.memory.mapping, this.laneOffset(lane) + offset);
  }

  /** Takes a lane that nobody owns; false when somebody does. */
  tryOwnLane(lane: number): boolean {
    const owner = this.laneWord(lane) + this.#table.owner;
    return this.words.compareExchange(owner, 0, this.segment.slot + 1) === 0;
  }

  /** Gives a lane back that this handle has taken. */
  disownLane(lane: number): void {
    this.words.store(this.laneWord(lane) + this.#table.owner, 0);
  }

  /** Keeps a lane that this handle owns for as long as the segment is there: nobody else gets it, also when this process dies. */
  keepLane(lane: number): void {
    this.words.store(this.laneWord(lane) + this.#table.owner, KEPT_LANE);
  }

  /** Whether a lane is kept. */
  isLaneKept(lane: number): boolean {
    return this.words.load(this.laneWord(lane) + this.#table.owner) === KEPT_LANE;
  }

  /** Really allocates a lane's memory, unless that has been done, and lets others look into it. */
  makeLaneReady(lane: number): void {
    if (!this.isLaneReady(lane)) {
      const { laneBytes } = this.#sizes;
      this.segment.allocate(SECTION.lanes, lane * laneBytes, laneBytes);
      this.words.store(this.laneWord(lane) + this.#table.isReady, 1);
    }
    // Also for a lane that was ready: its first owner may have died before it counted, and nobody would look into it.
    this.words.add(this.readyWord, 1);
  }

  /**
   * Woken when the place may be free that only one has at a time; undefined where there is none. A segment of an older
   * layout has no cell for that, and its last one is woken, too.
   */
  get placeCell(): WaitCell | undefined {
    if (this.#placeCell === undefined) return undefined;
    const { length } = this.segment.memory.section(SECTION.cells);
    return this.segment.cell(Math.min(this.#placeCell, length / CELL_BYTES - 1));
  }

  /** Gives back all that this handle owns, and leaves the segment. */
  leave(): void {
    this.#free(this.segment.memory, this.segment.slot);
    this.placeCell?.wake();
    this.segment.dispose();
  }

  /** Frees what dead participants owned. */
  reapDead(): void {
    this.segment.reapDead(this.#free);
  }

  /** Frees what is said to be a participant's, unless it is alive; returns whether. */
  reapSlot(slot: number): boolean {
    const { participants, memory } = this.segment;
    return participants.reapSlot(slot, (dead) => this.#free(memory, dead));
  }

  /** Throws: this handle has left the segment. */
  refuseDisposed(what: string): never {
    throw new DisposedError(what);
  }
}

/** The header of section "state", which anybody may have written. */
export class LanedHeader {
  readonly #words: SharedWords;
  readonly #base: number;
  readonly #name: string;

  constructor(words: SharedWords, base: number, name: string) {
    this.#words = words;
    this.#base = base;
    this.#name = name;
  }

  /**
   * A number of the header.
   *
   * @param word Its place.
   * @param what What it is, for the message.
   * @param isValid Whether a value can be.
   * @throws {CorruptSegmentError} When it cannot.
   */
  at(word: number, what: string, isValid: (value: number) => boolean): number {
    const value = this.#words.get(this.#base + word) >>> 0;
    if (isValid(value)) return value;
    throw new CorruptSegmentError(`Cannot open "${this.#name}": its ${what} cannot be ${value}`);
  }
}

function entryWord(table: LaneTable, base: number, lane: number): number {
  return base + (table.headerBytes + lane * table.entryBytes) / 4;
}

function tableOf({ table, tableIn }: LanedSpec, state: StateSection): LaneTable {
  return tableIn?.(state) ?? table;
}

function stateOf(memory: SegmentMemory): StateSection {
  const { offset, length } = memory.section(SECTION.state);
  return { words: memory.words, base: offset / 4, lengthBytes: length };
}

/** Frees the lanes of a participant and what else it owned. What it has published stays. */
function freeing(spec: LanedSpec): (memory: SegmentMemory, slot: number) => void {
  return (memory, slot) => {
    const state = stateOf(memory);
    const { words, base, lengthBytes } = state;
    const table = tableOf(spec, state);
    spec.free?.(state, slot);
    // As many lanes as the section has room for, whatever the header says by now.
    const laneCount = Math.floor((lengthBytes - table.headerBytes) / table.entryBytes);
    for (let lane = 0; lane < laneCount; lane++) {
      words.compareExchange(entryWord(table, base, lane) + table.owner, slot + 1, 0);
    }
  };
}

function tooShort(name: string, { id, length }: Section): CorruptSegmentError {
  return new CorruptSegmentError(
    `Cannot open "${name}": its section ${id} is too short for its lanes: ${length} bytes`,
  );
}

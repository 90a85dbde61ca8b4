/**
 * The segment of a channel: its sizes, its lanes and who owns them.
 *
 * @module
 */
import { CorruptSegmentError, DisposedError } from "@isthmus/core";
import { SECTION, type Section } from "@isthmus/core/internal";
import type { Role } from "../segment/participant-layout.ts";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";
import {
  CELL_COUNT,
  CHANNEL,
  CHANNEL_HEADER_BYTES,
  DATA_CELL,
  LANE_BYTES,
  LANE_OWNER,
  MODES,
  SPACE_CELL,
  stateBytes,
} from "./channel-layout.ts";
import {
  CAPACITY_BYTES_MAX,
  type ChannelOptions,
  checkChannelOptions,
  type Geometry,
  PRODUCERS_MAX,
} from "./channel-options.ts";
import { type ChannelSchema, type SchemaShape, shapeOf } from "./channel-schema.ts";

/** A channel that this process has joined. */
export class Channel {
  readonly segment: Segment;
  readonly shape: SchemaShape;
  readonly geometry: Geometry;
  readonly words: SharedWords;
  /** Word at which section "state" begins. */
  readonly base: number;
  /** Woken when there are records. */
  readonly data: WaitCell;
  /** Woken when there is room. */
  readonly space: WaitCell;

  /**
   * Creates or opens a channel.
   *
   * @throws {SystemError} `EEXIST`, `ENOENT`, `ENOSPC`, … as the verb says.
   * @throws {CorruptSegmentError} When the name is something else, or was made with another schema.
   */
  constructor(
    verb: OpenVerb,
    name: string,
    options: ChannelOptions<ChannelSchema>,
    role: Role & ("producer" | "consumer"),
  ) {
    const shape = shapeOf(options?.schema);
    const { geometry, isPersistent } = checkChannelOptions(options, shape);
    const lanesBytes = geometry.laneCount * geometry.laneBytes;
    this.shape = shape;
    this.segment = new Segment(verb, {
      name,
      kind: "channel",
      cellCount: CELL_COUNT,
      sections: [
        { id: SECTION.state, length: stateBytes(geometry.laneCount), isSizedByCreator: true },
        { id: SECTION.lanes, length: lanesBytes, isSizedByCreator: true, isReserved: true },
      ],
      fingerprint: shape.fingerprint,
      isPersistent,
      init: (memory) => initialise(memory, shape, geometry),
      role,
      reap: freeWhatItOwned,
    });
    const { memory } = this.segment;
    this.words = memory.words;
    this.base = memory.wordOf(SECTION.state);
    try {
      this.geometry = readGeometry(memory, shape, this.segment.name);
      this.data = this.segment.cell(DATA_CELL);
      this.space = this.segment.cell(SPACE_CELL);
      // Whoever died without leaving owns nothing any more.
      this.segment.reapDead(freeWhatItOwned);
    } catch (error) {
      this.segment.dispose();
      throw error;
    }
  }

  get name(): string {
    return this.segment.name;
  }

  /** Word at which a lane's counters begin. */
  laneWord(lane: number): number {
    return laneWord(this.base, lane);
  }

  /** Where a lane's counters begin, in bytes from the start of the segment. */
  laneOffset(lane: number): number {
    return this.laneWord(lane) * 4;
  }

  /** Where a lane's ring begins, in bytes from the start of the segment. */
  ringOffset(lane: number): number {
    return this.segment.memory.section(SECTION.lanes).offset + lane * this.geometry.laneBytes;
  }

  /** The bytes of a lane's ring. */
  ringOf(lane: number): Uint8Array<ArrayBuffer> {
    return this.segment.memory.mapping.bytes(this.ringOffset(lane), this.geometry.ringBytes);
  }

  /** Whether a lane's memory may be touched. */
  isLaneReady(lane: number): boolean {
    return this.words.load(this.laneWord(lane) + LANE_OWNER.isReady) === 1;
  }

  /** The participant slot of a lane's producer; undefined when nobody has it. */
  laneOwner(lane: number): number | undefined {
    const owner = this.words.load(this.laneWord(lane) + LANE_OWNER.owner);
    return owner > 0 ? owner - 1 : undefined;
  }

  /** Really allocates a lane's ring, unless that has been done, and lets the consumer look into it. */
  makeLaneReady(lane: number): void {
    if (this.isLaneReady(lane)) return;
    const { laneBytes } = this.geometry;
    this.segment.allocate(SECTION.lanes, lane * laneBytes, laneBytes);
    this.words.store(this.laneWord(lane) + LANE_OWNER.isReady, 1);
    this.words.add(this.base + CHANNEL.readyCount, 1);
  }

  /** Gives back the lanes and the place of the consumer that a participant of this process had. */
  leave(): void {
    freeWhatItOwned(this.segment.memory, this.segment.slot);
    this.segment.dispose();
  }

  /** Throws: this handle has left the channel. */
  refuseDisposed(what: string): never {
    throw new DisposedError(what);
  }

  /** Frees what dead participants owned. */
  reapDead(): void {
    this.segment.reapDead(freeWhatItOwned);
  }
}

function laneWord(base: number, lane: number): number {
  return base + (CHANNEL_HEADER_BYTES + lane * LANE_BYTES) / 4;
}

/** Frees the lanes of a participant and its place as the consumer. What it has published stays. */
function freeWhatItOwned(memory: SegmentMemory, slot: number): void {
  const { words } = memory;
  const base = memory.wordOf(SECTION.state);
  const { length } = memory.section(SECTION.state);
  const mine = slot + 1;
  words.compareExchange(base + CHANNEL.consumer, mine, 0);
  // As many lanes as the section has room for, whatever the header says by now.
  const laneCount = Math.floor((length - CHANNEL_HEADER_BYTES) / LANE_BYTES);
  for (let lane = 0; lane < laneCount; lane++) {
    words.compareExchange(laneWord(base, lane) + LANE_OWNER.owner, mine, 0);
  }
}

function initialise(
  memory: SegmentMemory,
  shape: SchemaShape,
  { laneCount, ringBytes, slotBytes, recordBytes, laneBytes }: Geometry,
): void {
  const { words } = memory;
  const base = memory.wordOf(SECTION.state);
  words.set(base + CHANNEL.mode, MODES[shape.mode]);
  words.set(base + CHANNEL.laneCount, laneCount);
  words.set(base + CHANNEL.ringBytes, ringBytes);
  words.set(base + CHANNEL.slotBytes, slotBytes);
  words.set(base + CHANNEL.recordBytes, recordBytes);
  words.set(base + CHANNEL.laneBytes, laneBytes);
}

/** Reads the sizes that the creator chose, and believes none that cannot be. */
function readGeometry(memory: SegmentMemory, shape: SchemaShape, name: string): Geometry {
  const { words } = memory;
  const base = memory.wordOf(SECTION.state);
  const state = memory.section(SECTION.state);
  const lanes = memory.section(SECTION.lanes);
  const at = (field: keyof typeof CHANNEL, what: string, isValid: (value: number) => boolean) => {
    const value = words.get(base + CHANNEL[field]) >>> 0;
    if (isValid(value)) return value;
    throw new CorruptSegmentError(`Cannot open "${name}": its ${what} cannot be ${value}`);
  };
  if (state.length < CHANNEL_HEADER_BYTES) throw tooShort(name, state);
  const recordBytes = shape.struct?.size ?? 0;
  const slot = Math.ceil(recordBytes / 8) * 8;
  at("mode", "mode", (value) => value === MODES[shape.mode]);
  at("recordBytes", "record size", (value) => value === recordBytes);
  const slotBytes = at("slotBytes", "slot size", (value) => value === slot);
  const laneCount = at("laneCount", "number of lanes", (n) => n >= 1 && n <= PRODUCERS_MAX);
  const unit = slotBytes === 0 ? 1 : slotBytes;
  const isRing = (bytes: number): boolean =>
    bytes >= unit && bytes % unit === 0 && Math.log2(bytes / unit) % 1 === 0;
  const largest = Math.max(CAPACITY_BYTES_MAX, unit) * 2;
  const ringBytes = at("ringBytes", "ring size", (bytes) => isRing(bytes) && bytes <= largest);
  const isLane = (bytes: number): boolean => bytes >= ringBytes && bytes % 4096 === 0;
  const laneBytes = at("laneBytes", "lane size", isLane);
  if (state.length < stateBytes(laneCount)) throw tooShort(name, state);
  if (lanes.length < laneCount * laneBytes) throw tooShort(name, lanes);
  return { laneCount, ringBytes, slotBytes, recordBytes, laneBytes };
}

function tooShort(name: string, { id, length }: Section): CorruptSegmentError {
  return new CorruptSegmentError(
    `Cannot open "${name}": its section ${id} is too short for a channel: ${length} bytes`,
  );
}

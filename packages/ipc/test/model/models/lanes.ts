/**
 * Lanes: producers that join, take a lane, send, leave and die, and a consumer that reads whatever is ready.
 *
 * ```text
 *   0   the participants' slots, and the kernel's locks on them; then which lanes have been allocated, a mark that
 *       lanes are in the way, and section "state" as in a channel
 * ```
 *
 * The sources are the shipped `LanedSegment` and `claimLane`; a stand-in is beside them for the segment itself. Records
 * are positions only, because rings have models of their own, and the consumer is the model's: it finds lanes as
 * consumers, subscribers and responders do, by looking at all of them when `readyCount` has changed.
 *
 * @module
 */
import { join } from "node:path";
import { SystemError } from "@isthmus/core";
import { CHANNEL, CHANNEL_LANES, LANE_OWNER } from "../../../src/channel/channel-layout.ts";
import type { LanedSpec } from "../../../src/flow/laned-segment.ts";
import { LANE } from "../../../src/ring/lane-layout.ts";
import { SLOT, SLOT_BYTES, SLOT_WORDS } from "../../../src/segment/participant-layout.ts";
import { Participants } from "../../../src/segment/participants.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";
import { loadSource, type Mistake } from "../checker/source.ts";
import { lateLocks, releaseLocks } from "./kernel-locks.ts";
import { runAs, type SegmentPlaces } from "./stand-ins/world.ts";

/** The source under test. */
export type LanesSource = typeof import("./stand-ins/lanes-entry.ts");

/** What a producer does when it has a lane: sends a record, and stays or leaves. */
export type Doing = "stays" | "leaves";

/** What is modelled. */
export interface LanesBounds {
  readonly slots: number;
  readonly lanes: number;
  readonly producers: readonly Doing[];
  /** Whether a consumer reads. Absent: no. */
  readonly isConsumed?: boolean;
  /** Lanes for which there is no room in the file system. */
  readonly full?: readonly number[];
}

const STAND_INS = join(import.meta.dir, "stand-ins");

/** The module that is loaded. */
export const LANES_ENTRY: string = join(STAND_INS, "lanes-entry.ts");

/** Loads the source beside its stand-ins. */
export function loadLanes(mistakes: readonly Mistake[] = []): Promise<LanesSource> {
  return loadSource(LANES_ENTRY, { mistakes, standIns: LANES_STAND_INS });
}

/** What is loaded instead of other files. */
export const LANES_STAND_INS: Readonly<Record<string, string>> = {
  "segment/segment.ts": join(STAND_INS, "segment.ts"),
};

/** A producer in its lane. */
interface Note {
  readonly slot: number;
  readonly lane: number;
}

class Layout {
  readonly places: SegmentPlaces;
  readonly wordCount: number;
  readonly lanes: number;

  constructor({ slots, lanes, full = [] }: LanesBounds) {
    const locks = slots * SLOT_WORDS;
    const allocated = locks + slots;
    const state = allocated + lanes;
    const stateBytes = CHANNEL_LANES.headerBytes + lanes * CHANNEL_LANES.entryBytes;
    const isFull = (lane: number): boolean => full.includes(lane);
    this.places = { participants: 0, slots, locks, allocated, state, stateBytes, isFull };
    this.wordCount = state + stateBytes / 4;
    this.lanes = lanes;
  }

  laneWord(lane: number): number {
    const { headerBytes, entryBytes } = CHANNEL_LANES;
    return this.places.state + (headerBytes + lane * entryBytes) / 4;
  }

  nameOf(index: number): string {
    const { locks, allocated, state } = this.places;
    if (index < locks) return `slot ${Math.floor(index / SLOT_WORDS)} word ${index % SLOT_WORDS}`;
    if (index < allocated) return `lock of slot ${index - locks}`;
    if (index < state) return `lane ${index - allocated} allocated`;
    const field = Object.entries({ ...CHANNEL }).find(([, offset]) => state + offset === index);
    if (index < this.laneWord(0)) return field?.[0] ?? `state word ${index - state}`;
    const lane = Math.floor((index - this.laneWord(0)) / (CHANNEL_LANES.entryBytes / 4));
    const word = index - this.laneWord(lane);
    const [name] = Object.entries({ ...LANE, ...LANE_OWNER }).find(([, at]) => at === word) ?? [
      word,
    ];
    return `lane ${lane} ${name}`;
  }
}

/** The model. */
export function lanes(source: LanesSource, bounds: LanesBounds): Model {
  const layout = new Layout(bounds);
  const { places } = layout;
  const open = openerOf(source, layout);
  const producers = bounds.producers.map(
    (doing, me): ActorSpec => ({
      name: `producer ${me + 1}`,
      body: (actor) => {
        runAs({ actor, me, places });
        produce(source, open, actor, doing);
      },
    }),
  );
  const consumer: ActorSpec = {
    name: "consumer",
    body: (actor) => consume(layout, actor),
    isImmortal: true,
  };
  const actors = bounds.isConsumed === true ? [...producers, consumer] : producers;
  const { producers: cast, lanes: laneCount, slots } = bounds;
  return {
    name: `${laneCount} lanes of ${slots} slots, one ${cast.join(", one ")}, ${actors.length} actors`,
    wordCount: layout.wordCount,
    init: (words) => words.store(places.participants + SLOT.used, slots),
    actors,
    onDeath: (memory, actor) => releaseLocks(memory, places.locks, slots, actor),
    always: (world) => judge(world, layout),
    atEnd: (world) => judgeEnd(world, layout),
    nameOf: (index) => layout.nameOf(index),
  };
}

type Opener = () => InstanceType<LanesSource["LanedSegment"]>;

function openerOf({ LanedSegment }: LanesSource, { lanes: laneCount, places }: Layout): Opener {
  class ModelLanes extends LanedSegment {
    constructor() {
      super("createOrOpen", {
        name: "modelled",
        kind: "channel",
        table: CHANNEL_LANES,
        laneCount,
        laneBytes: 4096,
        cellCount: 2,
        places: { count: places.slots, limitName: "maxProducers" },
        fingerprint: 0n,
        isPersistent: false,
        role: "producer",
        init: () => {},
      } satisfies LanedSpec);
      this.adopt(() => ({ laneCount, laneBytes: 4096 }));
    }
  }
  return () => new ModelLanes();
}

function produce({ claimLane }: LanesSource, open: Opener, actor: Actor, doing: Doing): void {
  const { words, report } = actor;
  let segment: ReturnType<Opener> | undefined;
  try {
    segment = open();
    const word = (lane: number, field: number): number =>
      words.load((segment?.laneWord(lane) ?? 0) + field);
    const lane = claimLane(segment, {
      verb: "produce",
      limitName: "maxProducers",
      isEmpty: (one) => word(one, LANE.tail) === word(one, LANE.head),
    });
    report({ slot: segment.segment.slot, lane } satisfies Note);
    words.store(segment.laneWord(lane) + LANE.tail, word(lane, LANE.tail) + 1);
    if (doing === "stays") return;
  } catch (error) {
    // All places or all lanes are taken: an answer like any other.
    if (!(error instanceof SystemError)) throw error;
  }
  report("leaves");
  segment?.leave();
}

/** Reads what there is in all lanes that it knows to be ready, and sleeps when there is nothing. */
function consume(layout: Layout, { words, call }: Actor): void {
  const known = new Set<number>();
  let readyCount = -1;
  const read = (): number => {
    const count = words.load(layout.places.state + CHANNEL.readyCount);
    for (let lane = 0; lane < layout.lanes && count !== readyCount; lane++) {
      const isReady = words.load(layout.laneWord(lane) + LANE_OWNER.isReady) === 1;
      if (isReady) known.add(lane);
    }
    readyCount = count;
    let found = 0;
    for (const lane of known) {
      const head = words.load(layout.laneWord(lane) + LANE.head);
      const tail = words.load(layout.laneWord(lane) + LANE.tail);
      if (tail !== head) words.store(layout.laneWord(lane) + LANE.head, tail);
      found += tail - head;
    }
    return found;
  };
  for (let isAwake = false; ; ) {
    const found = read();
    if (found === 0 && isAwake) throw new Error("there is a record, but it is not found");
    isAwake = found === 0;
    if (isAwake)
      call("for records", () => undefined, { guard: (memory) => hasRecords(memory, layout) });
  }
}

function hasRecords(memory: Readonly<Int32Array>, layout: Layout): boolean {
  for (let lane = 0; lane < layout.lanes; lane++) {
    const word = layout.laneWord(lane);
    if (memory[word + LANE.tail] !== memory[word + LANE.head]) return true;
  }
  return false;
}

/** Who has a lane has it alone, and no lane is ready that has no memory. */
function judge({ actors, memory }: World, layout: Layout): Verdict {
  for (const { name, reports, status } of actors) {
    const note = noteOf(reports);
    if (status === "dead" || note === undefined) continue;
    const owner = memory[layout.laneWord(note.lane) + LANE_OWNER.owner];
    if (owner !== note.slot + 1) return `${name} has lane ${note.lane}, which belongs to ${owner}`;
  }
  for (let lane = 0; lane < layout.lanes; lane++) {
    const isReady = memory[layout.laneWord(lane) + LANE_OWNER.isReady] === 1;
    if (isReady && memory[layout.places.allocated + lane] === 0)
      return `lane ${lane} has no memory`;
  }
  return undefined;
}

/** When all have stopped, every lane is free, or belongs to its owner, or to a dead one that is known to be dead. */
function judgeEnd({ words, actors }: World, layout: Layout): Verdict {
  const { slots, locks } = layout.places;
  const last = new Participants(words, 0, slots * SLOT_BYTES, lateLocks(words.values, locks));
  for (let lane = 0; lane < layout.lanes; lane++) {
    const owner = words.load(layout.laneWord(lane) + LANE_OWNER.owner) - 1;
    if (owner < 0) continue;
    const { isAlive } = last.list().find(({ slot }) => slot === owner) ?? {};
    if (isAlive === undefined) return `lane ${lane} belongs to slot ${owner}, which is free`;
    const notes = actors.map(({ reports, status }) =>
      status === "dead" ? undefined : noteOf(reports),
    );
    const isOwned = notes.some((note) => note?.slot === owner && note.lane === lane);
    if (isAlive && !isOwned) return `lane ${lane} belongs to slot ${owner}, which does not use it`;
  }
  return undefined;
}

/** The lane that an actor uses; undefined when it has none, or none any more. */
function noteOf(reports: readonly unknown[]): Note | undefined {
  const last = reports.at(-1);
  return typeof last === "object" ? (last as Note) : undefined;
}

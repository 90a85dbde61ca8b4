/**
 * The place of a consumer or responder: participants that join and take it, stay, leave and die, and others that come.
 *
 * ```text
 *   0   the participants' slots, and the kernel's locks on them; then section "state" as in a channel without lanes
 * ```
 *
 * How those who wait for it are woken, the model of wait cells shows; here all but the look itself is left out.
 *
 * @module
 */
import { join } from "node:path";
import { SystemError } from "@isthmus/core";
import { CHANNEL, CHANNEL_LANES } from "../../../src/channel/channel-layout.ts";
import type { LanedSpec } from "../../../src/flow/laned-segment.ts";
import { SLOT_WORDS } from "../../../src/segment/participant-layout.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";
import { loadSource, type Mistake } from "../checker/source.ts";
import { releaseLocks } from "./kernel-locks.ts";
import { runAs, type SegmentPlaces } from "./stand-ins/world.ts";

/** The source under test. */
export type PlaceSource = typeof import("./stand-ins/place-entry.ts");

/** What somebody does who has the place. Who does not get it leaves the segment. */
export type Doing = "stays" | "leaves";

const STAND_INS = join(import.meta.dir, "stand-ins");

/** The module that is loaded. */
export const PLACE_ENTRY: string = join(STAND_INS, "place-entry.ts");

/** What is loaded instead of other files. */
export const PLACE_STAND_INS: Readonly<Record<string, string>> = {
  "segment/segment.ts": join(STAND_INS, "segment.ts"),
  "wait/wait-for.ts": join(STAND_INS, "waiting.ts"),
};

/** Loads the source beside its stand-ins. */
export function loadPlace(mistakes: readonly Mistake[] = []): Promise<PlaceSource> {
  return loadSource(PLACE_ENTRY, { mistakes, standIns: PLACE_STAND_INS });
}

/** What actors report: that the slot has the place, or that it has it no more. */
interface Note {
  readonly slot: number;
  readonly has: boolean;
}

const SLOTS = 2;
const LOCKS = SLOTS * SLOT_WORDS;
const STATE = LOCKS + SLOTS;
const PLACE = STATE + CHANNEL.consumer;
const STATE_BYTES = CHANNEL_LANES.headerBytes;
const PLACES: SegmentPlaces = {
  participants: 0,
  slots: SLOTS,
  locks: LOCKS,
  allocated: STATE,
  state: STATE,
  stateBytes: STATE_BYTES,
  isFull: () => false,
};

/** The model. When one of these dies, another one comes that stays. */
export function solePlace(source: PlaceSource, cast: readonly Doing[]): Model {
  const specOf = (name: string, me: number, doing: Doing): ActorSpec => ({
    name,
    body: (actor) => {
      runAs({ actor, me, places: PLACES });
      take(source, actor, doing);
    },
  });
  return {
    name: `a place, one that ${cast.join(", one that ")}`,
    wordCount: STATE + STATE_BYTES / 4,
    actors: cast.map((doing, me) => ({
      ...specOf(`${me + 1}: ${doing}`, me, doing),
      successor: specOf(`${me + 1}: comes later`, me, "stays"),
    })),
    onDeath: (memory, actor) => releaseLocks(memory, LOCKS, SLOTS, actor),
    always: judge,
    atEnd: (world) => judgeEnd(world, source),
    nameOf: (index) => {
      if (index < LOCKS) return `slot ${Math.floor(index / SLOT_WORDS)} word ${index % SLOT_WORDS}`;
      if (index < STATE) return `lock of slot ${index - LOCKS}`;
      return index === PLACE ? "place" : `state word ${index - STATE}`;
    },
  };
}

function take({ LanedSegment, takeSolePlace }: PlaceSource, actor: Actor, doing: Doing): void {
  class ModelChannel extends LanedSegment {
    constructor() {
      super("createOrOpen", {
        name: "modelled",
        kind: "channel",
        table: CHANNEL_LANES,
        laneCount: 0,
        laneBytes: 4096,
        cellCount: 0,
        places: { count: SLOTS, limitName: "maxProducers" },
        fingerprint: 0n,
        isPersistent: false,
        role: "consumer",
        init: () => {},
        free: ({ words, base }, slot) => {
          words.compareExchange(base + CHANNEL.consumer, slot + 1, 0);
        },
      } satisfies LanedSpec);
    }
  }
  let channel: ModelChannel | undefined;
  try {
    channel = new ModelChannel();
    takeSolePlace(channel, { word: CHANNEL.consumer, verb: "consume", what: "consumer" });
    actor.report({ slot: channel.segment.slot, has: true } satisfies Note);
    if (doing === "stays") return;
  } catch (error) {
    // There is no room among the participants, or somebody has the place: an answer like any other.
    if (!(error instanceof SystemError)) throw error;
  }
  actor.report({ slot: channel?.segment.slot ?? -1, has: false } satisfies Note);
  channel?.leave();
}

/** Who has the place has it alone, and the word says so. */
function judge({ actors, memory }: World): Verdict {
  for (const { name, reports, status } of actors) {
    const note = reports.at(-1) as Note | undefined;
    if (status === "dead" || note?.has !== true) continue;
    const owner = (memory[PLACE] ?? 0) - 1;
    if (owner !== note.slot) return `${name} has the place, which belongs to slot ${owner}`;
  }
  return undefined;
}

/** When all have stopped, whoever comes last gets the place unless somebody alive has it. */
function judgeEnd({ words, actors }: World, source: PlaceSource): Verdict {
  const notes = actors.flatMap(({ reports, status }) =>
    status === "dead" ? [] : ((reports.at(-1) as Note | undefined) ?? []),
  );
  const isOwned = notes.some(({ has }) => has);
  const last: Note[] = [];
  const actor = {
    words,
    call: (_: string, run: (memory: Int32Array) => unknown) => run(words.values),
    report: (note: Note) => last.push(note),
  };
  runAs({ actor: actor as unknown as Actor, me: actors.length, places: PLACES });
  take(source, actor as unknown as Actor, "stays");
  if (last[0]?.has !== isOwned) return undefined;
  const owner = words.load(PLACE) - 1;
  return isOwned
    ? "who comes last has the place, and somebody else"
    : `nobody has the place, and who comes last does not get it from slot ${owner}`;
}

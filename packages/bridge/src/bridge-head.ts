/**
 * Where a bridge tells observers how it is doing: a named segment, kept only while somebody carries something of that name. No
 * record is read or written by it, and nothing is decided by it. Its bytes are those of `packages/ipc/src/store-kinds/bridge-layout.ts`.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import type { BridgeSource } from "@isthmus/ipc";
import {
  BRIDGE,
  BRIDGE_BYTES,
  BRIDGE_CONDITION,
  BRIDGE_END,
  BRIDGE_END_COUNT,
  BRIDGE_END_WORDS,
  BRIDGE_NAME_BYTES,
  BRIDGE_NUMBER,
  BRIDGE_REASON_BYTES,
  BRIDGE_SERVER_BYTES,
  BRIDGE_SOURCES,
  Segment,
  type SegmentMemory,
  sharedPlaces,
} from "@isthmus/ipc/internal";

/** What an end carries, where, and through which server. */
export interface EndDescription {
  readonly direction: "out" | "in";
  readonly source: Exclude<BridgeSource, "unknown">;
  /** The address of the server. */
  readonly server: string;
}

/** What an end counts and measures; see the figures of the same names in `FIGURES.bridge.end`. */
export type EndCounts = Record<Exclude<keyof typeof BRIDGE_NUMBER, "haltedSinceMs">, number>;

/** How an end is doing. `"away"`: no connection to the server; `"full"`: no room there or here; `"stopped"`: for good. */
export type EndState = "live" | "away" | "full" | "stopped";

/** The segment's name for what is called so. */
export function bridgeHeadName(name: string): string {
  return `bridge-${name}`;
}

/**
 * One end of a bridge, as it is told. It counts also where there is no shared memory to tell it in: what is carried is carried, whatever
 * is wrong with the directory of names.
 */
export class BridgeHead implements Disposable {
  /** What it has counted: what is set here is seen by observers at once. It goes on counting, unseen, after disposal. */
  readonly counts: EndCounts;
  /** Undefined where it is untold, and after disposal. */
  #place: EndPlace | undefined;
  #numbers: Float64Array;
  #state: EndState = "live";
  #reason = "";

  /**
   * @param name What is carried.
   * @param description How.
   */
  constructor(name: string, description: EndDescription) {
    this.#place = takePlace(name);
    this.#numbers = this.#place?.numbers ?? new Float64Array(NUMBER_COUNT);
    this.#numbers.fill(0);
    this.counts = countsOf(() => this.#numbers);
    this.#place?.write(BRIDGE_END.direction, description.direction === "in" ? 1 : 0);
    this.#place?.write(BRIDGE_END.source, BRIDGE_SOURCES.indexOf(description.source));
    this.#place?.writeText(BRIDGE_END.server, BRIDGE_SERVER_BYTES, description.server);
    this.#tellState();
  }

  /**
   * Says how it is doing. Nothing is counted by it.
   *
   * @param state How.
   * @param reason Why, where it does not go on.
   */
  tell(state: EndState, reason = ""): void {
    if (state === this.#state && reason === this.#reason) return;
    if (this.#state === "live") this.#numbers[BRIDGE_NUMBER.haltedSinceMs] = Date.now();
    this.#state = state;
    this.#reason = reason;
    this.#tellState();
  }

  /** How it was said to be doing last. */
  get state(): EndState {
    return this.#state;
  }

  /** Tells nothing any more. */
  [Symbol.dispose](): void {
    const place = this.#place;
    if (place === undefined) return;
    this.#place = undefined;
    this.#numbers = place.numbers.slice();
    place[Symbol.dispose]();
  }

  #tellState(): void {
    this.#place?.writeText(BRIDGE_END.reason, BRIDGE_REASON_BYTES, this.#reason);
    this.#place?.write(BRIDGE_END.condition, CONDITIONS[this.#state]);
  }
}

const CONDITIONS: Readonly<Record<EndState, number>> = {
  live: 0,
  away: BRIDGE_CONDITION.away,
  full: BRIDGE_CONDITION.stalled,
  stopped: BRIDGE_CONDITION.stopped,
};

/** An object whose properties are numbers of the array. */
function countsOf(numbers: () => Float64Array): EndCounts {
  const counts = {};
  for (const [name, at] of Object.entries(BRIDGE_NUMBER)) {
    if (name === "haltedSinceMs") continue;
    Object.defineProperty(counts, name, {
      enumerable: true,
      get: () => numbers()[at],
      set: (value: number) => {
        numbers()[at] = value;
      },
    });
  }
  return counts as EndCounts;
}

/** What has counted nothing. */
export const NO_COUNTS: EndCounts = Object.fromEntries(
  Object.keys(BRIDGE_NUMBER)
    .filter((name) => name !== "haltedSinceMs")
    .map((name) => [name, 0]),
) as EndCounts;

const NUMBER_COUNT = Object.keys(BRIDGE_NUMBER).length;

/** An end's place in the segment. */
class EndPlace implements Disposable {
  readonly numbers: Float64Array;
  readonly #segment: Segment;
  readonly #base: number;
  readonly #owner: number;

  constructor(segment: Segment, base: number, owner: number) {
    this.#segment = segment;
    this.#base = base;
    this.#owner = owner;
    const { mapping } = segment.memory;
    const bytes = mapping.bytes((base + BRIDGE_END.numbers) * 4, NUMBER_COUNT * 8);
    this.numbers = new Float64Array(bytes.buffer, bytes.byteOffset, NUMBER_COUNT);
  }

  write(word: number, value: number): void {
    this.#segment.memory.words.store(this.#base + word, value);
  }

  /** Writes as much of a text as there is room for, whole characters only, and zeros behind it. */
  writeText(word: number, limitBytes: number, text: string): void {
    const room = new Uint8Array(limitBytes);
    new TextEncoder().encodeInto(text, room);
    for (const [at, part] of new Int32Array(room.buffer).entries()) this.write(word + at, part);
  }

  [Symbol.dispose](): void {
    const { words } = this.#segment.memory;
    words.compareExchange(this.#base + BRIDGE_END.owner, this.#owner, 0);
    this.#segment.dispose();
  }
}

/** Undefined where there is no shared memory for it, or all of its places are taken. */
function takePlace(name: string): EndPlace | undefined {
  let segment: Segment | undefined;
  try {
    segment = openHead(name);
    const { memory } = segment;
    const owner = segment.needPlace() + 1;
    for (let index = 0; index < BRIDGE_END_COUNT; index++) {
      const base = endWord(memory, index);
      if (memory.words.compareExchange(base + BRIDGE_END.owner, 0, owner) === 0) {
        return new EndPlace(segment, base, owner);
      }
    }
  } catch {
    // What is carried is carried, whatever is wrong with the directory of names.
  }
  segment?.dispose();
  return undefined;
}

function openHead(name: string): Segment {
  return new Segment("createOrOpen", {
    name: bridgeHeadName(name),
    kind: "bridge",
    cellCount: 1,
    sections: [{ id: SECTION.state, length: BRIDGE_BYTES, content: firstState(name) }],
    role: "user",
    places: sharedPlaces({}),
    reap: forgetEnds,
  });
}

/** The state of a new segment. */
function firstState(name: string): Uint8Array {
  const state = new Uint8Array(BRIDGE_BYTES);
  const room = state.subarray(BRIDGE.name * 4, BRIDGE.name * 4 + BRIDGE_NAME_BYTES);
  const { written } = new TextEncoder().encodeInto(name, room);
  new DataView(state.buffer).setUint32(BRIDGE.nameBytes * 4, written, true);
  return state;
}

/** Ends of a participant that died carry nothing any more. */
function forgetEnds(memory: SegmentMemory, slot: number): void {
  for (let index = 0; index < BRIDGE_END_COUNT; index++) {
    memory.words.compareExchange(endWord(memory, index) + BRIDGE_END.owner, slot + 1, 0);
  }
}

/** The word at which an end begins. */
function endWord(memory: SegmentMemory, index: number): number {
  return memory.wordOf(SECTION.state) + BRIDGE.ends + index * BRIDGE_END_WORDS;
}

/**
 * Where a bridge tells observers how it is doing: a named segment, kept only while somebody carries something of that name. No
 * record is read or written by it, and nothing is decided by it. Its bytes are those of `packages/ipc/src/store-kinds/bridge-layout.ts`.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import type { BridgeEndInfo, BridgeSource } from "@isthmus/ipc";
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

/** What an end counts. */
export type EndCounter = Exclude<
  keyof typeof BRIDGE_NUMBER,
  EndGauge | "stalledSinceMs" | "lastActivityMs"
>;

/** What it measures. */
export type EndGauge = "lag" | "inFlight" | "spilled" | "acknowledgeMs";

/** What a bridge tells of itself: what observers see of its end, but for who it is. */
export type BridgeFigures = Omit<BridgeEndInfo, "participant">;

/** The segment's name for what is called so. */
export function bridgeHeadName(name: string): string {
  return `bridge-${name}`;
}

/**
 * One end of a bridge, as it is told. It counts also where there is no shared memory to tell it in: what is carried is carried, whatever
 * is wrong with the directory of names.
 */
export class BridgeHead implements Disposable {
  readonly #description: EndDescription;
  /** Undefined where it is untold, and after disposal. */
  #place: EndPlace | undefined;
  #numbers: Float64Array;
  #isAway = false;
  #isStopped = false;
  #reason: string | undefined;

  /**
   * @param name What is carried.
   * @param description How.
   */
  constructor(name: string, description: EndDescription) {
    this.#description = description;
    this.#place = takePlace(name);
    this.#numbers = this.#place?.numbers ?? new Float64Array(NUMBER_COUNT);
    this.#numbers.fill(0);
    this.#place?.write(BRIDGE_END.direction, description.direction === "in" ? 1 : 0);
    this.#place?.write(BRIDGE_END.source, BRIDGE_SOURCES.indexOf(description.source));
    this.#place?.writeText(BRIDGE_END.server, BRIDGE_SERVER_BYTES, description.server);
    this.#tellCondition();
  }

  /** Counts; of what counts records, messages or bytes, how many more there are. */
  add(counter: EndCounter, count = 1): void {
    const at = BRIDGE_NUMBER[counter];
    this.#numbers[at] = (this.#numbers[at] as number) + count;
  }

  /** Counts what was carried, and says that it was now. */
  carried(records: number, bytes: number): void {
    this.add("records", records);
    this.add("bytes", bytes);
    this.add("messages");
    this.#numbers[BRIDGE_NUMBER.lastActivityMs] = Date.now();
  }

  /** Says how much of something there is now. */
  set(gauge: EndGauge, value: number): void {
    this.#numbers[BRIDGE_NUMBER[gauge]] = value;
  }

  /** Says whether there is a connection to the server; counts when there is one again. */
  connected(isConnected: boolean): void {
    if (this.#isAway === !isConnected) return;
    this.#isAway = !isConnected;
    if (isConnected) this.add("reconnects");
    this.#tellCondition();
  }

  /**
   * Says that it cannot go on now, and why. For the same reason once more, nothing changes: it is one time of standing still until
   * {@link goOn}.
   */
  stall(reason: string): void {
    if (this.#isStopped || this.#reason === reason) return;
    if (this.#reason === undefined) {
      this.add("stalls");
      this.#numbers[BRIDGE_NUMBER.stalledSinceMs] = Date.now();
    }
    this.#reason = reason;
    this.#tellCondition();
  }

  /** Says that it goes on. */
  goOn(): void {
    if (this.#isStopped || this.#reason === undefined) return;
    this.#reason = undefined;
    this.#tellCondition();
  }

  /** Says that it has stopped for good, and why. */
  stop(reason: string): void {
    this.#isStopped = true;
    this.#reason = reason;
    this.#tellCondition();
  }

  /** What it has told. */
  get figures(): BridgeFigures {
    const number = (name: keyof typeof BRIDGE_NUMBER): number =>
      this.#numbers[BRIDGE_NUMBER[name]] as number;
    const isStalled = this.#reason !== undefined && !this.#isStopped;
    return {
      ...this.#description,
      reason: this.#reason ?? "",
      records: number("records"),
      bytes: number("bytes"),
      messages: number("messages"),
      resent: number("resent"),
      duplicates: number("duplicates"),
      lost: number("lost"),
      drops: number("drops"),
      stalls: number("stalls"),
      reconnects: number("reconnects"),
      lag: number("lag"),
      inFlight: number("inFlight"),
      spilled: number("spilled"),
      acknowledgeMs: number("acknowledgeMs"),
      isAway: this.#isAway,
      isStalled,
      stalledMs: isStalled ? Math.max(0, Date.now() - number("stalledSinceMs")) : 0,
      isStopped: this.#isStopped,
      lastActivityMs: number("lastActivityMs"),
    };
  }

  /** Tells nothing any more. The figures can still be read. */
  [Symbol.dispose](): void {
    const place = this.#place;
    if (place === undefined) return;
    this.#place = undefined;
    this.#numbers = place.numbers.slice();
    place[Symbol.dispose]();
  }

  #tellCondition(): void {
    const { away, stalled, stopped } = BRIDGE_CONDITION;
    const isStalled = this.#reason !== undefined && !this.#isStopped;
    const condition =
      (this.#isAway ? away : 0) | (isStalled ? stalled : 0) | (this.#isStopped ? stopped : 0);
    this.#place?.writeText(BRIDGE_END.reason, BRIDGE_REASON_BYTES, this.#reason ?? "");
    this.#place?.write(BRIDGE_END.condition, condition);
  }
}

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

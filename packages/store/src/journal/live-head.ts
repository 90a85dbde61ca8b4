/**
 * What those who have a journal open share in memory: a named segment by which those who follow are woken, and in which is told
 * how far the journal is. It is kept only while somebody has the journal open, and no record is read or written by it.
 *
 * ```text
 * state    0 ┌ appends       u32   counts the appends, modulo 2^32
 *          4 │ last          u32   the sequence of the last record, modulo 2^32; 0: nobody has said
 *          8 │ pathBytes     u32   of the path
 *         12 │ reserved      u32
 *         16 │ records       f64   appended by those who share this
 *         24 │ bytes         f64   of their payloads
 *         32 │ lastSequence  f64   of the last record; 0: of none is known
 *         40 │ synced        f64   up to this sequence everything is on the disk
 *         48 │ first         f64   sequence of the first record that is kept
 *         56 │ segments      f64   how many there are
 *         64 │ diskBytes     f64   what they take
 *         72 │ reserved      56 bytes
 *        128 │ followers     64 × 64 bytes
 *       4224 └ path          utf8, up to 3968 bytes
 *
 * follower 0 ┌ owner         u32   slot of the participant + 1; 0: nobody
 *          4 │ reserved      u32
 *          8 │ position      f64   sequence of the last record that it is done with
 *         16 └ name          utf8, up to 48 bytes, zeros behind it
 * ```
 *
 * The numbers of 8 bytes are whole ones up to 2^53, each stored at once. Those of appends are stored by who has the turn.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import {
  FOLLOWER,
  FOLLOWER_COUNT,
  FOLLOWER_NAME_BYTES,
  FOLLOWER_WORDS,
  HEAD,
  HEAD_BYTES,
  HEAD_PATH_BYTES,
  pause,
  Segment,
  type SegmentMemory,
  sharedPlaces,
  type WaitCell,
  type Words,
  waitAsync,
} from "@isthmus/ipc/internal";

const CELL = 0;
/** After this time one looks whether somebody has appended who shares the directory and not the shared memory. */
export const LOOK_AGAIN_MS = 1000;

/** The segment's name for a journal. */
export function headName(id: Uint8Array): string {
  return `journal-${Buffer.from(id).toString("hex")}`;
}

/** The files of a journal. */
export interface HeadFiles {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
}

/** Where somebody who follows tells how far it is; disposed when it follows no more. */
export interface FollowerPlace extends Disposable {
  /** @param position Sequence of the last record that it is done with. */
  note(position: number): void;
}

/** The live head of one handle. */
export class LiveHead implements Disposable {
  readonly #segment: Segment | undefined;
  readonly #words: Words | undefined;
  /** The numbers of 8 bytes, by half of their word offsets. */
  readonly #numbers: Float64Array;
  #cell: WaitCell | undefined;
  /** Word at which the state begins. */
  readonly #base: number;
  /** Gives the places back of those of this handle who follow. */
  readonly #places = new Set<() => void>();

  /**
   * @param id Of the journal.
   * @param path Its directory, told to observers.
   */
  constructor(id: Uint8Array, path: string) {
    const segment = openHead(headName(id), path);
    this.#segment = segment;
    this.#words = segment?.memory.words;
    this.#base = segment?.memory.wordOf(SECTION.state) ?? 0;
    this.#numbers =
      segment === undefined ? new Float64Array(HEAD_BYTES / 8) : numbersOf(segment.memory);
  }

  /** Says up to which sequence there are records. Call it while nobody else can append. */
  note(last: number): void {
    this.#words?.store(this.#base + HEAD.last, last | 0);
  }

  /** What has been said; a hint. */
  get last(): number {
    return this.#words?.load(this.#base + HEAD.last) ?? 0;
  }

  /** Tells everybody who follows that there is more. Call it after it has been written. */
  ring(): void {
    this.#words?.add(this.#base + HEAD.appends, 1);
    this.#cell ??= this.#segment?.cell(CELL);
    this.#cell?.wake();
  }

  /** Tells observers what has been appended. Only who has the turn may do that. */
  noteAppended(records: number, bytes: number, last: number): void {
    this.#set(HEAD.records, this.#get(HEAD.records) + records);
    this.#set(HEAD.bytes, this.#get(HEAD.bytes) + bytes);
    this.#set(HEAD.lastSequence, last);
  }

  /** Tells observers how far the journal is known to reach. */
  noteEnd(last: number, synced: number): void {
    if (last > this.#get(HEAD.lastSequence)) this.#set(HEAD.lastSequence, last);
    if (synced > this.#get(HEAD.synced)) this.#set(HEAD.synced, synced);
  }

  /** Tells observers which files there are. */
  noteFiles({ first, count, bytes }: HeadFiles): void {
    this.#set(HEAD.first, first);
    this.#set(HEAD.segments, count);
    this.#set(HEAD.diskBytes, bytes);
  }

  /**
   * Tells observers of somebody who follows. Where there is no room for one more, it follows untold.
   *
   * @param name What it is called; empty for one without a name. Of a long one the beginning is told.
   */
  follow(name: string): FollowerPlace {
    const [segment, words] = [this.#segment, this.#words];
    const slot = segment === undefined ? -1 : placeOf(segment);
    for (let index = 0; words !== undefined && slot >= 0 && index < FOLLOWER_COUNT; index++) {
      const place = HEAD.followers + index * FOLLOWER_WORDS;
      const owner = this.#base + place + FOLLOWER.owner;
      if (words.load(owner) !== 0 || words.compareExchange(owner, 0, slot + 1) !== 0) continue;
      this.#set(place + FOLLOWER.position, 0);
      const room = new Uint8Array(FOLLOWER_NAME_BYTES);
      new TextEncoder().encodeInto(name, room);
      const nameAt = this.#base + place + FOLLOWER.name;
      const parts = new Int32Array(room.buffer);
      for (const [at, word] of parts.entries()) words.set(nameAt + at, word);
      const release = (): void => {
        // Not when the handle has been disposed: the place may be another's by now.
        if (this.#places.delete(release)) words.compareExchange(owner, slot + 1, 0);
      };
      this.#places.add(release);
      return {
        note: (position) => {
          if (!this.#places.has(release)) return;
          this.#set(place + FOLLOWER.position, position);
          this.noteEnd(position, 0);
        },
        [Symbol.dispose]: release,
      };
    }
    return { note: () => undefined, [Symbol.dispose]: () => undefined };
  }

  /** What `wait` compares: look at it, then at the journal, then wait. */
  get appends(): number {
    return this.#words?.load(this.#base + HEAD.appends) ?? 0;
  }

  /**
   * Waits until somebody has appended, or may have.
   *
   * @param seen What `appends` was before the journal was looked at.
   * @param timeoutMs How long at most, in milliseconds; never longer than it may take to see what those append who do not ring.
   * @throws The signal's reason, or what `whenClosed` says.
   */
  async wait(seen: number, signal: AbortSignal, timeoutMs: number = LOOK_AGAIN_MS): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) {
      await pause(timeoutMs, signal);
      return;
    }
    const condition = {
      attempt: () => (this.appends === seen ? undefined : true),
      description: "wait for a record",
      owner: "Journal",
      cell: segment.cell(CELL),
    };
    await waitAsync(condition, segment.doorbell, { timeoutMs, signal });
  }

  [Symbol.dispose](): void {
    for (const release of this.#places) release();
    this.#segment?.dispose();
  }

  /** A number; 0 when memory holds what none can be. */
  #get(word: number): number {
    const value = this.#numbers[word / 2] as number;
    return Number.isFinite(value) && value > 0 ? value : 0;
  }

  #set(word: number, value: number): void {
    this.#numbers[word / 2] = value;
  }
}

function numbersOf(memory: SegmentMemory): Float64Array {
  const { offset } = memory.section(SECTION.state);
  const bytes = memory.mapping.bytes(offset, HEAD_BYTES);
  return new Float64Array(bytes.buffer, bytes.byteOffset, HEAD_BYTES / 8);
}

/** The slot of this thread; -1 when there is none left for it. */
function placeOf(segment: Segment): number {
  try {
    return segment.needPlace();
  } catch {
    return -1;
  }
}

/** Undefined where there is no shared memory for it: then everybody looks now and then. */
function openHead(name: string, path: string): Segment | undefined {
  try {
    return new Segment("createOrOpen", {
      name,
      kind: "journal",
      cellCount: 1,
      sections: [{ id: SECTION.state, length: HEAD_BYTES, content: firstState(path) }],
      role: "user",
      places: sharedPlaces({}),
      reap: forgetFollowers,
    });
  } catch {
    // What has been appended has been appended, whatever is wrong with the directory of names.
    return undefined;
  }
}

/** The state of a new head. */
function firstState(path: string): Uint8Array {
  const state = new Uint8Array(HEAD_BYTES);
  const text = new TextEncoder().encode(path);
  if (text.length > HEAD_PATH_BYTES) return state;
  state.set(text, HEAD.path * 4);
  new DataView(state.buffer).setUint32(HEAD.pathBytes * 4, text.length, true);
  return state;
}

/** Those who had a slot whose owner died follow no more. */
function forgetFollowers(memory: SegmentMemory, slot: number): void {
  const { words } = memory;
  const base = memory.wordOf(SECTION.state) + HEAD.followers;
  for (let index = 0; index < FOLLOWER_COUNT; index++) {
    words.compareExchange(base + index * FOLLOWER_WORDS + FOLLOWER.owner, slot + 1, 0);
  }
}

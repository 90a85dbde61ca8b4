/**
 * A topic that has a journal: publishers who take turns by a lock, each with a ring of its own, successors of those who die, and a
 * subscriber that dies, too, and goes on where it was.
 *
 * ```text
 *   0  turn (0 free, n publisher n has it)   last   appends   noted   lives (publishers that have not ended)   deaths (of publishers)
 *      done (by the subscriber)
 *   …  the journal: a value for each sequence; damaged: 0
 *   …  for each publisher: counters of its ring   the subscriber's place in it   slots of {sequence, value}
 * ```
 *
 * The journal is what its own proofs say of it: a record is there whole or not at all, and who dies while it writes leaves nothing.
 *
 * @module
 */
import type { PrivateCopy } from "../../../ipc/src/ring/broadcast-lapped.ts";
import type { Words } from "../../../ipc/src/words.ts";
import type { Actor, ActorSpec, Model, World } from "../../../ipc/test/model/checker/model.ts";
import type { Appender } from "../../src/journal/appender.ts";
import type { Gap } from "../../src/journal/record-cursor.ts";
import type { RecordRun } from "../../src/journal/record-run.ts";
import type { TurnLock } from "../../src/journal/turn-lock.ts";
import type { History, Live } from "../../src/journal-topic/joined-records.ts";

/** The source under test. */
export type TopicSource = typeof import("./journal-topic-entry.ts");

/** What is modelled. */
export interface TopicBounds {
  readonly name: string;
  /** Slots of each ring. */
  readonly slots: number;
  /** How many records are in the journal, and in the first publisher's ring, before anybody begins. */
  readonly before: number;
  /** How many records each publisher sends, one by one. */
  readonly sends: readonly number[];
  /** How many whoever comes for one that died. */
  readonly again: number;
  /** A record that is damaged in the journal while others run; nobody is lapped, so that the rings have what the journal lacks. */
  readonly damaged?: number;
}

const WORD = {
  turn: 0,
  last: 1,
  appends: 2,
  noted: 3,
  lives: 4,
  deaths: 5,
  done: 6,
  journal: 7,
} as const;
const COUNTER_WORDS = 4;
const PLACE_WORDS = 4;
const SLOT_WORDS = 2;
/** Of a record that was damaged, when it is told as missing. */
const MISSING = -1;

interface Shape {
  readonly records: number;
  readonly laneWords: number;
  readonly delivered: number;
  readonly lanes: number;
  readonly gates: number;
  readonly wordCount: number;
}

/** The model. */
export function journalTopic(source: TopicSource, bounds: TopicBounds): Model {
  const { before, sends, damaged } = bounds;
  const shape = shapeOf(bounds);
  const publisher = (index: number, life: number): ActorSpec => ({
    name: `publisher ${index + 1}${life > 0 ? " again" : ""}`,
    body: (actor) => publish(source, bounds, actor, index, life),
  });
  const subscriber = (successor?: ActorSpec): ActorSpec => ({
    name: "subscriber",
    body: (actor) => subscribe(source, bounds, actor),
    ...(successor && { successor }),
  });
  const damages: ActorSpec[] =
    damaged === undefined
      ? []
      : [{ name: "damage", body: (actor) => damage(actor, bounds, damaged), isImmortal: true }];
  return {
    name: `topic with a journal, ${bounds.name}`,
    wordCount: shape.wordCount,
    init: (words) => {
      words.set(WORD.lives, sends.length);
      const ring = ringOf(source, bounds, words, 0);
      for (let sequence = 1; sequence <= before; sequence++) {
        words.set(WORD.journal + sequence, numberOf(0, 0, sequence));
        publishOne(ring, words, shape, 0, sequence, numberOf(0, 0, sequence));
      }
      words.set(WORD.last, before);
    },
    actors: [
      ...sends.map((_, i) => ({ ...publisher(i, 0), successor: publisher(i, 1) })),
      subscriber(subscriber(subscriber())),
      ...damages,
    ],
    onDeath: (memory, actor) => {
      if (actor >= sends.length) return;
      endLife(memory);
      memory[WORD.deaths] = (memory[WORD.deaths] as number) + 1;
      if (memory[WORD.turn] === actor + 1) memory[WORD.turn] = 0;
    },
    always: (world) => judge(world, bounds, shape),
    atEnd: (world) => judgeEnd(world, sends.length),
    nameOf: (index) => nameOf(index, shape),
  };
}

function publish(
  source: TopicSource,
  bounds: TopicBounds,
  actor: Actor,
  index: number,
  life: number,
): void {
  const { words, call, put, lookAt } = actor;
  const shape = shapeOf(bounds);
  if (life > 0) put(WORD.lives, lookAt(WORD.lives) + 1);
  const ring = ringOf(source, bounds, words, index);
  const looksAt = [WORD.turn];
  const turn = (label: string, from: number, to: number): void => {
    const guard = (memory: Readonly<Int32Array>): boolean => memory[WORD.turn] === from;
    const run = (memory: Int32Array): undefined => {
      memory[WORD.turn] = to;
    };
    call(label, run, { guard, looksAt });
  };
  const appender = new ModelledAppender(words);
  const writer = new source.JournalWriter({
    turns: {
      take: () => turn("take the turn", 0, index + 1),
      give: () => turn("give the turn", index + 1, 0),
    } as unknown as TurnLock,
    appender: appender as unknown as Appender,
    sync: "none",
    newRun: () => new ModelledRun() as unknown as RecordRun,
    head: () => ({
      note: (last) => words.store(WORD.noted, last),
      ring: () => void words.add(WORD.appends, 1),
      noteAppended: () => undefined,
      noteEnd: () => undefined,
    }),
    filesChanged: () => undefined,
  });
  const count = life > 0 ? bounds.again : (bounds.sends[index] as number);
  for (let i = 0; i < count; i++) {
    const value = numberOf(index + 1, life, i);
    writer.appendAll([value], () => {
      publishOne(ring, words, shape, index, appender.last, value);
    });
  }
  call("end", endLife, { looksAt: [WORD.lives] });
}

function endLife(memory: Int32Array): undefined {
  memory[WORD.lives] = (memory[WORD.lives] as number) - 1;
}

/** Damages a record that the first publisher has published. */
function damage({ put, until }: Actor, bounds: TopicBounds, sequence: number): void {
  const { counters } = laneOf(shapeOf(bounds), 0);
  until("for a record", (memory) => (memory[counters] as number) >= sequence);
  put(WORD.journal + sequence, 0);
}

function subscribe(source: TopicSource, bounds: TopicBounds, { words, call, lookAt }: Actor): void {
  const live = new ModelledLive(source, bounds, words);
  // What comes behind is published when it has joined.
  const known = lookAt(WORD.last);
  const history = new ModelledHistory(words);
  const joined = new source.JoinedRecords(history, live, lookAt(WORD.done) + 1);
  const { delivered } = shapeOf(bounds);
  const deliver = (sequence: number, value: number): void => {
    const before = call(
      `hand out ${sequence}`,
      (memory) => {
        const done = memory[WORD.done] as number;
        memory[WORD.done] = sequence;
        memory[delivered + sequence] = value;
        return done;
      },
      { looksAt: [WORD.done] },
    );
    if (before !== sequence - 1) throw new Error(`${sequence} comes after ${before}`);
  };
  for (let deaths = 0; ; ) {
    const seen = words.load(WORD.appends);
    const step = joined.step();
    if (step === "live") deliver(live.sequence, live.value);
    if (step === "history") deliver(history.sequence, history.value);
    if (step === "gap") {
      const { from, to } = joined.gap;
      if (to > known) throw new Error(`${to} is told as missing, and has been published`);
      for (let i = from; i <= to; i++) deliver(i, MISSING);
    }
    if (step !== "end") continue;
    // A second passes when nobody does anything any more, and is needed only where somebody has died (before it was counted, too).
    const isQuiet = (memory: Readonly<Int32Array>): boolean =>
      (memory[WORD.lives] as number) <= 0 && memory[WORD.deaths] !== deaths;
    const guard = (memory: Readonly<Int32Array>): boolean =>
      memory[WORD.appends] !== seen || isQuiet(memory);
    const run = (memory: Int32Array): number =>
      isQuiet(memory) ? (memory[WORD.deaths] as number) : 0;
    const found = call("wait", run, { guard, looksAt: [WORD.appends, WORD.lives, WORD.deaths] });
    history.isDue = found !== 0;
    deaths = found || deaths;
  }
}

/** Appends as an appender does, to whom its storage is a word a record. */
class ModelledAppender {
  readonly #words: Words;
  last = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  append(run: ModelledRun): number {
    this.last = this.#words.load(WORD.last);
    for (const value of run.values) {
      this.#words.set(WORD.journal + this.last + 1, value);
      this.#words.store(WORD.last, ++this.last);
    }
    return this.last;
  }
}

class ModelledRun {
  readonly values: number[] = [];

  clear(): void {
    this.values.length = 0;
  }

  add(value: number): void {
    this.values.push(value);
  }
}

class ModelledHistory implements History {
  readonly #words: Words;
  #at = 1;
  /** Whether a second has passed. */
  isDue = false;
  sequence = 0;
  value = 0;
  gap: Gap = { from: 0, to: 0 };

  constructor(words: Words) {
    this.#words = words;
  }

  get noted(): number {
    return this.#words.load(WORD.noted);
  }

  isLookDue(): boolean {
    const { isDue } = this;
    this.isDue = false;
    return isDue;
  }

  seek(sequence: number): void {
    this.#at = sequence;
  }

  advance(): "record" | "gap" | "end" {
    if (this.#at > this.#words.load(WORD.last)) return "end";
    const at = this.#at++;
    this.value = this.#words.get(WORD.journal + at);
    if (this.value === 0) {
      this.gap = { from: at, to: at };
      return "gap";
    }
    this.sequence = at;
    return "record";
  }
}

/** Reads the rings as a lapping subscriber does. */
class ModelledLive implements Live {
  readonly #lanes: readonly {
    readonly reader: InstanceType<TopicSource["FixedLappedReader"]>;
    readonly copied: readonly number[];
  }[];
  #found: { readonly sequence: number; readonly value: number }[] = [];

  constructor(source: TopicSource, bounds: TopicBounds, words: Words) {
    this.#lanes = bounds.sends.map((_, lane) => {
      const { counters, place, ring } = laneOf(shapeOf(bounds), lane);
      const copied: number[] = [];
      const start = {
        position: source.takePlace(words, counters, place, false),
        sequence: undefined,
      };
      const memory = privateCopy(words, ring, copied);
      const at = [counters, place, bounds.slots] as const;
      return { reader: new source.FixedLappedReader(words, ...at, memory, start), copied };
    });
  }

  get sequence(): number {
    return this.#found[0]?.sequence ?? 0;
  }

  get value(): number {
    return this.#found[0]?.value ?? 0;
  }

  drop(): void {
    this.#found.shift();
  }

  fetch(): boolean {
    const before = this.#found.length;
    for (const { reader, copied } of this.#lanes) {
      const count = reader.adjacent();
      for (let i = 0; i < count; i++) {
        const at = (reader.slot + i) * SLOT_WORDS;
        this.#found.push({ sequence: copied[at] as number, value: copied[at + 1] as number });
      }
      reader.advance(count);
    }
    this.#found.sort((one, other) => one.sequence - other.sequence);
    return this.#found.length > before;
  }
}

function privateCopy(words: Words, ring: number, copied: number[]): PrivateCopy {
  return {
    words: new Int32Array(0),
    length: 1,
    copy: (from, count) => {
      for (let i = 0; i < count * SLOT_WORDS; i++) {
        copied[i] = words.get(ring + from * SLOT_WORDS + i);
      }
    },
    grow: () => {},
  };
}

type Ring = InstanceType<TopicSource["FixedBroadcastPublisher"]>;

function ringOf(source: TopicSource, bounds: TopicBounds, words: Words, lane: number): Ring {
  const shape = shapeOf(bounds);
  const { counters, place } = laneOf(shape, lane);
  const table = { bits: shape.gates, bitWords: 1, places: place, placeWords: PLACE_WORDS };
  const gates = new source.Gates(words, table);
  return new source.FixedBroadcastPublisher(words, counters, bounds.slots, gates);
}

function publishOne(
  ring: Ring,
  words: Words,
  shape: Shape,
  lane: number,
  sequence: number,
  value: number,
): void {
  if (ring.claim(1) === 0) throw new Error("there is no room, and nobody is waited for");
  const at = laneOf(shape, lane).ring + ring.slot * SLOT_WORDS;
  words.set(at, sequence);
  words.set(at + 1, value);
  ring.commit(1);
  ring.publish();
}

function judge({ memory }: World, { damaged }: TopicBounds, shape: Shape): string | undefined {
  const last = memory[WORD.last] as number;
  const done = memory[WORD.done] as number;
  if (done > last) return `${done} has been handed out when the journal ended with ${last}`;
  for (let sequence = 1; sequence <= done; sequence++) {
    const found = memory[shape.delivered + sequence] as number;
    const kept = memory[WORD.journal + sequence] as number;
    if (kept === 0 && sequence === damaged) continue;
    if (found !== kept) return `${sequence} was handed out as ${found} and is ${kept}`;
  }
  return undefined;
}

function judgeEnd({ actors, memory }: World, publishers: number): string | undefined {
  const stuck = actors.slice(0, publishers).find(({ status }) => status === "blocked");
  if (stuck !== undefined) return `the ${stuck.name} waits for ever, ${stuck.blockedIn}`;
  const done = memory[WORD.done];
  const last = memory[WORD.last];
  return done === last ? undefined : `${last} records were appended, ${done} were handed out`;
}

function numberOf(publisher: number, life: number, index: number): number {
  return 1000 * (publisher + 1) + 100 * life + index;
}

function shapeOf({ before, sends, again, slots }: TopicBounds): Shape {
  const records = before + sends.reduce((sum, count) => sum + count + 2 * again, 0);
  const laneWords = COUNTER_WORDS + PLACE_WORDS + slots * SLOT_WORDS;
  const delivered = WORD.journal + records + 1;
  const lanes = delivered + records + 1;
  const gates = lanes + sends.length * laneWords;
  return { records, laneWords, delivered, lanes, gates, wordCount: gates + 1 };
}

function laneOf(shape: Shape, lane: number) {
  const counters = shape.lanes + lane * shape.laneWords;
  const place = counters + COUNTER_WORDS;
  return { counters, place, ring: place + PLACE_WORDS };
}

function nameOf(index: number, { delivered, lanes, laneWords }: Shape): string | undefined {
  if (index < WORD.journal) return Object.entries(WORD).find(([, at]) => at === index)?.[0];
  if (index < delivered) return `journal ${index - WORD.journal}`;
  if (index < lanes) return `handed out ${index - delivered}`;
  const lane = Math.floor((index - lanes) / laneWords) + 1;
  const at = (index - lanes) % laneWords;
  if (at < COUNTER_WORDS) {
    return `${["tail", "tailHigh", "oldest", "oldestHigh"][at]} of ring ${lane}`;
  }
  if (at < COUNTER_WORDS + PLACE_WORDS) return `place ${at - COUNTER_WORDS} in ring ${lane}`;
  const slot = at - COUNTER_WORDS - PLACE_WORDS;
  return `slot ${slot >> 1} word ${slot & 1} of ring ${lane}`;
}

/**
 * Shared counters: processes that add to the directory, count, and die; who takes a dead one's place; and a reader who takes no
 * lock.
 *
 * ```text
 *   0  state: sizes, lives, directory   …  columns   lock (0 free, n held by process n)
 *      for each place: generation, whether it is alive, increments begun, increments done
 * ```
 *
 * A number of a column is the first of its two words: its 8 bytes are stored at once. Who sets the gauge sets it to its generation.
 * The reader has the last place, all the time.
 *
 * @module
 */
import type { Segment } from "@isthmus/ipc/internal";
import type { Words } from "../../../ipc/src/words.ts";
import type { Actor, ActorSpec, Model, World } from "../../../ipc/test/model/checker/model.ts";
import { PlainWords } from "../../../ipc/test/model/checker/plain-words.ts";
import type { Columns } from "../../src/counters/columns.ts";
import {
  COUNTERS,
  directoryOffset,
  FIRST_NUMBER,
  LIVES_OFFSET,
} from "../../src/counters/counters-layout.ts";
import type { Directory, Family } from "../../src/counters/directory.ts";
import type { MetricFamily } from "../../src/counters/exposition.ts";

/** The sources under test. */
export type CountersSource = typeof import("./counters-source.ts");

/** One thing that a process does: count once in the series of a value, or set the gauge. */
export type Deed = { readonly count: string } | "gauge";

/** What is modelled. */
export interface CountersBounds {
  readonly name: string;
  /** What each process does, whoever has its place. */
  readonly processes: readonly (readonly Deed[])[];
  /** The series that are there before anybody begins. */
  readonly before: readonly Deed[];
  /** Whether what is counted can be seen at once; not where stores wait. */
  readonly isPrompt: boolean;
}

/** Room for what is added, and little more. */
const DIRECTORY_BYTES = 384;
const COLUMN_NUMBERS = 8;
const PLACES = 3;
const READER = PLACES - 1;
const PLACE = { generation: 0, isAlive: 1, begun: 2, done: 3 } as const;

const DIRECTORY = directoryOffset(PLACES) / 4;
const COLUMNS = DIRECTORY + DIRECTORY_BYTES / 4;
const LOCK = COLUMNS + (PLACES + 1) * COLUMN_NUMBERS * 2;
const WORDS = placeWord(PLACES, 0);

interface Read {
  /** Increments that were done before it, and begun by its end. */
  readonly done: number;
  readonly begun: number;
  readonly sum: number;
  /** Of the first place, before it. */
  readonly generation: number;
  readonly gauge: number;
}

/** The model. */
export function countersModel(source: CountersSource, bounds: CountersBounds): Model {
  const known = directoryBefore(source, bounds);
  const actors: ActorSpec[] = bounds.processes.map((deeds, slot) => ({
    name: `process ${slot + 1}`,
    body: (actor) => live(source, withKnown(actor, known), slot, deeds),
    successor: {
      name: `process ${slot + 1} again`,
      body: (actor) => live(source, withKnown(actor, known), slot, deeds),
    },
  }));
  return {
    name: `counters, ${bounds.name}`,
    wordCount: WORDS,
    init: (words) => {
      for (const [index, value] of known.entries()) words.set(index, value);
    },
    actors: [
      ...actors,
      {
        name: "reader",
        body: (actor) => read(source, withKnown(actor, known)),
        isImmortal: true,
      },
    ],
    onDeath: (memory, actor) => {
      memory[placeWord(actor, PLACE.isAlive)] = 0;
      if (memory[LOCK] === actor + 1) memory[LOCK] = 0;
    },
    always: ({ actors: views }) =>
      judgeReads((views.at(-1)?.reports ?? []) as Read[], bounds.isPrompt),
    atEnd: (world) => judgeEnd(source, world, bounds),
    nameOf,
  };
}

/** The memory before anybody begins. */
function directoryBefore(source: CountersSource, { before }: CountersBounds): Int32Array {
  const words = new PlainWords(new Int32Array(WORDS));
  words.set(COUNTERS.directoryBytes, DIRECTORY_BYTES);
  words.set(COUNTERS.numbers, FIRST_NUMBER);
  words.set(LIVES_OFFSET / 4 + READER, 1);
  words.set(placeWord(READER, PLACE.generation), 1);
  words.set(placeWord(READER, PLACE.isAlive), 1);
  const registry = new source.Registry(directoryOn(source, words), NO_LOCK, "modelled");
  for (const deed of before) seriesOf(source, registry, deed);
  return words.values;
}

/** What is in the directory already never changes: reading it is no step, and writing it is wrong. */
function withKnown(actor: Actor, known: Int32Array): Actor {
  const end = DIRECTORY + (known[COUNTERS.usedBytes] as number) / 4;
  const isKnown = (index: number): boolean => index >= DIRECTORY && index < end;
  const words = new Proxy(actor.words, {
    get: (target, method: keyof Words) => {
      if (method === "get") {
        return (index: number) => (isKnown(index) ? known[index] : target.get(index));
      }
      if (method === "set") {
        return (index: number, value: number) => {
          if (isKnown(index)) throw new Error("what is in the directory was overwritten");
          target.set(index, value);
        };
      }
      return target[method].bind(target);
    },
  });
  return {
    words,
    call: (label, run, options) => actor.call(label, run, options),
    until: (label, isTrue) => actor.until(label, isTrue),
    lookAt: (index) => actor.lookAt(index),
    put: (index, value) => actor.put(index, value),
    report: (value) => actor.report(value),
  };
}

/** Takes a place, does what there is to do, and keeps the place. */
function live(source: CountersSource, actor: Actor, slot: number, deeds: readonly Deed[]): void {
  const { words, call, put, lookAt } = actor;
  const place = [PLACE.generation, PLACE.isAlive].map((field) => placeWord(slot, field));
  call(
    "take the place",
    (memory) => {
      memory[placeWord(slot, PLACE.generation)]! += 1;
      memory[placeWord(slot, PLACE.isAlive)] = 1;
      return undefined;
    },
    { looksAt: place },
  );
  const directory = directoryOn(source, words);
  directory.refresh();
  const columns = columnsOn(source, actor, slot, directory.families);
  const registry = new source.Registry(directory, lockOf(actor, slot), "modelled");
  for (const deed of deeds) {
    const { family, number } = seriesOf(source, registry, deed);
    const series = { columns, numberOf: () => number };
    if (deed === "gauge") {
      const gauge = new source.GaugeSeries(series, family.definition, number);
      gauge.set(lookAt(placeWord(slot, PLACE.generation)));
      continue;
    }
    const [begun, done] = [placeWord(slot, PLACE.begun), placeWord(slot, PLACE.done)];
    put(begun, lookAt(begun) + 1);
    new source.CounterSeries(series, number).inc();
    put(done, lookAt(done) + 1);
  }
}

function seriesOf(
  source: CountersSource,
  registry: InstanceType<CountersSource["Registry"]>,
  deed: Deed,
): { readonly family: Family; readonly number: number | undefined } {
  if (deed === "gauge") {
    const family = registry.define(source.definitionOf("gauge", "g", {}));
    return { family, number: registry.numberOf(family, "", []) };
  }
  const values = [deed.count];
  const family = registry.define(source.definitionOf("counter", "c", { labels: ["l"] }));
  return { family, number: registry.numberOf(family, source.keyOf(values), values) };
}

function read(source: CountersSource, actor: Actor): void {
  const { words, lookAt, report } = actor;
  const generation = lookAt(placeWord(0, PLACE.generation));
  const done = lookAt(placeWord(0, PLACE.done)) + lookAt(placeWord(1, PLACE.done));
  const directory = directoryOn(source, words);
  directory.refresh();
  const columns = columnsOn(source, actor, READER, directory.families);
  const families = source.readFamilies(columns, directory.families);
  const begun = lookAt(placeWord(0, PLACE.begun)) + lookAt(placeWord(1, PLACE.begun));
  const [sum, gauge] = [totalOf(families, "c"), totalOf(families, "g")];
  report({ done, begun, sum, generation, gauge } satisfies Read);
}

function directoryOn({ Directory: Made }: CountersSource, words: Words): Directory {
  return new Made({
    name: "modelled",
    words,
    state: 0,
    start: DIRECTORY,
    directoryBytes: DIRECTORY_BYTES,
    columnNumbers: COLUMN_NUMBERS,
  });
}

function columnsOn(
  { Columns: Made }: CountersSource,
  { words, call, lookAt }: Pick<Actor, "words" | "call" | "lookAt">,
  slot: number,
  families: readonly Family[],
): Columns {
  const columnBytes = COLUMN_NUMBERS * 8;
  const shape = { placeCount: PLACES, columnBytes, directoryBytes: DIRECTORY_BYTES };
  const segment = {
    slot,
    memory: { words, section: () => ({ offset: COLUMNS * 4 }), wordOf: () => 0 },
    participants: {
      used: PLACES,
      generationOf: (one: number) => lookAt(placeWord(one, PLACE.generation)),
      isAlive: (one: number) =>
        call("is it alive", (memory) => memory[placeWord(one, PLACE.isAlive)] as number, {
          isFence: false,
          looksAt: [placeWord(one, PLACE.isAlive)],
        }) === 1,
    },
    allocate: () => undefined,
    checkOpen: () => undefined,
  };
  return new Made(segment as unknown as Segment, shape, numbersOn(words), families);
}

/** The numbers of a segment: each of them is the first of its two words. */
function numbersOn(words: Words): Float64Array {
  return new Proxy([] as unknown as Float64Array, {
    get: (_numbers, index) => words.get(Number(index) * 2),
    set: (_numbers, index, value: number) => {
      words.set(Number(index) * 2, value);
      return true;
    },
  });
}

const NO_LOCK = { lock: () => "acquired" as const, unlock: () => undefined };

function lockOf({ call }: Actor, slot: number): typeof NO_LOCK {
  return {
    lock: () => {
      call(
        "lock",
        (memory) => {
          memory[LOCK] = slot + 1;
          return undefined;
        },
        { guard: (memory) => memory[LOCK] === 0, looksAt: [LOCK] },
      );
      return "acquired";
    },
    unlock: () => {
      call(
        "unlock",
        (memory) => {
          memory[LOCK] = 0;
          return undefined;
        },
        { looksAt: [LOCK] },
      );
      return undefined;
    },
  };
}

function judgeReads(reads: readonly Read[], isPrompt: boolean): string | undefined {
  for (const { done, begun, sum, generation, gauge } of reads) {
    if (sum > begun) return `${sum} were counted where ${begun} were begun`;
    if (isPrompt && sum < done) return `${sum} were counted where ${done} were done`;
    if (gauge !== 0 && gauge < generation) {
      return `the gauge of generation ${gauge} was told when ${generation} had the place`;
    }
  }
  return undefined;
}

function judgeEnd(
  source: CountersSource,
  { actors, memory, words }: World,
  { before, processes }: CountersBounds,
): string | undefined {
  if (actors.some(({ status }) => status === "blocked")) return "somebody waits for ever";
  const directory = directoryOn(source, words);
  directory.refresh();
  const [counter] = directory.families;
  const numbers = [...(counter?.series.values() ?? [])].map(({ number }) => number);
  const wanted = new Set(
    [...before, ...processes.flat()].flatMap((deed) => (deed === "gauge" ? [] : deed.count)),
  );
  const isAllThere = actors.every(({ status }) => status === "done");
  if (isAllThere && numbers.length !== wanted.size) return `there are ${numbers.length} series`;
  const sum = (field: number): number =>
    [0, 1].reduce((all, slot) => all + (memory[placeWord(slot, field)] as number), 0);
  const columns = columnsOn(
    source,
    {
      words,
      call: (_label, run) => run(memory as Int32Array),
      lookAt: (index) => memory[index] as number,
    },
    READER,
    directory.families,
  );
  const counted = totalOf(source.readFamilies(columns, directory.families), "c");
  const [begun, done] = [sum(PLACE.begun), sum(PLACE.done)];
  if (counted < done || counted > begun) {
    return `${counted} are counted at the end, where ${begun} were begun and ${done} done`;
  }
  return undefined;
}

function totalOf(families: readonly MetricFamily[], wanted: string): number {
  const family = families.find(({ name }) => name === wanted);
  return (family?.samples ?? []).reduce((sum, one) => sum + ("value" in one ? one.value : 0), 0);
}

function placeWord(slot: number, field: number): number {
  return LOCK + 1 + slot * Object.keys(PLACE).length + field;
}

function nameOf(index: number): string | undefined {
  if (index === LOCK) return "lock";
  if (index > LOCK) {
    const at = index - LOCK - 1;
    const fields = Object.keys(PLACE);
    return `place ${Math.floor(at / fields.length)} ${fields[at % fields.length]}`;
  }
  if (index >= COLUMNS) {
    const at = (index - COLUMNS) >> 1;
    return `column ${Math.floor(at / COLUMN_NUMBERS)} number ${at % COLUMN_NUMBERS}`;
  }
  if (index >= DIRECTORY) return `directory ${index - DIRECTORY}`;
  if (index >= LIVES_OFFSET / 4) return `life ${index - LIVES_OFFSET / 4}`;
  return Object.entries(COUNTERS).find(([, word]) => word === index)?.[0];
}

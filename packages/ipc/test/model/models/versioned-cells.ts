/**
 * A record with four copies: a writer, its successor after a crash, and a reader.
 *
 * ```text
 *   0  sequence   1 .. the copies, one after the other
 * ```
 *
 * Every word of the record is the number of the publication, so that a torn one can be told.
 *
 * @module
 */
import { COPY_COUNT } from "../../../src/shared-struct/cells-layout.ts";
import type { Copies } from "../../../src/shared-struct/versioned-cells.ts";
import type { Words } from "../../../src/words.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";

/** The source under test. */
export type CellsSource = typeof import("../../../src/shared-struct/versioned-cells.ts");

/** What is modelled. */
export interface CellsBounds {
  /** Words of a record; two are enough to be torn. */
  readonly recordWords?: number;
  readonly publications: number;
  /** The counter before the first of them. */
  readonly start?: number;
  readonly readers?: number;
}

/** Copies that mistaken indexes lead to are inside, too. */
const CELLS_MAX = COPY_COUNT;
const COUNTER = 0;

/** What a reader reports. */
interface Read {
  readonly oldest: number;
  readonly record: readonly number[];
}

/** The model of one writer at a time and some readers. */
export function versionedCells({ VersionedCells }: CellsSource, bounds: CellsBounds): Model {
  const { recordWords = 2, publications, start = 0, readers = 1 } = bounds;
  const wordOf = (cell: number, word: number): number => 1 + cell * recordWords + word;
  const numberOf = (sequence: number): number => (sequence - start) | 0;

  const copiesOf = (words: Words, record: number[]): Copies => ({
    copyOut: (cell) => {
      for (let i = 0; i < recordWords; i++) record[i] = words.get(wordOf(cell, i));
    },
    copyIn: (cell) => {
      record.forEach((value, i) => {
        words.set(wordOf(cell, i), value);
      });
    },
  });

  const write = ({ words, call }: Actor): void => {
    // The mutex, whose kernel side orders everything.
    call("lock", () => undefined);
    const record = Array<number>(recordWords).fill(0);
    const cells = new VersionedCells(words, COUNTER, copiesOf(words, record));
    for (let n = numberOf(cells.sequence) + 1; n <= publications; n++) {
      record.fill(n);
      cells.publish();
    }
  };
  const read = ({ words, lookAt, report }: Actor): void => {
    const record = Array<number>(recordWords).fill(-1);
    const cells = new VersionedCells(words, COUNTER, copiesOf(words, record));
    const oldest = numberOf(lookAt(COUNTER));
    cells.read();
    report({ oldest, record } satisfies Read);
  };
  const writer = (name: string, successor?: ActorSpec): ActorSpec => ({
    name,
    body: write,
    ...(successor === undefined ? {} : { successor }),
  });
  return {
    name: `versioned cells, ${publications} publications`,
    wordCount: 1 + CELLS_MAX * recordWords,
    init: (words) => words.store(COUNTER, start),
    actors: [
      writer("writer", writer("next writer")),
      ...Array.from({ length: readers }, (_, i) => ({ name: `reader ${i + 1}`, body: read })),
    ],
    always: (world) => judge(world, numberOf(world.memory[COUNTER] as number)),
    atEnd: ({ actors: [one], memory }) =>
      one?.status === "done" && numberOf(memory[COUNTER] as number) !== publications
        ? "a publication is missing"
        : undefined,
    nameOf: (index) =>
      index === COUNTER
        ? "sequence"
        : `copy ${Math.floor((index - 1) / recordWords)} word ${(index - 1) % recordWords}`,
  };
}

function judge({ actors }: World, newest: number): Verdict {
  for (const { name, reports } of actors) {
    const [read] = reports as Read[];
    if (read === undefined) continue;
    const [number = -1] = read.record;
    const isWhole = read.record.every((word) => word === number);
    if (!isWhole) return `${name} has read a torn record: ${read.record.join(", ")}`;
    if (number < read.oldest) return `${name} has read ${number} when ${read.oldest} was published`;
    if (number > newest) return `${name} has read ${number} before it was published`;
  }
  return undefined;
}

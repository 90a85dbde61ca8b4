/** The journal against the rings: whatever publishers, subscribers and the topic do, everybody gets what the journal has. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { SeededRandom } from "@isthmus/testing/seeded-random";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Journal, JournalPublisher, JournalSubscriber } from "../../src/index.ts";
import { entriesOf, NUMBERS, SMALL } from "../journal/support/sample-journal.ts";

const RUNS = 3 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
const STEPS = 1500;
const NAME = "fuzzed";

type Publishing = JournalPublisher<typeof NUMBERS.schema>;
type Subscribing = JournalSubscriber<typeof NUMBERS.schema>;

/** A subscriber's lives, and what they have been given. */
interface Reader {
  subscriber: Subscribing;
  readonly got: unknown[];
}

describe("a topic that has a journal", () => {
  test("gives each subscriber what the journal has, whatever happens in which order", async () => {
    for (let seed = 0; seed < RUNS; seed++) {
      try {
        await fuzz(new SeededRandom(seed));
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
});

async function fuzz(random: SeededRandom): Promise<void> {
  using home = new Home();
  using directory = new TemporaryDirectory();
  const path = directory.file("j");
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const sizes = { capacityBytes: 256 << below(6) };
  const handles = [0, 1].map(() => Journal.open(path, { ...NUMBERS, ...SMALL }));
  using journal = Journal.open(path, NUMBERS);
  const publish = (): Publishing =>
    JournalPublisher.createOrOpen(NAME, { journal: handles[below(2)] as typeof journal, ...sizes });
  const subscribe = (from: number): Subscribing =>
    JournalSubscriber.createOrOpen(NAME, { journal, ...sizes, from });
  const publishers = [publish(), publish(), publish()];
  const readers: Reader[] = [1, 2, 3].map(() => ({ subscriber: subscribe(1), got: [] }));
  const take = (reader: Reader, most: number): void => {
    for (let i = 0; i < most; i++) {
      const entry = reader.subscriber.tryReceive();
      if (entry === undefined) return;
      reader.got.push(entry.gap === undefined ? [entry.sequence, entry.value] : entry);
    }
  };
  let value = 0;
  const values = (count: number): number[] => Array.from({ length: count }, () => value++);
  const deeds = [
    () => publishers[below(3)]?.send(value++),
    () => publishers[below(3)]?.send(value++),
    () => publishers[below(3)]?.sendAll(values(below(90))),
    () => handles[below(2)]?.appendAll(values(1 + below(3))),
    () => take(readers[below(3)] as Reader, 1 + below(4)),
    () => take(readers[below(3)] as Reader, 200),
    () => take(readers[below(2)] as Reader, Infinity),
  ];
  const rare = [
    () => {
      const index = below(3);
      publishers[index]?.dispose();
      publishers[index] = publish();
    },
    () => {
      const reader = readers[below(3)] as Reader;
      const { nextSequence } = reader.subscriber;
      reader.subscriber.dispose();
      reader.subscriber = subscribe(nextSequence);
    },
    () => home.names().includes(NAME) && MemoryMappedFile.unlink(NAME),
  ];
  for (let step = 0; step < STEPS; step++) {
    const among = below(40) === 0 ? rare : deeds;
    among[below(among.length)]?.();
  }
  const expected = await entriesOf(journal);
  expect(expected.length).toBe(value);
  for (const reader of readers) {
    take(reader, Infinity);
    expect(reader.got).toEqual(expected);
  }
  for (const each of [...publishers, ...readers.map(({ subscriber }) => subscriber), ...handles]) {
    each.dispose();
  }
}

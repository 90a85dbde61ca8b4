/** Every figure is declared once, and whoever tells figures finds it by its table. */
import { describe, expect, expectTypeOf, test } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { ratesOf } from "../../src/figures/rates-of.ts";
import { readFigures } from "../../src/figures/read-figures.ts";
import {
  bytes,
  FIGURES,
  type FigureTable,
  figureTotals,
  flowTotals,
  NamedEvent,
  NamedSemaphore,
  observe,
  Publisher,
  type PublisherMetrics,
  type PublisherRates,
  participantStates,
  ratesBetween,
  type SegmentInfo,
  SegmentObserver,
  type SegmentSample,
  Subscriber,
  type TopicInfo,
  type TopicPublisherInfo,
} from "../../src/index.ts";
import { COUNTER } from "../../src/metrics/counter-layout.ts";

const TABLES = Object.entries(FIGURES).flatMap(([kind, parts]) =>
  Object.entries<FigureTable>(parts).map(([part, table]) => ({ kind, part, table })),
);
const SOURCE = join(import.meta.dir, "..", "..", "src");

/** The files in which kinds declare their figures. */
const FIGURE_FILES = [...new Bun.Glob("*/*-figures.ts").scanSync(SOURCE)]
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => !["observe/kind-figures.ts", "figures/read-figures.ts"].includes(file));

describe("FIGURES", () => {
  test("cannot be changed", () => {
    expect(() => Object.assign(FIGURES.topic.publisher.drops, { help: "" })).toThrow(TypeError);
  });

  test.each(TABLES)("$kind.$part keeps no two figures in the same counter", ({ table }) => {
    const places = Object.values(table).flatMap(({ writer, block = writer, counter }) =>
      counter === undefined ? [] : [`${block}.${counter}`],
    );
    expect(new Set(places).size).toBe(places.length);
    for (const place of places) expect(COUNTER).toHaveProperty(place.split(".")[1] as string);
  });

  test.each(FIGURE_FILES)(
    "the comments of %s, which editors show, say what the figures say",
    async (file) => {
      const source = await Bun.file(join(SOURCE, file)).text();
      const comments = [...source.matchAll(/\/\*\* (.*) \*\/\n {4}(\w+): \{([^}]*)\}/g)];
      expect(comments.length).toBe(source.match(/writer:/g)?.length ?? 0);
      for (const [, comment = "", name, body = ""] of comments) {
        const help = /help: "(.*)"/.exec(body)?.[1]?.replaceAll('\\"', '"').replace(/\.$/, "");
        expect(`${name}: ${comment}`).toStartWith(`${name}: ${help}`);
      }
    },
  );

  test("gives the public types their fields", () => {
    type Numbers<Name extends string> = Readonly<Record<Name, number>>;
    expectTypeOf<PublisherMetrics>().toExtend<Numbers<"records" | "drops" | "fullWaits">>();
    expectTypeOf<TopicPublisherInfo>().toExtend<Numbers<"oldestPosition" | "fill" | "bytes">>();
    expectTypeOf<TopicInfo>().toExtend<Numbers<"records" | "lost" | "publisherWakes">>();
    expectTypeOf<PublisherRates>().toExtend<Numbers<"recordsPerSecond" | "dropsPerSecond">>();
  });
});

describe("readFigures()", () => {
  test("reads a counter that a table has in addition", () => {
    const table = {
      ...FIGURES.topic.publisher,
      oversized: {
        type: "counter",
        unit: "records",
        writer: "publisher",
        counter: "errors",
        help: "Too long.",
      },
    } as const;
    const publisher = { get: (name: keyof typeof COUNTER) => COUNTER[name] * 10 };
    const read = readFigures(table, { publisher });
    expect(read.oversized).toBe(60);
    expect(read.drops).toBe(30);
    const rates = ratesOf(table, undefined, { ...read }, (count) => count / 2);
    expect(rates.oversizedPerSecond).toBe(30);
  });
});

describe("figureTotals()", () => {
  test("adds up what publishers and subscribers of a topic count, and how fast", () => {
    using _home = new Home();
    using publisher = Publisher.createNew("ticks", { schema: bytes });
    using subscriber = Subscriber.openExisting("ticks", { schema: bytes });
    using observer = new SegmentObserver("ticks");
    const before = observer.sample() as SegmentSample;
    for (let sent = 0; sent < 4; sent++) publisher.send(new Uint8Array(10));
    publisher.flush();
    subscriber.poll(() => {}, { limit: 3 });
    const after = observer.sample() as SegmentSample;
    const later = { ...after, takenAtNs: before.takenAtNs + 2e9 };
    const rates = ratesBetween(before, later);
    const totals = figureTotals(later, rates).map(({ part, name, value, perSecond }) => ({
      [`${part}.${name}`]: [value, perSecond],
    }));
    expect(Object.assign({}, ...totals)).toMatchObject({
      "publisher.records": [4, 2],
      "publisher.bytes": [40, 20],
      "publisher.drops": [0, 0],
      "place.records": [3, 1.5],
      "place.lost": [0, 0],
      "subscriber.lag": [1, undefined],
    });
    expect(flowTotals(later, rates)).toMatchObject({
      records: { value: 4, perSecond: 2 },
      consumed: { value: 3, perSecond: 1.5 },
      lag: { value: 1, perSecond: undefined },
    });
  });

  test("tells of a semaphore and an event", () => {
    using _home = new Home();
    using semaphore = NamedSemaphore.createNew("slots", {
      initial: 2,
      max: 3,
      returnOnDeath: true,
    });
    using event = NamedEvent.createNew("go", { reset: "manual" });
    semaphore.wait();
    event.set();
    const named = (name: string): Record<string, number> =>
      Object.fromEntries(
        figureTotals(observe(name)).map((total) => [`${total.kind}.${total.name}`, total.value]),
      );
    expect(named("slots")).toMatchObject({
      "semaphore.max": 3,
      "semaphore.available": 1,
      "semaphore.permits": 1,
    });
    expect(named("go")).toMatchObject({ "event.isSet": 1, "event.setCount": 1 });
    expect(flowTotals(observe("go"))).toBeUndefined();
  });

  test("tells nothing of what could not be understood", () => {
    using _home = new Home();
    using _event = NamedEvent.createNew("go");
    const error = { code: "ERR_CORRUPT_SEGMENT", message: "no header" };
    expect(figureTotals({ ...observe("go"), error } as SegmentInfo)).toEqual([]);
  });
});

describe("participantStates()", () => {
  test("believes two looks more than the times of last activity", () => {
    using _home = new Home();
    using publisher = Publisher.createNew("ticks", { schema: bytes });
    using subscriber = Subscriber.openExisting("ticks", { schema: bytes });
    using observer = new SegmentObserver("ticks");
    const look = (atMs: number): SegmentSample => {
      const { topic, ...sample } = observer.sample() as SegmentSample;
      // By the times nothing is to be said against it, however slow this machine is today.
      const subscribers = topic!.subscribers.map((one) => ({ ...one, state: "live" as const }));
      return { ...sample, topic: { ...topic!, subscribers }, takenAtNs: atMs * 1e6 };
    };
    const send = (): void => {
      publisher.send(new Uint8Array(1));
      publisher.flush();
    };
    const slotOf = ({ topic }: SegmentSample): number => topic!.subscribers[0]!.participant.slot;
    const judge = (one: SegmentSample, two: SegmentSample): unknown =>
      participantStates(two, ratesBetween(one, two)).get(slotOf(two));
    send();
    const first = look(0);
    send();
    expect(participantStates(first).get(slotOf(first))).toBe("live");
    expect(judge(first, look(1000))).toBe("stalled");
    // In less than a second nobody has stalled.
    expect(judge(first, look(999))).toBe("live");
    subscriber.poll(() => {}, { limit: 1 });
    expect(judge(first, look(1000))).toBe("live");
  });
});

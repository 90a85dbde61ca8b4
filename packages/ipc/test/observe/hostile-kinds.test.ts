/** Topics, services, semaphores, events and structs that somebody has filled with nonsense. */
import { describe, expect, test } from "bun:test";
import { CorruptSegmentError } from "@isthmus/core";
import { SECTION, type SegmentKind } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import fc from "fast-check";
import {
  bytes,
  DirectoryObserver,
  json,
  NamedEvent,
  NamedSemaphore,
  observe,
  Publisher,
  RecordTail,
  Requester,
  ratesBetween,
  SegmentObserver,
  SharedStruct,
  Subscriber,
  struct,
  u32,
} from "../../src/index.ts";
import { isTailed } from "../../src/observe/tail-plan.ts";
import { BROADCAST } from "../../src/ring/broadcast-layout.ts";
import { LANE } from "../../src/ring/lane-layout.ts";
import { SERVICE, SERVICE_LANES } from "../../src/service/service-layout.ts";
import {
  ON_SLOW,
  PLACES_OFFSET,
  SUBSCRIBER_BYTES,
  SUBSCRIBERS_OFFSET,
  TOPIC,
  topicLanes,
} from "../../src/topic/topic-layout.ts";
import { numbersIn, refusing } from "./hostile-support.ts";
import { lieIn, words } from "./support.ts";

const Record = struct({ id: u32, rest: u32 });

/** A segment, and how much of its state is sizes that lies leave alone at first. */
interface Victim {
  readonly name: string;
  readonly make: (stack: DisposableStack) => void;
  readonly sizesBytes: number;
  /** Words that must be right for anything to be looked into. */
  readonly keep?: readonly (readonly [word: number, value: number])[];
  /** Word of a position; without one that is small, positions would hardly ever be near each other. */
  readonly position?: number;
}

/** Lanes of a topic with the usual number of subscribers. */
const TOPIC_LANES = topicLanes(64);

const firstLane = ({ headerBytes, isReady }: typeof TOPIC_LANES): number =>
  headerBytes / 4 + isReady;

/** Word of the place of the subscriber, whose slot is 1, in the first lane of a topic. */
const firstPlace = (TOPIC_LANES.headerBytes + PLACES_OFFSET + SUBSCRIBER_BYTES) / 4;

const SMALL = { capacityBytes: 4096 };

function topic(name: string, schema: typeof json, record: unknown): Victim {
  return {
    name,
    sizesBytes: (TOPIC.laneBytes + 1) * 4,
    position: TOPIC_LANES.headerBytes / 4,
    keep: [
      [firstLane(TOPIC_LANES), 1],
      [(SUBSCRIBERS_OFFSET + SUBSCRIBER_BYTES) / 4, ON_SLOW.gate],
      // It has read nothing of the first lane.
      [firstPlace, 0],
      [firstPlace + 1, 0],
      // And nothing may be overwritten.
      [TOPIC_LANES.headerBytes / 4 + BROADCAST.oldest, 0],
      [TOPIC_LANES.headerBytes / 4 + BROADCAST.oldestHigh, 0],
    ],
    make: (stack) => {
      const publisher = stack.use(
        Publisher.createNew(name, { ...SMALL, schema, maxPublishers: 2 }),
      );
      const options = { schema, onSlow: "gate" } as const;
      stack.use(Subscriber.openExisting(name, options));
      for (let i = 0; i < 20; i++) publisher.send(record);
      publisher.flush();
    },
  };
}

const VICTIMS: readonly Victim[] = [
  topic("topic of structs", Record as unknown as typeof json, { id: 1, rest: 2 }),
  topic("topic of bytes", bytes as unknown as typeof json, new Uint8Array(24)),
  topic("topic of json", json, { id: 1 }),
  {
    name: "service",
    sizesBytes: (SERVICE.laneBytes + 1) * 4,
    position: SERVICE_LANES.headerBytes / 4,
    keep: [
      [firstLane(SERVICE_LANES), 1],
      // Nothing was taken: everything up to the tail is held.
      [SERVICE_LANES.headerBytes / 4 + LANE.head, 0],
      [SERVICE_LANES.headerBytes / 4 + LANE.headHigh, 0],
    ],
    make: (stack) => {
      const schemas = { request: Record, response: json };
      stack.use(Requester.createNew("service", { ...SMALL, ...schemas, maxRequesters: 2 }));
    },
  },
  {
    name: "semaphore",
    sizesBytes: 8,
    make: (stack) => {
      stack.use(NamedSemaphore.createNew("semaphore", { initial: 2, max: 2, returnOnDeath: true }));
    },
  },
  {
    name: "event",
    sizesBytes: 0,
    keep: [[1, 1]],
    make: (stack) => {
      stack.use(NamedEvent.createNew("event", { reset: "manual" }));
    },
  },
  {
    name: "struct",
    sizesBytes: 0,
    make: (stack) => {
      stack.use(SharedStruct.createNew("struct", Record));
    },
  },
];

/** Looks in every way there is and judges what is found. */
function lookAt(name: string): void {
  const info = refusing(() => observe(name));
  const { topic: found, service, semaphore, event, struct: record } = info ?? {};
  const figures = numbersIn([found, service, semaphore, event, record]);
  expect(figures.filter((figure) => !(figure >= 0 && Number.isFinite(figure)))).toEqual([]);
  for (const { fill } of [...(found?.publishers ?? []), ...(service?.requesters ?? [])]) {
    expect(fill).toBeLessThanOrEqual(1);
  }
  expect(semaphore?.available ?? 0).toBeLessThanOrEqual(semaphore?.max ?? 0);
  for (const { queued, waitingReplies } of service?.requesters ?? []) {
    expect(queued).toBeLessThanOrEqual((service?.requestCapacityBytes ?? 0) / 8);
    expect(waitingReplies).toBeLessThanOrEqual((service?.replyCapacityBytes ?? 0) / 8);
  }
  using observer = new SegmentObserver(name);
  const first = refusing(() => observer.sample());
  const second = refusing(() => observer.sample());
  const rates = first && second && ratesBetween(first, second);
  expect(numbersIn(rates).filter((rate) => !(rate >= 0 && Number.isFinite(rate)))).toEqual([]);
  if (isTailed(kindOf(name))) follow(name);
}

/** What a segment is: names of victims begin with their kinds. */
function kindOf(name: string): SegmentKind {
  return name.split(" ")[0] as SegmentKind;
}

/** Follows what passes for records, and decodes it. */
function follow(name: string): void {
  using tail = refusing(() => new RecordTail(name, { from: "held" }));
  if (tail === undefined) return;
  for (let turn = 0; turn < 3; turn++) {
    tail.poll((record) => {
      expect(record.bytes.length).toBe(record.lengthBytes);
      expect(record.lengthBytes).toBeLessThanOrEqual(2 * SMALL.capacityBytes);
      refusing(() => tail.decode(record));
    });
  }
  expect(tail.missed).toBeGreaterThanOrEqual(0);
}

/** Rings of nonsense, and of words that are small enough to be lengths of records that can be. */
const rings = fc.oneof(
  fc.uint8Array({ minLength: 64, maxLength: SMALL.capacityBytes }),
  fc
    .array(fc.nat({ max: 40 }), { minLength: 64, maxLength: SMALL.capacityBytes / 4 })
    .map((lengths) => words(...lengths)),
);

describe.each(VICTIMS)(
  "$name full of lies",
  ({ name, make, sizesBytes, keep, position: place }) => {
    function withVictim(run: (path: string, stateBytes: number) => void): void {
      using home = new Home();
      using stack = new DisposableStack();
      make(stack);
      const state = observe(name).sections.find(({ id }) => id === SECTION.state);
      // Whatever is made of the lies, leaving is the makers' business and not this test's.
      run(home.file(name), Math.min(state?.lengthBytes ?? 0, 32 * 1024));
    }

    test("random bytes all over its state", () => {
      withVictim((path, stateBytes) => {
        const nonsense = fc.uint8Array({ minLength: stateBytes, maxLength: stateBytes });
        const intact = lieIn(path, SECTION.state, 0, new Uint8Array(stateBytes));
        const run = (lie: Uint8Array): void => {
          lieIn(path, SECTION.state, 0, lie);
          lookAt(name);
        };
        fc.assert(fc.property(nonsense, run), { numRuns: 10 });
        lieIn(path, SECTION.state, 0, intact);
      });
    });

    test("random bytes behind sizes that can be", () => {
      withVictim((path, stateBytes) => {
        const length = stateBytes - sizesBytes;
        const script = fc.tuple(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.integer({ min: 0, max: 600 }),
          rings,
        );
        const intact = lieIn(path, SECTION.state, sizesBytes, new Uint8Array(length));
        const run = ([lie, position, ring]: readonly [Uint8Array, number, Uint8Array]): void => {
          lieIn(path, SECTION.state, sizesBytes, lie);
          if (isTailed(kindOf(name))) lieIn(path, SECTION.lanes, 0, ring);
          for (const [word, value] of keep ?? []) {
            lieIn(path, SECTION.state, word * 4, words(value));
          }
          if (place !== undefined) lieIn(path, SECTION.state, place * 4, words(position, 0));
          lookAt(name);
        };
        fc.assert(fc.property(script, run), { numRuns: 20 });
        lieIn(path, SECTION.state, sizesBytes, intact);
      });
    });
  },
);

describe("sizes that cannot be are refused, by name", () => {
  const CASES = [
    [1, TOPIC.mode, 7, "mode"],
    [1, TOPIC.laneCount, 0, "number of lanes"],
    [1, TOPIC.laneCount, 3, "number of lanes"],
    [1, TOPIC.ringBytes, 4095, "ring size"],
    [0, TOPIC.slotBytes, 3, "slot size"],
    [0, TOPIC.recordBytes, 5000, "record size"],
    [1, TOPIC.laneBytes, 16, "lane size"],
    [3, SERVICE.requestMode, 0, "mode of requests"],
    [3, SERVICE.responseMode, 9, "mode of responses"],
    [3, SERVICE.laneCount, 63, "number of lanes"],
    [3, SERVICE.requestBytes, 4097, "ring size of requests"],
    [3, SERVICE.replyBytes, 2 ** 31, "ring size of replies"],
    [3, SERVICE.laneBytes, 4096, "lane size"],
    [4, 0, 0, "limit"],
    [4, 0, 2 ** 31, "limit"],
    [5, 1, 2, "mode"],
  ] as const;

  for (const [victim, word, value, what] of CASES) {
    const { name, make } = VICTIMS[victim] as Victim;
    test(`${name}: ${what} of ${value}`, () => {
      using home = new Home();
      using stack = new DisposableStack();
      make(stack);
      const before = observe(name);
      const old = lieIn(home.file(name), SECTION.state, word * 4, words(value));
      expect(() => observe(name)).toThrow(CorruptSegmentError);
      expect(() => observe(name)).toThrow(what);
      using all = new DirectoryObserver();
      expect(all.sample()[0]?.error?.message).toContain(what);
      lieIn(home.file(name), SECTION.state, word * 4, old);
      expect(observe(name)).toEqual(before);
    });
  }
});

/** What the checker refuses, explains and runs again. */
import { describe, expect, test } from "bun:test";
import { check, replay } from "./check.ts";
import type { Actor, Model } from "./model.ts";
import { loadSource } from "./source.ts";

/** Two actors that add 1 with a load and a store; sometimes one addition is lost. */
const lostUpdate: Model = {
  name: "lost update",
  wordCount: 1,
  actors: ["a", "b"].map((name) => ({
    name,
    body: ({ words }) => words.store(0, words.load(0) + 1),
  })),
  atEnd: ({ memory }) => (memory[0] === 2 ? undefined : `the sum is ${memory[0]}`),
  nameOf: () => "sum",
};

function single(program: (actor: Actor) => unknown, wordCount = 1): Model {
  const body = program as (actor: Actor) => undefined;
  return { name: "single", wordCount, actors: [{ name: "a", body }], atEnd: () => undefined };
}

describe("a violation", () => {
  test("is the simplest one, as a table", () => {
    const { violation } = check(lostUpdate);
    expect(violation?.verdict).toBe("the sum is 1");
    expect(violation?.trace).toBe(
      [
        "step  actor  operation  word  value  before",
        "   1  a      load       sum       0",
        "   2  b      load       sum       0",
        "   3  b      store      sum       1       0",
        "   4  a      store      sum       1       1",
      ].join("\n"),
    );
  });

  test("can be run again from its text", () => {
    const { violation } = check(lostUpdate);
    expect(violation?.replay).toBe("0 1*2 0");
    expect(replay(lostUpdate, {}, "0 1*2 0")).toEqual(violation);
    expect(replay(lostUpdate, {}, "0*2 1*2")).toBeUndefined();
    expect(() => replay(lostUpdate, {}, "0*3")).toThrow("cannot do step 3");
    expect(() => replay(lostUpdate, {}, "0 x")).toThrow('"x" is no step');
  });

  test("is what a program throws, and an access outside the memory", () => {
    const thrown = check(single(() => expect.unreachable("by the program")));
    expect(thrown.violation?.verdict).toContain("by the program");
    const wild = check(single(({ words }) => words.set(7, 1)));
    expect(wild.violation?.verdict).toBe("set of word 7, which is outside the memory");
  });

  test("is an actor that waits for ever, when the model says so", () => {
    const waiting: Model = {
      ...single((actor) => actor.until("for ever", () => false)),
      atEnd: ({ actors: [one] }) => `${one?.status} ${one?.blockedIn}`,
    };
    expect(check(waiting).violation?.verdict).toBe("blocked for ever");
  });
});

describe("a program", () => {
  test("that does not do the same in every run is refused", () => {
    let runs = 0;
    const moody = single(({ words }) => {
      words.load(runs++ % 2);
      words.load(0);
    }, 2);
    expect(() => check(moody)).toThrow("does not do the same in every run");
  });

  test("that is asynchronous is refused", () => {
    const { violation } = check(single(() => Promise.resolve()));
    expect(violation?.verdict).toContain("cannot be asynchronous");
  });

  test("may catch what ends its runs, and clear up on its way out: that is not a step", () => {
    const ends: number[][] = [];
    const model: Model = {
      ...single(({ words }) => {
        try {
          words.store(0, 1);
          words.store(0, 2);
        } catch {
          words.store(0, 99);
        } finally {
          words.store(1, 5);
        }
      }, 2),
      atEnd: ({ memory }) => void ends.push([...memory]),
    };
    expect(check(model, { crashes: 1 }).violation).toBeUndefined();
    expect(ends.sort()).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [2, 5],
    ]);
  });

  test("has getters, constructors, callbacks and generators like any other", () => {
    class Counter {
      readonly #actor: Actor;
      readonly first: number;
      constructor(actor: Actor) {
        this.#actor = actor;
        this.first = actor.words.add(0, 1);
      }
      get now(): number {
        return this.#actor.words.load(0);
      }
      *twice(): Generator<number> {
        yield this.now;
        yield this.now;
      }
    }
    const model: Model = {
      ...single((actor) => {
        const counter = new Counter(actor);
        actor.report([counter.first, ...[1, 2].map(() => counter.now), ...counter.twice()]);
      }),
      atEnd: ({ actors: [one] }) =>
        Bun.deepEquals(one?.reports, [[0, 1, 1, 1, 1]]) ? undefined : "wrong",
    };
    const { violation, coverage } = check(model);
    expect(violation).toBeUndefined();
    expect(coverage.steps).toBe(5);
  });

  test("is followed by its successor when it dies, with what it has reported", () => {
    const pasts = new Set<string>();
    const heir = { name: "heir", body: ({ report }: Actor) => report("heir") };
    const model: Model = {
      name: "heirs",
      wordCount: 1,
      actors: [
        {
          name: "first",
          body: ({ words, report }) => {
            words.store(0, 1);
            report("stored");
          },
          successor: heir,
        },
      ],
      onDeath: (memory) => {
        memory[0] = -1;
      },
      atEnd: ({ actors: [one], memory }) => {
        pasts.add(JSON.stringify([memory[0], one?.reports, one?.pastReports]));
        return undefined;
      },
    };
    check(model, { crashes: 1 });
    expect([...pasts].sort()).toEqual([
      '[-1,["heir"],[["stored"]]]',
      '[-1,["heir"],[[]]]',
      '[1,["stored"],[]]',
    ]);
  });
});

describe("loadSource()", () => {
  type Layout = typeof import("../../../src/ring/lane-layout.ts");
  const mistake = {
    file: "ring/lane-layout.ts",
    from: "LANE_HEADER_BYTES = 256",
    to: "LANE_HEADER_BYTES = 512",
  };

  test("loads what is changed, and what imports it", async () => {
    const changed = await loadSource<Layout>("ring/lane-layout.ts", { mistakes: [mistake] });
    expect(changed.LANE_HEADER_BYTES).toBe(512);
    const byte = { ...mistake, from: "words.store(index, to);", to: "throw new Error('changed');" };
    type Ring = typeof import("../../../src/ring/fixed-ring.ts");
    const ring = await loadSource<Ring>("ring/fixed-ring.ts", { mistakes: [byte] });
    const model = single(({ words }) => {
      const producer = new ring.FixedRingProducer(words, 0, 2);
      producer.commit(producer.claim(1));
      producer.publish();
    }, 80);
    expect(check(model).violation?.verdict).toContain("changed");
  });

  test("refuses a mistake that is not there, or in a file that is not loaded", async () => {
    const gone = { ...mistake, from: "no such line" };
    const load = (mistakes: (typeof mistake)[]): Promise<unknown> =>
      loadSource("ring/lane-layout.ts", { mistakes });
    expect(load([gone])).rejects.toThrow('"no such line" is 0 times');
    expect(load([{ ...mistake, file: "words.ts" }])).rejects.toThrow("words.ts is not loaded");
  });

  test("without differences is the shipped module itself", async () => {
    const shipped = await import("../../../src/ring/lane-layout.ts");
    expect(await loadSource<Layout>("ring/lane-layout.ts", {})).toBe(shipped);
  });
});

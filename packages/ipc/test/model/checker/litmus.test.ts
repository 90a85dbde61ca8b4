/** The checker itself: what it counts, and which outcomes of small programs it finds in which memory order. */
import { describe, expect, test } from "bun:test";
import { check } from "./check.ts";
import type { Actor, Bounds, MemoryOrder, Model } from "./model.ts";

type Program = (actor: Actor) => unknown;

/** Runs programs that each return what they saw; gives all combinations of these, in words. */
function outcomes(programs: readonly Program[], bounds: Bounds = {}): string[] {
  const found = new Set<string>();
  const model: Model = {
    name: "litmus",
    wordCount: 4,
    actors: programs.map((program, i) => ({
      name: `${i}`,
      body: (actor) => actor.report(program(actor)),
    })),
    atEnd: ({ actors }) => {
      found.add(actors.map(({ reports }) => reports.join()).join(" | "));
      return undefined;
    },
  };
  const explored = (isExhaustive: boolean): string[] => {
    found.clear();
    expect(check(model, { ...bounds, isExhaustive }).violation).toBeUndefined();
    return [...found].sort();
  };
  const all = explored(true);
  expect(explored(false)).toEqual(all);
  return all;
}

const X = 0;
const Y = 1;
const Z = 2;

const TWO = {
  sequential: { order: "sequential" },
  tso: { order: "tso" },
  weak: { order: "weak" },
} as const satisfies Record<MemoryOrder, Bounds>;

describe("executions", () => {
  const steps =
    (count: number): Program =>
    ({ words }) => {
      for (let i = 0; i < count; i++) words.load(X);
    };
  const model = (counts: readonly number[]): Model => ({
    name: "steps",
    wordCount: 1,
    actors: counts.map((count, i) => ({ name: `${i}`, body: steps(count) as () => void })),
    atEnd: () => undefined,
  });

  test("are all interleavings: two of 4 steps have 70, three of 3 steps 1680", () => {
    expect(check(model([4, 4])).coverage).toMatchObject({ executions: 70, states: 25, ends: 1 });
    expect(check(model([3, 3, 3])).coverage).toMatchObject({ executions: 1680, states: 64 });
  });

  test("are fewer with a bound of preemptions, which is kept", () => {
    const executions = [0, 1, 2, 8].map(
      (preemptions) => check(model([4, 4]), { preemptions }).coverage.executions,
    );
    // Without preemption whoever begins goes on to its end; each preemption is of one of the two, somewhere.
    expect(executions).toEqual([2, 8, 26, 70]);
  });

  test("end with a crash before each step, too", () => {
    // Three steps: dead before the first, second or third, or not at all.
    expect(check(model([3]), { crashes: 1 }).coverage).toMatchObject({ executions: 4, crashes: 3 });
  });

  test("are refused when there are too many states", () => {
    expect(() => check(model([9, 9]), { states: 10 })).toThrow("more than 10 states");
  });
});

describe("memory order", () => {
  const storeBuffering: Program[] = [
    ({ words }) => {
      words.set(X, 1);
      return words.load(Y);
    },
    ({ words }) => {
      words.set(Y, 1);
      return words.load(X);
    },
  ];

  test("plain stores may wait until after a load, unless it is sequential", () => {
    expect(outcomes(storeBuffering, TWO.sequential)).not.toContain("0 | 0");
    expect(outcomes(storeBuffering, TWO.tso)).toContain("0 | 0");
    expect(outcomes(storeBuffering, TWO.weak)).toContain("0 | 0");
  });

  test("a fence, an atomic store and an atomic change between them forbid that", () => {
    const between: ((actor: Actor) => void)[] = [
      ({ words }) => words.fence(),
      ({ words }) => void words.add(Z, 1),
      (actor) => actor.call("a system call", () => undefined),
    ];
    for (const order of [TWO.tso, TWO.weak]) {
      for (const fence of between) {
        const programs = [X, Y].map((mine): Program => {
          return (actor) => {
            actor.words.set(mine, 1);
            fence(actor);
            return actor.words.load(mine === X ? Y : X);
          };
        });
        expect(outcomes(programs, order)).not.toContain("0 | 0");
      }
    }
  });

  test("atomic stores and loads are in one order for all", () => {
    const programs = [X, Y].map((mine): Program => {
      return ({ words }) => {
        words.store(mine, 1);
        return words.load(mine === X ? Y : X);
      };
    });
    for (const order of Object.values(TWO)) {
      expect(outcomes(programs, order)).toEqual(["0 | 1", "1 | 0", "1 | 1"]);
    }
  });

  const passing = (
    publish: (actor: Actor) => void,
    look: (actor: Actor) => number,
    read: (actor: Actor) => number = ({ words }) => words.get(X),
  ): Program[] => [
    (actor) => {
      actor.words.set(X, 7);
      publish(actor);
      return "";
    },
    (actor) => (look(actor) === 1 ? read(actor) : "not yet"),
  ];
  const release = ({ words }: Actor): void => words.store(Y, 1);
  const acquire = ({ words }: Actor): number => words.load(Y);

  test("what is written before an atomic store is seen after an atomic load of it", () => {
    for (const order of Object.values(TWO)) {
      expect(outcomes(passing(release, acquire), order)).toEqual([" | 7", " | not yet"]);
    }
  });

  test("a plain store publishes nothing in weak order", () => {
    const plain = ({ words }: Actor): void => words.set(Y, 1);
    expect(outcomes(passing(plain, acquire), TWO.tso)).toEqual([" | 7", " | not yet"]);
    expect(outcomes(passing(plain, acquire), TWO.weak)).toContain(" | 0");
  });

  test("a plain load acquires nothing in weak order", () => {
    const plain = ({ words }: Actor): number => words.get(Y);
    expect(outcomes(passing(release, plain), TWO.tso)).toEqual([" | 7", " | not yet"]);
    expect(outcomes(passing(release, plain), TWO.weak)).toContain(" | 0");
  });

  test("an atomic load is not satisfied before a plain look at the same word", () => {
    const look = ({ words }: Actor): number => {
      words.get(Z);
      return words.glance(Y) === 1 ? words.load(Y) : 0;
    };
    for (const order of Object.values(TWO)) {
      expect(outcomes(passing(release, look), order)).toEqual([" | 7", " | not yet"]);
    }
  });

  test("stores of two to the same words may become visible in any order, but not in a queue", () => {
    const programs = [X, Y].map((mine): Program => {
      return ({ words }) => {
        words.set(mine, 1);
        words.set(mine === X ? Y : X, 2);
        return "";
      };
    });
    const ends = (order: Bounds): Set<string> => {
      const found = new Set<string>();
      const model: Model = {
        name: "2+2W",
        wordCount: 2,
        actors: programs.map((program, i) => ({
          name: `${i}`,
          body: (actor) => void program(actor),
        })),
        atEnd: ({ memory }) => void found.add(memory.join("")),
      };
      for (const isExhaustive of [true, false]) check(model, { ...order, isExhaustive });
      return found;
    };
    expect(ends(TWO.tso)).not.toContain("11");
    expect(ends(TWO.weak)).toContain("11");
  });

  test("a plain load before an atomic one may be satisfied after it in weak order, a fence between", () => {
    const reader = (fence: (actor: Actor) => void): Program[] => [
      ({ words }) => {
        words.store(Y, 1);
        words.store(X, 7);
        return "";
      },
      (actor) => {
        const x = actor.words.get(X);
        fence(actor);
        return `${x} ${actor.words.load(Y)}`;
      },
    ];
    const none = (): void => {};
    expect(outcomes(reader(none), TWO.tso)).not.toContain(" | 7 0");
    expect(outcomes(reader(none), TWO.weak)).toContain(" | 7 0");
    expect(
      outcomes(
        reader(({ words }) => words.fence()),
        TWO.weak,
      ),
    ).not.toContain(" | 7 0");
  });

  test("a plain store behind an atomic one may become visible before it in weak order, a fence between", () => {
    const writer = (fence: (actor: Actor) => void): Program[] => [
      (actor) => {
        actor.words.store(X, 1);
        fence(actor);
        actor.words.set(Y, 1);
        return "";
      },
      ({ words }) => {
        const y = words.load(Y);
        return `${y} ${words.load(X)}`;
      },
    ];
    expect(
      outcomes(
        writer(() => {}),
        TWO.tso,
      ),
    ).not.toContain(" | 1 0");
    expect(
      outcomes(
        writer(() => {}),
        TWO.weak,
      ),
    ).toContain(" | 1 0");
    expect(
      outcomes(
        writer(({ words }) => words.fence()),
        TWO.weak,
      ),
    ).not.toContain(" | 1 0");
    // So does an atomic load behind the store: it waits for it, and what follows waits for the load.
    expect(
      outcomes(
        writer(({ words }) => void words.load(Z)),
        TWO.weak,
      ),
    ).not.toContain(" | 1 0");
  });

  test("a word never goes back for who reads it twice", () => {
    const programs: Program[] = [
      ({ words }) => {
        words.set(X, 1);
        words.set(X, 2);
        return "";
      },
      ({ words }) => [words.get(Y), words.get(X), words.get(X)].join(""),
    ];
    for (const order of Object.values(TWO)) {
      const seen = ["000", "001", "002", "011", "012", "022"].map((digits) => ` | ${digits}`);
      expect(outcomes(programs, order)).toEqual(seen);
    }
  });

  test("an actor sees its own stores at once", () => {
    const programs: Program[] = [
      ({ words }) => {
        words.set(X, 1);
        words.store(Y, 2);
        return words.get(X) + words.get(Y);
      },
    ];
    for (const order of Object.values(TWO)) expect(outcomes(programs, order)).toEqual(["3"]);
  });

  test("what a process has stored becomes visible although it dies", () => {
    const model: Model = {
      name: "dying",
      wordCount: 2,
      actors: [
        {
          name: "writer",
          body: ({ words }) => {
            words.set(X, 1);
            words.set(Y, 1);
          },
        },
      ],
      atEnd: ({ memory, crashes }) =>
        memory[X] === 0 && (memory[Y] === 1 || crashes === 0) ? "a store is lost" : undefined,
    };
    expect(check(model, { order: "weak", crashes: 1 }).violation).toBeUndefined();
  });
});

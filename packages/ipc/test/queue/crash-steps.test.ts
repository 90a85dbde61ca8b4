/** Whoever changes a queue may die at any store: nothing is lost, made up, torn or there twice afterwards. */
import { describe, expect, test } from "bun:test";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { JobTable } from "../../src/queue/job-table.ts";
import { loadSource, type Mistake } from "../model/checker/source.ts";
import { explore, OPERATIONS, type Operation, type TableClass } from "./support/crash-world.ts";

/** All sequences of so many operations. */
function* sequences(length: number): Generator<readonly Operation[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of sequences(length - 1)) for (const one of OPERATIONS) yield [...rest, one];
}

/** Histories that bring the table into every corner. */
const HISTORIES: readonly (readonly Operation[])[] = [
  ["add", "take by one", "fail", "take by one", "fail"],
  ["add keyed", "add keyed", "take by two", "add keyed", "two dies"],
  ["add keyed", "add keyed", "take by one", "fail", "take by one", "fail", "retry"],
  ["add long", "take by one", "fail", "take by two", "fail", "take dead"],
  ["add late", "add", "take by one", "begin to fill"],
  ["add keyed", "add keyed", "add keyed", "take by one", "finish"],
  ["add", "add", "add", "add", "add", "add", "take by one", "fail"],
];

function exploreAll(Table: TableClass): number {
  let deaths = 0;
  for (const operations of sequences(2)) deaths += explore(Table, operations, false);
  for (const history of HISTORIES) {
    for (const operation of OPERATIONS) {
      deaths += explore(Table, [...history, operation], false);
    }
  }
  return deaths;
}

describe("a death at every store", () => {
  test("of every second operation, and behind histories of several", () => {
    expect(exploreAll(JobTable)).toBeGreaterThan(4_000);
  });

  test("and once more while the tables are made anew", () => {
    let deaths = 0;
    for (const history of HISTORIES) deaths += explore(JobTable, history, true);
    expect(deaths).toBeGreaterThan(1_000);
  });

  test("behind long random histories", () => {
    const random = new SeededRandom(seedOf("histories of a queue"));
    for (let round = 0; round < 200; round++) {
      const operations = Array.from({ length: 12 }, () => random.pick(OPERATIONS));
      explore(JobTable, operations, false);
    }
  });
});

const bug = (file: string, from: string, to: string): Mistake[] => [
  { file: `queue/${file}`, from, to },
];

/** Bugs that must be found. */
const BUGS: Readonly<Record<string, readonly Mistake[]>> = {
  "a job that is ready before it has its number": bug(
    "job-table.ts",
    "    cells.setLong(link, CELL.sequence, sequence);\n    cells.setLong(link, CELL.due, job.dueMs);\n    cells.setLong(link, CELL.key, job.key);",
    "    cells.setLong(link, CELL.sequence, sequence);\n    cells.setLong(link, CELL.due, job.dueMs);",
  ),
  "the rest of a record that nobody claims": bug(
    "job-cells.ts",
    "if (isFree) for (const part of parts) isPart[part] = 1;",
    "",
  ),
  "a job that is freed by its first cell only": bug(
    "job-cells.ts",
    "    for (const part of parts) {\n      this.change(part, KIND.free);\n      this.#free(part);\n    }\n  }\n\n  /** Keeps",
    "  }\n\n  /** Keeps",
  ),
  "a key that is not passed on": bug(
    "job-table.ts",
    "    if (!isDead) this.#passKey(link, nowMs);",
    "",
  ),
  "two of one key after a death": bug(
    "job-table.ts",
    "for (const link of group) if (link !== leader) this.#hold(link, leader);",
    "for (const link of group) if (link !== leader) this.#replace(link, nowMs);",
  ),
  "a dead letter that is ready, too": bug(
    "job-table.ts",
    "      this.#bury(link);\n      this.#passKey(link, nowMs);\n      return true;",
    "      this.#bury(link);\n      this.#passKey(link, nowMs);",
  ),
  "jobs of the dead that stay": bug(
    "job-table.ts",
    "        this.giveBack(link, returning);\n        count++;",
    "        count++;",
  ),
  "a record that is half-written and taken for one": bug(
    "job-table.ts",
    "        cells.release(link);\n      } else {",
    "        this.#await(link, false);\n      } else {",
  ),
  "a taken job that is made anew as ready": bug(
    "job-table.ts",
    "    if (kind === KIND.taken) {\n      if (dueMs > 0) this.#timers.insert(link);\n    } else if",
    "    if",
  ),
  "cells that nobody finds again": bug(
    "job-cells.ts",
    "          this.#words.store(this.#word(link) + CELL.state, KIND.free);\n        }\n        this.#pushFree(link);",
    "          this.#words.store(this.#word(link) + CELL.state, KIND.free);\n        }",
  ),
  "a job that is taken before it says by whom": bug(
    "job-table.ts",
    "    this.#giveTo(link, { slot, life });\n    // Who takes",
    "    cells.change(link, KIND.taken);\n    this.#giveTo(link, { slot, life });\n    // Who takes",
  ),
};

describe("a bug is found", () => {
  for (const [name, mistakes] of Object.entries(BUGS)) {
    test(name, async () => {
      const { JobTable: Mistaken } = await loadSource<{ JobTable: TableClass }>(
        "queue/job-table.ts",
        { mistakes },
      );
      expect(() => exploreAll(Mistaken)).toThrow();
    });
  }
});

/** Whoever changes a queue may die at any store: nothing is lost, made up, torn or there twice afterwards. */
import { describe, expect, test } from "bun:test";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { JobTable } from "../../src/queue/job-table.ts";
import { loadSource, type Mistake } from "../model/checker/source.ts";
import { explore, play } from "./support/crash-histories.ts";
import {
  OPERATIONS,
  type Operation,
  type TableClass,
  type WorldOptions,
} from "./support/crash-world.ts";

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
  ["add keyed", "add keyed late", "add keyed", "take by one"],
  ["add", "add urgent", "add", "take by one", "fail until later", "pause"],
  ["add", "add", "add keyed", "take by two", "take by three", "take by one"],
  ["begin to fill", "add keyed", "fill", "add keyed", "take by one", "begin to fill"],
  ["add keyed", "take by one", "fail for good", "add keyed", "add keyed"],
  ["add keyed", "take by one", "fail for good", "take dead"],
  ["add keyed", "add keyed", "take by one", "fail", "take by one", "give back", "take by one"],
  ["add", "take by two", "two dies", "take by two", "two dies", "take dead"],
];

/** The same where jobs have a lease. */
const LEASED: readonly (readonly Operation[])[] = [
  ["add", "add", "take by one", "take by two"],
  ["add keyed", "add keyed late", "take by one", "take when leases are over"],
  ["add", "take by one", "fail", "take by two", "begin to fill"],
  ["add late", "add", "take by one", "fail for good", "take dead"],
];

function exploreAll(Table: TableClass): number {
  let deaths = exploreBehind(Table, LEASED, { isLeased: true });
  deaths += exploreBehind(Table, HISTORIES);
  for (const operations of sequences(2)) deaths += explore(Table, operations, false);
  return deaths;
}

/** Every operation, behind each of some histories. */
function exploreBehind(
  Table: TableClass,
  histories: readonly (readonly Operation[])[],
  options: WorldOptions = {},
): number {
  let deaths = 0;
  for (const history of histories) {
    for (const operation of OPERATIONS) {
      deaths += explore(Table, [...history, operation], false, options);
    }
  }
  return deaths;
}

describe("a death at every store", () => {
  test("of every second operation, and behind histories of several", () => {
    expect(exploreAll(JobTable)).toBeGreaterThan(12_000);
  });

  test("and once more while the tables are made anew", () => {
    let deaths = 0;
    for (const history of HISTORIES) deaths += explore(JobTable, history, true);
    for (const history of LEASED) deaths += explore(JobTable, history, true, { isLeased: true });
    expect(deaths).toBeGreaterThan(1_500);
  });

  test("behind long random histories", () => {
    const random = new SeededRandom(seedOf("histories of a queue"));
    for (let round = 0; round < 200; round++) {
      const operations = Array.from({ length: 12 }, () => random.pick(OPERATIONS));
      explore(JobTable, operations, false, { isLeased: random.oneIn(3) });
    }
  });

  test("of one process after the other, with work in between", () => {
    const random = new SeededRandom(seedOf("deaths of several"));
    for (let round = 0; round < 1000; round++) {
      const operations = Array.from({ length: 16 }, () => {
        const deathAt = random.oneIn(3) ? random.below(1000) : undefined;
        return [random.pick(OPERATIONS), deathAt] as const;
      });
      const options = { isLeased: random.oneIn(3) };
      try {
        play(JobTable, operations, options);
      } catch (cause) {
        throw new Error(`after ${JSON.stringify([operations, options])}`, { cause });
      }
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
    "job-rebuild.ts",
    "if (isFree) for (const part of parts) isPart[part] = 1;",
    "",
  ),
  "a job that is freed by its first cell only": bug(
    "job-records.ts",
    "    for (const part of parts) this.freeCell(part);\n  }\n\n  /** Keeps",
    "  }\n\n  /** Keeps",
  ),
  "a key that is not passed on": bug(
    "job-table.ts",
    "!isDead && this.order.passKey(link, nowMs);",
    "false;",
  ),
  "two of one key after a death": bug(
    "job-rebuild.ts",
    "for (const link of group) if (link !== leader) order.hold(link, leader);",
    "for (const link of group) if (link !== leader) replace(parts, link, nowMs);",
  ),
  "a dead letter that is ready, too": bug(
    "job-table.ts",
    "      this.bury(link);\n      this.order.passKey(link, nowMs);\n      return true;",
    "      this.bury(link);\n      this.order.passKey(link, nowMs);",
  ),
  "jobs of the dead that stay": bug(
    "job-table.ts",
    "      } else this.giveBack(link, returning);",
    "      }",
  ),
  "a record that is half-written and taken for one": bug(
    "job-table.ts",
    "        this.records.release(link);\n      } else this.giveBack",
    "        this.order.waitTurn(link, false);\n      } else this.giveBack",
  ),
  "a taken job that is made anew as ready": bug(
    "job-rebuild.ts",
    "  if (kind === KIND.taken) {\n    // Whoever was giving it back may have taken its time away: then it is over.\n    if (shape.leaseMs > 0) order.timers.insert(link);\n  } else if",
    "  if",
  ),
  "cells that nobody finds again": bug(
    "job-rebuild.ts",
    "      if (cells.kindOf(link) !== KIND.free) cells.erase(link);\n      cells.pushFree(link);",
    "      if (cells.kindOf(link) !== KIND.free) cells.erase(link);",
  ),
  "a job that is taken before it says by whom": bug(
    "job-table.ts",
    "    this.giveTo(link, owner);\n    // Who takes",
    "    cells.change(link, KIND.taken);\n    this.giveTo(link, owner);\n    // Who takes",
  ),
  "a take that counts before there is one": bug(
    "job-table.ts",
    "    cells.setLong(link, CELL.takenAt, nowNs);",
    "    if (isTried) cells.set(link, CELL.attempts, cells.get(link, CELL.attempts) + 1);\n    cells.setLong(link, CELL.takenAt, nowNs);",
  ),
  "a job that is taken from one who lives when the tables are made anew": bug(
    "job-rebuild.ts",
    "  if (kind === KIND.taken) {\n    // Whoever",
    "  if (kind === KIND.taken) {\n    cells.change(link, KIND.taken);\n    // Whoever",
  ),
  "a place whose next owner loses what it has with the one before": bug(
    "job-table.ts",
    "      if (owner.slot !== slot || owner.life !== life) continue;",
    "      if (owner.slot !== slot) continue;",
  ),
  "a dead letter that others of its key wait for": bug(
    "job-rebuild.ts",
    "    if (kind === KIND.dead) cells.set(link, CELL.place, cells.get(link, CELL.place) | DEAD_BIT);\n",
    "",
  ),
  "a lease that a death ends": bug(
    "job-rebuild.ts",
    "    if (shape.leaseMs > 0) order.timers.insert(link);",
    "",
  ),
  "a lease that a death in the middle of its end makes endless": bug(
    "job-rebuild.ts",
    "    if (shape.leaseMs > 0) order.timers.insert(link);",
    "    if (cells.getLong(link, CELL.due) > 0) order.timers.insert(link);",
  ),
  "a job that comes before its time because the one before it is done": bug(
    "job-order.ts",
    "    this.waitTurn(next, cells.getLong(next, CELL.due) > nowMs);",
    "    this.waitTurn(next, false);",
  ),
  "a job that comes before its time because of a death": bug(
    "job-rebuild.ts",
    "order.waitTurn(link, cells.getLong(link, CELL.due) > nowMs);",
    "order.waitTurn(link, false);",
  ),
  "a record that has been written and stays among those that are": bug(
    "job-table.ts",
    "    if (cells.kindOf(link) === KIND.filling) cells.unlinkTaken(link);\n",
    "",
  ),
  "an error that is there before it is written": bug(
    "job-records.ts",
    "    cells.change(first, KIND.more);\n    this.visit(first",
    "    cells.change(first, KIND.more);\n    cells.set(link, CELL.errorLength, length);\n    cells.set(link, CELL.error, first);\n    this.visit(first",
  ),
  "an attempt that counts though the job was given back": bug(
    "job-table.ts",
    "    if (attempts > 0 && !this.isDead(link)) cells.set(link, CELL.attempts, attempts - 1);",
    "",
  ),
  "a job that others may take before its attempt does not count": bug(
    "job-table.ts",
    "    if (returning.isUncounted === true) this.uncount(link);\n",
    "    if (returning.isUncounted === true) cells.change(link, KIND.ready);\n    if (returning.isUncounted === true) this.uncount(link);\n",
  ),
  "an urgent job that a death makes a usual one": bug(
    "job-order.ts",
    "    const place = cells.get(link, CELL.place);\n    const jobClass = place & CLASS_MASK;",
    "    const place = cells.get(link, CELL.place);\n    const jobClass = isNext ? place & CLASS_MASK : 16;",
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

/** The ledger of a storm: what must not happen is counted, and what may is not. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { LEDGER_FAULTS, StormLedger } from "../src/stress/storm-ledger.ts";

const [ONE, TWO] = [1, 2];

let home: Home;
let ledger: StormLedger;
/** A job without a key, and two with the same. */
let plain: { number: number; key: number };
let first: { number: number; key: number };
let second: { number: number; key: number };

beforeEach(() => {
  home = new Home();
  ledger = new StormLedger(true);
  plain = { number: add(), key: 0 };
  first = { number: add(), key: 3 };
  second = { number: add(), key: 3 };
});

afterEach(() => {
  ledger[Symbol.dispose]();
  home[Symbol.dispose]();
});

function add(isAdded = true): number {
  const number = ledger.intend() ?? -1;
  ledger.acknowledge(number, isAdded);
  return number;
}

function finish(self: number, job: typeof plain): void {
  ledger.end(self, job, true);
  ledger.finish(job.number);
}

/** The faults that were counted. */
function faults(): Record<string, number> {
  const counts = LEDGER_FAULTS.map((fault) => [fault, ledger.counted(fault)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

test("what is as it may be", () => {
  ledger.begin(ONE, plain, 1, 1);
  ledger.begin(ONE, first, 2, 1);
  ledger.end(ONE, first, false);
  ledger.begin(TWO, first, 2, 2);
  finish(TWO, first);
  finish(ONE, plain);
  ledger.begin(TWO, second, 3, 1);
  finish(TWO, second);
  expect(faults()).toEqual({});
  expect(ledger.sums()).toEqual({
    jobs: 3,
    begun: 4,
    repeats: 1,
    finished: 3,
    buried: 0,
    lost: 0,
    duplicated: 0,
  });
});

describe("found", () => {
  test("a job that two have, unless one of them is being killed", () => {
    ledger.begin(ONE, plain, 1, 1);
    ledger.begin(TWO, plain, 1, 2);
    expect(faults()).toEqual({ overlap: 1 });
    ledger.mark(TWO);
    ledger.begin(ONE, plain, 1, 3);
    expect(faults()).toEqual({ overlap: 1 });
  });

  test("two of one key that two have", () => {
    ledger.begin(ONE, first, 2, 1);
    ledger.begin(TWO, second, 3, 1);
    expect(faults()).toEqual({ overlap: 1 });
  });

  test("two of one key in the wrong order", () => {
    ledger.begin(ONE, second, 3, 1);
    finish(ONE, second);
    ledger.begin(ONE, first, 2, 1);
    expect(faults()).toEqual({ disorder: 1 });
  });

  test("an attempt that has not counted", () => {
    ledger.begin(ONE, plain, 1, 1);
    ledger.end(ONE, plain, false);
    ledger.begin(ONE, plain, 1, 1);
    expect(faults()).toEqual({ attempt: 1 });
  });

  test("a job that comes again after it was done, and is done twice", () => {
    ledger.begin(ONE, plain, 1, 1);
    finish(ONE, plain);
    ledger.begin(ONE, plain, 1, 2);
    finish(ONE, plain);
    expect(faults()).toEqual({ again: 1 });
    expect(ledger.sums()).toMatchObject({ duplicated: 1, finished: 2 });
  });

  test("jobs that are lost; not those of whose end nobody was told, or that were never added for certain", () => {
    ledger.begin(ONE, plain, 1, 1);
    ledger.end(ONE, plain, true);
    ledger.begin(ONE, first, 2, 1);
    ledger.end(ONE, first, false);
    ledger.intend();
    // Neither the one that was given back, nor the one that nobody has taken.
    expect(ledger.sums()).toMatchObject({ jobs: 3, lost: 2, duplicated: 0 });
    ledger.finish(second.number, true);
    expect(ledger.sums()).toMatchObject({ lost: 1, buried: 1 });
  });

  test("a job that there was no room for, and that somebody gets", () => {
    ledger.begin(ONE, { number: add(false), key: 0 }, 4, 1);
    expect(ledger.sums()).toMatchObject({ duplicated: 1 });
  });
});

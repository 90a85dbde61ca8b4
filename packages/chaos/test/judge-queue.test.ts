import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { judgeQueue } from "../src/judges/queue.ts";
import { planOf } from "../src/scenarios/job-plan.ts";
import { countsOf, type Line, Logs } from "./logs.ts";

const PLAIN = { maxAttempts: 2, isLeased: false };
const LEASED = { maxAttempts: Infinity, isLeased: true };
const STREAM = 0;

/** The first numbers of a stream whose jobs have the same key, and the first whose job has none. */
const keyOf = (sequence: number): number => planOf(STREAM, sequence).key;
const numbers = Array.from({ length: 200 }, (_, sequence) => sequence);
const first = numbers.find((sequence) => keyOf(sequence) > 0) ?? -1;
const second = numbers.find((each) => each > first && keyOf(each) === keyOf(first)) ?? -1;
const plain = numbers.find((sequence) => keyOf(sequence) === 0) ?? -1;

let logs: Logs;
let producer: number;
let worker: number;
let other: number;

beforeEach(() => {
  logs = new Logs();
  producer = logs.add("producer");
  worker = logs.add("worker");
  other = logs.add("worker");
});

afterEach(() => logs[Symbol.dispose]());

/** Has all jobs up to a number added; those that are not named are done. */
function add(...named: readonly number[]): void {
  for (let sequence = 0; sequence <= Math.max(...named); sequence++) {
    logs.write(
      producer,
      ["intended", sequence + 1, STREAM],
      ["acknowledged", sequence + 1, STREAM],
    );
    if (!named.includes(sequence)) logs.write(worker, take(sequence), ...done(sequence));
  }
}

function take(sequence: number, attempt = 1): Line {
  return ["taken", sequence, STREAM, attempt];
}

function done(sequence: number): Line[] {
  return [
    ["giving", sequence, STREAM, 1],
    ["done", sequence, STREAM],
  ];
}

function back(sequence: number): Line {
  return ["giving", sequence, STREAM, 0];
}

function judge(promises = PLAIN): Record<string, number> {
  return countsOf(judgeQueue(logs.evidence, promises));
}

test("the plan has what these tests need", () => {
  expect([first, second, plain]).not.toContain(-1);
});

describe("a job", () => {
  test("that was done once is right, also at a second attempt", () => {
    add(plain);
    logs.write(worker, take(plain), back(plain));
    logs.write(other, take(plain, 2), ...done(plain));
    expect(judge()).toEqual({});
  });

  test("that was never done is lost, unless its adding was never said to have been done", () => {
    add(plain);
    logs.write(worker, take(plain), back(plain));
    logs.write(producer, ["intended", plain + 2, STREAM]);
    expect(judge()).toEqual({ lost: 1 });
  });

  test("may be done, and may be not, when its worker was killed who was about to say so", () => {
    add(plain);
    logs.write(worker, take(plain), ["giving", plain, STREAM, 1]);
    logs.kill(worker);
    expect(judge()).toEqual({});
    logs.write(other, take(plain, 2), ...done(plain));
    expect(judge()).toEqual({});
  });

  test("is lost when its worker was killed who was about to give it back", () => {
    add(plain);
    logs.write(worker, take(plain), back(plain));
    logs.kill(worker);
    expect(judge()).toEqual({ lost: 1 });
  });

  test("that is done by two is a duplicate, with a lease, too", () => {
    add(plain);
    logs.write(worker, take(plain));
    logs.write(other, take(plain, 2), ...done(plain));
    logs.write(worker, ...done(plain));
    expect(judge(LEASED)).toEqual({ duplicated: 1 });
  });

  test("that comes again after it was done is a duplicate", () => {
    add(plain);
    logs.write(worker, take(plain), ...done(plain));
    logs.write(other, take(plain, 2), back(plain));
    expect(judge()).toEqual({ duplicated: 1 });
  });

  test("is at one worker at a time, unless there is a lease", () => {
    add(plain);
    logs.write(worker, take(plain));
    logs.write(other, take(plain, 2), ...done(plain));
    logs.write(worker, ["giving", plain, STREAM, 1], ["disowned", plain, STREAM]);
    expect(judge(LEASED)).toEqual({});
    // At two at once, and the first one was told that it is not its own.
    expect(judge()).toEqual({ torn: 2 });
  });

  test("goes on to the next worker when the first one is killed", () => {
    add(plain);
    logs.write(worker, take(plain));
    logs.kill(worker);
    logs.write(other, take(plain, 2), ...done(plain));
    expect(judge()).toEqual({});
  });

  test("that nobody has added is torn", () => {
    add(plain);
    logs.write(worker, take(plain), ...done(plain), take(plain + 7));
    expect(judge()).toEqual({ torn: 1 });
  });

  test("that was half of one is torn", () => {
    add(plain);
    logs.write(worker, ["torn", plain, STREAM, 1], ...done(plain));
    expect(judge()).toEqual({ torn: 1 });
  });
});

describe("attempts", () => {
  test("are no more than there may be", () => {
    add(plain);
    logs.write(worker, take(plain, 3), ...done(plain));
    expect(judge()).toEqual({ duplicated: 1 });
  });

  test("count, each of them", () => {
    add(plain);
    logs.write(worker, take(plain), back(plain), take(plain), ...done(plain));
    expect(judge()).toEqual({ duplicated: 1 });
  });

  test("begin anew when a dead letter is tried again", () => {
    add(plain);
    logs.write(worker, take(plain, 1), back(plain), take(plain, 2), back(plain));
    logs.write(other, ["buried", plain, STREAM, 2], ["retrying", plain, STREAM]);
    logs.write(worker, take(plain, 1), ...done(plain));
    expect(judge()).toEqual({});
  });

  test("have all been made when a job is a dead letter", () => {
    add(plain);
    logs.write(other, ["buried", plain, STREAM, 1], ...done(plain));
    expect(judge()).toEqual({ lost: 1 });
  });
});

describe("jobs of one key", () => {
  test("are right one after the other", () => {
    add(first, second);
    for (const sequence of [first, second]) logs.write(worker, take(sequence), ...done(sequence));
    expect(judge()).toEqual({});
  });

  test("are not at two workers at once", () => {
    add(first, second);
    logs.write(worker, take(first));
    logs.write(other, take(second), ...done(second));
    logs.write(worker, ...done(first));
    expect(judge()).toEqual({ torn: 1 });
    expect(judge(LEASED)).toEqual({});
  });

  test("come in the order in which they were added", () => {
    add(first, second);
    for (const sequence of [second, first]) logs.write(worker, take(sequence), ...done(sequence));
    expect(judge()).toEqual({ torn: 1 });
  });

  test("may change places when the first one is tried anew", () => {
    add(first, second);
    logs.write(other, ["retrying", first, STREAM]);
    for (const sequence of [second, first]) logs.write(worker, take(sequence), ...done(sequence));
    expect(judge()).toEqual({});
  });
});

test("what is left at the end has leaked", () => {
  add(plain);
  logs.write(worker, take(plain), ...done(plain), ["audited", 3, 0, 1]);
  expect(judge()).toEqual({ leaked: 3, torn: 1 });
});

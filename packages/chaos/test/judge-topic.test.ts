import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { judgeTopic } from "../src/judges/topic.ts";
import { countsOf, type Line, Logs } from "./logs.ts";

let logs: Logs;
let publisher: number;
let gating: number;
let lapped: number;

beforeEach(() => {
  logs = new Logs();
  publisher = logs.add("publisher");
  gating = logs.add("gating");
  lapped = logs.add("lapped");
});

afterEach(() => logs[Symbol.dispose]());

function judge(): Record<string, number> {
  return countsOf(judgeTopic(logs.evidence, ["lapped"]));
}

function delivered(...sequences: readonly number[]): Line[] {
  return sequences.map((sequence) => ["delivered", sequence]);
}

/** Polls that hand these records out, and one that finds nothing. */
function drained(...sequences: readonly number[]): Line[] {
  const first: Line[] = [["polling"], ...delivered(...sequences), ["polled", sequences.length]];
  return [...first, ["polling"], ["polled", 0], ["left"]];
}

function sendAll(count: number): void {
  logs.write(publisher, ["intended", count], ["acknowledged", count]);
}

describe("a gating subscriber", () => {
  test("that gets everything from when it joined, in order, is right", () => {
    logs.write(gating, ["ready"]);
    sendAll(4);
    logs.write(gating, ...drained(0, 1, 2, 3));
    expect(judge()).toEqual({});
  });

  test("that joined later need not have what was under way then", () => {
    sendAll(3);
    logs.write(publisher, ["intended", 5]);
    logs.write(gating, ["ready"]);
    logs.write(publisher, ["acknowledged", 5], ["intended", 7], ["acknowledged", 7]);
    logs.write(gating, ...drained(4, 5, 6));
    expect(judge()).toEqual({});
  });

  test("must have what was sent after it had joined, from the first on", () => {
    sendAll(3);
    logs.write(gating, ["ready"]);
    sendAll(7);
    logs.write(gating, ...drained(5, 6));
    expect(judge()).toEqual({ lost: 2 });
  });

  const faults: readonly (readonly [string, readonly number[], Record<string, number>])[] = [
    ["left out in the middle", [0, 1, 3], { lost: 1 }],
    ["missing at the end", [0, 1], { lost: 2 }],
    ["none at all", [], { lost: 4 }],
    ["twice", [0, 1, 1, 2, 3], { duplicated: 1 }],
    ["out of order", [0, 2, 1, 2, 3], { lost: 1, duplicated: 1 }],
    ["that nobody has sent", [0, 1, 2, 3, 4], { torn: 1 }],
  ];
  for (const [what, sequences, expected] of faults) {
    test(`finds records ${what}`, () => {
      logs.write(gating, ["ready"]);
      sendAll(4);
      logs.write(gating, ...drained(...sequences));
      expect(judge()).toEqual(expected);
    });
  }

  test("charges a torn record once", () => {
    logs.write(gating, ["ready"]);
    sendAll(3);
    logs.write(gating, ...delivered(0), ["torn", 77], ...drained(2));
    expect(judge()).toEqual({ torn: 1 });
  });

  test("must never be told of a loss, and that excuses nothing", () => {
    logs.write(gating, ["ready"]);
    sendAll(3);
    logs.write(gating, ["overrun", 1], ...drained(0, 2));
    expect(judge()).toEqual({ lost: 2 });
  });

  test("is not charged with what came after its last look", () => {
    logs.write(gating, ["ready"]);
    sendAll(2);
    logs.write(gating, ["polling"], ...delivered(0, 1), ["polled", 2], ["polling"]);
    sendAll(4);
    logs.write(gating, ["polled", 0], ["left"]);
    expect(judge()).toEqual({});
  });

  test("is not charged with what its publisher died before publishing", () => {
    logs.write(gating, ["ready"]);
    sendAll(2);
    logs.write(publisher, ["intended", 9]);
    logs.kill(publisher);
    logs.write(gating, ...drained(0, 1));
    expect(judge()).toEqual({});
  });
});

describe("a lapped subscriber", () => {
  test("that was told of exactly what is missing is right", () => {
    logs.write(lapped, ["ready"]);
    sendAll(9);
    logs.write(lapped, ...delivered(0, 1), ["overrun", 3], ...drained(5, 6, 7, 8));
    expect(judge()).toEqual({});
  });

  test("must be told before it gets the next record", () => {
    logs.write(lapped, ["ready"]);
    sendAll(9);
    logs.write(lapped, ...delivered(0, 1, 5), ["overrun", 3], ...drained(6, 7, 8));
    expect(judge()).toEqual({ lost: 3 });
  });

  test("that was told of fewer than are missing has lost the rest", () => {
    logs.write(lapped, ["ready"]);
    sendAll(9);
    logs.write(lapped, ...delivered(0, 1), ["overrun", 2], ...drained(5, 6, 7, 8));
    expect(judge()).toEqual({ lost: 1 });
  });

  test("that was told of more than can be missing was told wrongly", () => {
    logs.write(lapped, ["ready"]);
    sendAll(9);
    logs.write(lapped, ...delivered(0, 1), ["overrun", 5], ...drained(5, 6, 7, 8));
    expect(judge()).toEqual({ lost: 2 });
  });

  test("counts anew when it comes back", () => {
    logs.write(lapped, ["ready"]);
    sendAll(9);
    logs.write(lapped, ...delivered(0, 1), ["overrun", 7], ["left"], ["ready"]);
    sendAll(12);
    logs.write(lapped, ...drained(9, 11));
    expect(judge()).toEqual({ lost: 1 });
  });
});

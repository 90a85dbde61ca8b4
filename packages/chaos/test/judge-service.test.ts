import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { judgeService } from "../src/judges/service.ts";
import { countsOf, Logs } from "./logs.ts";

let logs: Logs;
let requester: number;
let responder: number;

beforeEach(() => {
  logs = new Logs();
  requester = logs.add("requester");
  responder = logs.add("responder");
  logs.write(responder, ["ready"]);
  logs.write(requester, ["ready"], ["asked", 0]);
});

afterEach(() => logs[Symbol.dispose]());

function judge(): Record<string, number> {
  return countsOf(judgeService(logs.evidence));
}

describe("a request", () => {
  test("that was handled and answered once is right", () => {
    logs.write(responder, ["delivered", 0]);
    logs.write(requester, ["answered", 0], ["left"]);
    expect(judge()).toEqual({});
  });

  test("that was answered wrongly is torn", () => {
    logs.write(responder, ["delivered", 0]);
    logs.write(requester, ["torn", 0], ["left"]);
    expect(judge()).toEqual({ torn: 1 });
  });

  test("that nobody has handled cannot be answered", () => {
    logs.write(requester, ["answered", 0], ["left"]);
    expect(judge()).toEqual({ torn: 1 });
  });

  test("that was handled twice is a duplicate, also with two responders", () => {
    logs.write(responder, ["delivered", 0]);
    logs.kill(responder);
    const successor = logs.add("responder");
    logs.write(successor, ["ready"], ["delivered", 0]);
    logs.write(requester, ["answered", 0], ["left"]);
    expect(judge()).toEqual({ duplicated: 1 });
  });

  test("that was settled twice is a duplicate", () => {
    logs.write(responder, ["delivered", 0]);
    logs.write(requester, ["answered", 0], ["answered", 0], ["left"]);
    expect(judge()).toEqual({ duplicated: 1 });
  });

  test("that was never settled is lost", () => {
    logs.write(responder, ["delivered", 0]);
    logs.write(requester, ["left"]);
    expect(judge()).toEqual({ lost: 1 });
  });

  test("of somebody who was killed need not be settled", () => {
    logs.kill(requester);
    expect(judge()).toEqual({});
  });

  test("may be refused when its responder has died, and handled or not", () => {
    logs.kill(responder);
    logs.write(requester, ["refused", 0], ["left"]);
    expect(judge()).toEqual({});
  });

  test("may be refused when its responder has left", () => {
    logs.write(responder, ["idle"], ["left"]);
    logs.write(requester, ["refused", 0], ["left"]);
    expect(judge()).toEqual({});
  });

  test("may not be refused while its responder lives", () => {
    logs.write(responder, ["delivered", 0], ["idle"]);
    logs.write(requester, ["refused", 0], ["left"]);
    expect(judge()).toEqual({ lost: 1 });
  });

  test("may not be refused for a responder that ended before", () => {
    logs.kill(responder);
    const successor = logs.add("responder");
    logs.write(successor, ["ready"]);
    logs.write(requester, ["refused", 0], ["asked", 1], ["refused", 1], ["left"]);
    expect(judge()).toEqual({ lost: 1 });
  });
});

import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { check, checkEqual, checkRefused } from "../src/demo/check.ts";
import { DemoRoom } from "../src/demo/room.ts";
import { runDemo } from "../src/demo/run-demo.ts";
import { type DemoConcept, type DemoStep, SkippedStep, type StepResult } from "../src/demo/step.ts";
import { InterruptedError } from "../src/interrupted-error.ts";

function conceptOf(...steps: DemoStep[]): DemoConcept[] {
  return [{ number: 1, title: "One", steps }];
}

async function collect(concepts: DemoConcept[], room: DemoRoom): Promise<StepResult[]> {
  return await Array.fromAsync(runDemo(concepts, room, () => undefined));
}

describe("runDemo()", () => {
  test("reports a failed step on one line and goes on with the next", async () => {
    await using room = new DemoRoom(new AbortController().signal);
    const concepts = conceptOf(
      { name: "good", run: () => "fine" },
      { name: "bad", run: () => checkEqual(1 as number, 2, "the number\nin question") as never },
      { name: "impossible", run: () => new SkippedStep("no such device") },
      { name: "late", run: async () => "fine, too" },
    );
    const results = await collect(concepts, room);
    expect(results.map(({ step, ok, detail }) => [step, ok, detail])).toEqual([
      ["good", true, "fine"],
      ["bad", false, "CheckFailedError: the number in question: expected 2, found 1"],
      ["impossible", true, "skipped: no such device"],
      ["late", true, "fine, too"],
    ]);
  });

  test("stops between steps when the signal is aborted", async () => {
    const controller = new AbortController();
    await using room = new DemoRoom(controller.signal);
    const abort = (): string => {
      controller.abort(new InterruptedError("SIGINT"));
      return "x";
    };
    const steps = conceptOf({ name: "last", run: abort }, { name: "never", run: () => "x" });
    expect(collect(steps, room)).rejects.toBeInstanceOf(InterruptedError);
  });
});

describe("DemoRoom", () => {
  test("removes its files, ends its processes and restores ISTHMUS_DIR", async () => {
    const before = process.env["ISTHMUS_DIR"];
    let file = "";
    let names = "";
    let pid = 0;
    {
      await using room = new DemoRoom(new AbortController().signal);
      names = process.env["ISTHMUS_DIR"] ?? "";
      file = room.path("file");
      writeFileSync(file, "x");
      const child = room.spawn("peer.ts", "hold", "room-test");
      pid = child.pid;
      expect(await child.nextLine()).toBe("holding");
      expect([existsSync(names), existsSync(file)]).toEqual([true, true]);
    }
    expect([existsSync(names), existsSync(file)]).toEqual([false, false]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(process.env["ISTHMUS_DIR"]).toBe(before);
  });

  test("a process that fails says why", async () => {
    await using room = new DemoRoom(new AbortController().signal);
    const child = room.spawn("peer.ts", "no-such-role");
    expect(child.nextLine()).rejects.toThrow('Unknown role "no-such-role"');
    await child.nextLine().catch(() => undefined);
  });
});

describe("checks", () => {
  test("say what was expected and what was found", () => {
    const refusal = Object.assign(new Error("no"), { code: "EACCES" });
    const fail = (): never => {
      throw refusal;
    };
    expect(() => checkEqual([1, 2], [1, 2], "x")).not.toThrow();
    expect(() => checkEqual<number[]>([1], [2], "the list")).toThrow(
      "the list: expected [ 2 ], found [ 1 ]",
    );
    expect(() => check(false, "it is false")).toThrow("it is false");
    expect(() => checkRefused(fail, "EACCES", "x")).not.toThrow();
    expect(() => checkRefused(fail, "EEXIST", "a name")).toThrow(
      "a name: expected EEXIST, but it threw Error EACCES: no",
    );
    expect(() => checkRefused(() => 1, "EEXIST", "a name")).toThrow("but it was permitted");
  });
});

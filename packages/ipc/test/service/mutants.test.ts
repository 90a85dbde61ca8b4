/** What each check is for: without it, the same steps go wrong. */
import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { readdirSync, unlinkSync } from "node:fs";
import { Home } from "@isthmus/testing/home";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { Requester, Responder } from "../../src/index.ts";
import { AnswerLane } from "../../src/service/answer-lane.ts";
import { RequestLane } from "../../src/service/request-lane.ts";
import type { ResponderWatch } from "../../src/service/responder-watch.ts";
import { OUTCOME, SERVICE } from "../../src/service/service-layout.ts";
import { mutate } from "../model/checker/source.ts";
import { JSONS, LaneRequester, LaneResponder } from "./support/lane.ts";
import { checkOf, SCHEMAS } from "./support/numbers.ts";
import { participant } from "./support/participant.ts";

type RequestModule = { readonly RequestLane: typeof RequestLane };
type WatchModule = { readonly ResponderWatch: typeof ResponderWatch };
type AnswerModule = { readonly AnswerLane: typeof AnswerLane };

/** A promise that may reject before anybody waits for it. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

afterEach(() => {
  spyOn(Math, "random").mockRestore();
});

describe("a reply to the last owner of a lane", () => {
  /** The responder has seen that the owner is there, and writes when the next one has asked, by chance as number 7. */
  async function run(laneClass: typeof RequestLane): Promise<unknown> {
    using _home = new Home();
    spyOn(Math, "random").mockReturnValue(7 / 2 ** 32);
    using _responder = Responder.createNew("asked", { ...JSONS, maxRequesters: 1 });
    using answering = new LaneResponder("asked", AnswerLane);
    using second = new LaneRequester("asked", laneClass);
    const answer = second.lane.request("new", Infinity, undefined);
    await Bun.sleep(0);
    expect(answering.lane.take()).toBe(true);
    const { id, generation } = answering.lane.reader;
    expect(id).toBe(7);
    answering.lane.writer.write(id, generation - 1, OUTCOME.value, "answer to old");
    answering.lane.answer({ id, generation }, "answer to new");
    return await answer;
  }

  test("is dropped", async () => {
    expect(await run(RequestLane)).toBe("answer to new");
  });

  test("is taken for one's own without the generation", async () => {
    const { RequestLane: Mutant } = await mutate<RequestModule>("service/request-lane.ts", [
      "const isOurs = reader.generation === this.#generation;",
      "const isOurs = true;",
    ]);
    expect(await run(Mutant)).toBe("answer to old");
  });
});

describe("a request of the last owner of a lane", () => {
  async function run(laneClass: typeof AnswerLane): Promise<unknown[]> {
    using _home = new Home();
    using _responder = Responder.createNew("asked", { ...JSONS, maxRequesters: 1 });
    {
      using first = Requester.openExisting("asked", JSONS);
      void held(first.request("old"));
    }
    using second = Requester.openExisting("asked", JSONS);
    void held(second.request("new"));
    await Bun.sleep(0);
    using answering = new LaneResponder("asked", laneClass);
    return answering.taken();
  }

  test("is skipped", async () => {
    expect(await run(AnswerLane)).toEqual(["new"]);
  });

  test("is handled for nobody without the generation", async () => {
    const { AnswerLane: Mutant } = await mutate<AnswerModule>("service/answer-lane.ts", [
      "words.load(this.#word + SERVICE_LANE.generation) === generation",
      "generation !== -1",
    ]);
    expect(await run(Mutant)).toEqual(["old", "new"]);
  });
});

describe("a request that was for the last responder", () => {
  async function run(laneClass: typeof AnswerLane): Promise<unknown[]> {
    using _home = new Home();
    using requester = Requester.createNew("asked", JSONS);
    {
      using _first = Responder.openExisting("asked", JSONS);
      void held(requester.request("for the first"));
    }
    using _second = Responder.openExisting("asked", JSONS);
    void held(requester.request("for the second"));
    await Bun.sleep(0);
    using answering = new LaneResponder("asked", laneClass);
    return answering.taken();
  }

  test("is never handled by the next", async () => {
    expect(await run(AnswerLane)).toEqual(["for the second"]);
  });

  test("is repeated, although it was rejected, without the term", async () => {
    const { AnswerLane: Mutant } = await mutate<AnswerModule>("service/answer-lane.ts", [
      "reader.detail === this.#term && ",
      "",
    ]);
    expect(await run(Mutant)).toEqual(["for the first", "for the second"]);
  });
});

describe("the end of a liveness pipe", () => {
  const ifPipes = testIf(!isWindows, "liveness pipes that anybody can remove");

  /** The pipe of a responder that lives has gone. */
  async function run(laneClass: typeof RequestLane): Promise<string> {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = participant(stack);
    await server.call("openResponder", "asked");
    await server.call("serve", "held");
    const lines = readdirSync(home.path).filter((name) => name.startsWith(".life-"));
    for (const name of lines) unlinkSync(home.file(name));
    using requester = new LaneRequester("asked", laneClass, SCHEMAS);
    const question = { asker: 1, number: 2, check: checkOf(1, 2) };
    const outcome = held(requester.lane.request(question, Infinity, undefined)).then(
      () => "answered",
      (error: Error) => error.name,
    );
    while ((await server.call<number[]>("handled")).length === 0);
    await Bun.sleep(30);
    await server.call("giveHeld");
    return await outcome;
  }

  ifPipes("is a hint: the kernel's lock decides", async () => {
    expect(await run(RequestLane)).toBe("answered");
  });

  ifPipes("rejects what a live responder would have answered, when it decides", async () => {
    const { ResponderWatch: Hasty } = await mutate<WatchModule>("service/responder-watch.ts", [
      "this.#isSuspect = true;\n      onDeath();",
      `this.#service.words.store(this.#service.base + ${SERVICE.serving}, 0);\n      onDeath();`,
    ]);
    Object.assign(globalThis, { Hasty });
    const { RequestLane: Mutant } = await mutate<RequestModule>("service/request-lane.ts", [
      "new ResponderWatch(service)",
      "new globalThis.Hasty(service)",
    ]);
    expect(await run(Mutant)).toBe("PeerDiedError");
  });
});

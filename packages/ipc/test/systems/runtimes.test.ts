/**
 * Processes of Bun and of another runtime that share one directory. `bun run test:runtimes` runs this; alone it needs
 * `ISTHMUS_TEST_NODE`, a Node.js that has `node:ffi`, or `ISTHMUS_TEST_DENO`.
 */
import { describe, expect } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { type Neighbour, RUNTIMES } from "@isthmus/testing/neighbours";
import { pairTests } from "@isthmus/testing/pair";
import { Peer } from "@isthmus/testing/peer";
import { testIf } from "@isthmus/testing/requirement";
import {
  countTogether,
  loseNoUpdate,
  SCRIPT,
  seeEachOther,
  shareEventsAndSemaphores,
  shareFlows,
  shareJobs,
  shareMemory,
  shareMutexOfTheDead,
  sharePermitsOfTheDead,
} from "./support/pair.ts";

/** Longer than what a runtime may let an idle thread live, with whose end the kernel passes its locks on. */
const IDLE_MS = 15_000;

for (const neighbour of RUNTIMES) {
  const runtime = neighbour.name;
  const testBothWays = pairTests(SCRIPT, neighbour);

  describe(`bun and ${runtime}`, () => {
    testBothWays("are two", async ({ maker, user }) => {
      const runtimes = [await maker.call<string>("runtime"), await user.call<string>("runtime")];
      expect(runtimes.sort()).toEqual(["bun", runtime]);
    });

    testBothWays("share memory", shareMemory);
    testBothWays("share events and semaphores", shareEventsAndSemaphores);
    testBothWays("share channels, topics and services", shareFlows);
    testBothWays("share work queues", shareJobs);
    testBothWays("see what the other has made, of whatever kind", seeEachOther);
    for (const strategy of ["robust", "portable"]) {
      const environment = strategy === "portable" ? { ISTHMUS_MUTEX: strategy } : {};
      testBothWays(
        `share a ${strategy} mutex, also when its owner dies`,
        shareMutexOfTheDead,
        environment,
      );
      testBothWays(`lose no update under a ${strategy} mutex`, loseNoUpdate, environment);
    }
    testBothWays("share permits that come back when their holder dies", sharePermitsOfTheDead);

    testBothWays("keep a mutex while its owner does nothing", async ({ maker, user }) => {
      for (const peer of [maker, user]) await peer.call("make", "mutex", "mutex");
      await maker.call("acquire", "mutex");
      await Bun.sleep(IDLE_MS);
      expect(await user.call<boolean>("tryAcquire", "mutex")).toBe(false);
      await maker.call("unlock");
      expect(await user.call<boolean>("tryAcquire", "mutex")).toBe(true);
    });
  });
}

describe("node and deno", () => {
  const [node, deno] = RUNTIMES as [Neighbour, Neighbour];
  const testBothWays = pairTests(SCRIPT, deno, node);
  testBothWays("share channels, topics and services", shareFlows);
  testBothWays("share a robust mutex, also when its owner dies", shareMutexOfTheDead);
  testBothWays("lose no update under a robust mutex", loseNoUpdate);
});

const others = RUNTIMES.map(({ command }) => command);

testIf(!others.includes(undefined), "what `bun run test:runtimes` sets")(
  "all runtimes update one struct and lose nothing",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const commands = [[process.execPath], ...others.map((command) => command ?? [])];
    await countTogether(commands.map((command) => stack.use(new Peer([...command, SCRIPT]))));
  },
);

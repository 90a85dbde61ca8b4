/**
 * Processes of Bun and of Node.js that share one directory. `bun run test:runtimes` runs this; alone it needs
 * `ISTHMUS_TEST_NODE`, a Node.js that has `node:ffi`.
 */
import { describe, expect, setDefaultTimeout } from "bun:test";
import {
  loseNoUpdate,
  pairTests,
  seeEachOther,
  shareEventsAndSemaphores,
  shareFlows,
  shareMemory,
  shareMutexOfTheDead,
  sharePermitsOfTheDead,
} from "./support/pair.ts";

setDefaultTimeout(120_000);

const NODE = process.env["ISTHMUS_TEST_NODE"];
const testBothWays = pairTests(
  // By its condition for Bun a package leads to the sources, which Node.js runs as they are.
  NODE === undefined ? undefined : [NODE, "--conditions=bun", "--no-warnings"],
  "ISTHMUS_TEST_NODE, which `bun run test:runtimes` sets",
);

describe("Bun and Node.js", () => {
  testBothWays("are two", async ({ maker, user }) => {
    const runtimes = [await maker.call<string>("runtime"), await user.call<string>("runtime")];
    expect(runtimes.sort()).toEqual(["bun", "node"]);
  });

  testBothWays("share memory", shareMemory);
  testBothWays("share events and semaphores", shareEventsAndSemaphores);
  testBothWays("share channels, topics and services", shareFlows);
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
});

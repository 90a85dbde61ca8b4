/**
 * Processes of Bun and of another runtime that share one directory. `bun run test:runtimes` runs this; alone it needs
 * `ISTHMUS_TEST_NODE`, a Node.js that has `node:ffi`, or `ISTHMUS_TEST_DENO`.
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

/** By its condition for Bun a package leads to the sources, which these run as they are. */
const SOURCES = "--conditions=bun";

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  node: [SOURCES, "--no-warnings"],
  deno: ["run", SOURCES, "--allow-all", "--no-check", "--no-lock"],
};

/** Longer than what a runtime may let an idle thread live, with whose end the kernel passes its locks on. */
const IDLE_MS = 12_000;

for (const [runtime, options] of Object.entries(ARGUMENTS)) {
  const variable = `ISTHMUS_TEST_${runtime.toUpperCase()}`;
  const program = process.env[variable];
  const testBothWays = pairTests(
    program === undefined ? undefined : [program, ...options],
    `${variable}, which \`bun run test:runtimes\` sets`,
  );

  describe(`bun and ${runtime}`, () => {
    testBothWays("are two", async ({ maker, user }) => {
      const runtimes = [await maker.call<string>("runtime"), await user.call<string>("runtime")];
      expect(runtimes.sort()).toEqual(["bun", runtime]);
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

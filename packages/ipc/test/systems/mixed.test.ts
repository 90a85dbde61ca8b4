/**
 * Processes on two C libraries that share one directory, as containers of Alpine and Debian do. `bun run test:musl` runs
 * this; alone it needs `ISTHMUS_TEST_OTHER_BUN`, a command that runs Bun on another C library than this one.
 */
import { describe, expect } from "bun:test";
import { expectRejection } from "@isthmus/testing/expect-code";
import { OTHER_LIBRARY } from "@isthmus/testing/neighbours";
import { pairTests } from "@isthmus/testing/pair";
import {
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

const testBothWays = pairTests(SCRIPT, OTHER_LIBRARY);

describe("two C libraries", () => {
  testBothWays("are two", async ({ maker, user }) => {
    const libraries = [await maker.call<string>("library"), await user.call<string>("library")];
    expect(libraries.sort()).toEqual(["glibc", "musl"]);
  });

  testBothWays("share memory", shareMemory);
  testBothWays("share events and semaphores", shareEventsAndSemaphores);
  testBothWays("share channels, topics and services", shareFlows);
  testBothWays("see what the other has made, of whatever kind", seeEachOther);

  testBothWays("are told why they do not share a mutex of one of them", async ({ maker, user }) => {
    const [theirs, own] = [await maker.call<string>("library"), await user.call<string>("library")];
    for (const kind of ["mutex", "struct", "returning", "queue"]) {
      await maker.call("make", kind, kind);
      const opening = user.call("make", kind, kind);
      const { message } = await expectRejection(opening, "NotSupportedError", "ERR_NOT_SUPPORTED");
      expect(message).toContain(`made by a process on ${theirs}; this one is on ${own}`);
    }
  });
});

describe("two C libraries with ISTHMUS_MUTEX=portable", () => {
  const portable = { ISTHMUS_MUTEX: "portable" };

  testBothWays("share a mutex, also when its owner dies", shareMutexOfTheDead, portable);
  testBothWays("lose no update of a struct", loseNoUpdate, portable);
  testBothWays("share work queues", shareJobs, portable);
  testBothWays(
    "share permits that come back when their holder dies",
    sharePermitsOfTheDead,
    portable,
  );
});

/**
 * Processes on two C libraries that share one directory, as containers of Alpine and Debian do. `bun run test:musl` runs
 * this; alone it needs `ISTHMUS_TEST_OTHER_BUN`, a command that runs Bun on another C library than this one.
 */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { testIf } from "@isthmus/testing/requirement";
import { SharedStruct } from "../../src/index.ts";
import { Count } from "./support/count.ts";

setDefaultTimeout(120_000);

const OTHER = process.env["ISTHMUS_TEST_OTHER_BUN"];
const SCRIPT = join(import.meta.dir, "fixtures", "neighbour.ts");
const COUNT = 2000;
const SUM = (COUNT * (COUNT - 1)) / 2;

const LIBRARIES = { here: process.execPath, there: OTHER ?? "" } as const;

/** Two processes, the first of which makes what both use. */
interface Pair {
  readonly maker: Peer;
  readonly user: Peer;
}

const testMixed = testIf(
  OTHER !== undefined,
  "ISTHMUS_TEST_OTHER_BUN, which `bun run test:musl` sets",
);

/** Runs a test twice, so that each library makes what the other one uses. */
function testBothWays(
  name: string,
  body: (pair: Pair) => Promise<void>,
  environment: Readonly<Record<string, string>> = {},
): void {
  for (const [maker, user] of [
    ["here", "there"],
    ["there", "here"],
  ] as const) {
    testMixed(`${name} (made ${maker})`, async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const start = (where: keyof typeof LIBRARIES) =>
        stack.use(new Peer([LIBRARIES[where], SCRIPT], environment));
      await body({ maker: start(maker), user: start(user) });
    });
  }
}

/** Has both sides make or open a thing of a kind. */
async function share({ maker, user }: Pair, kind: string): Promise<void> {
  await maker.call("make", kind, kind);
  await user.call("make", kind, kind);
}

describe("two C libraries", () => {
  testBothWays("are two", async ({ maker, user }) => {
    const libraries = [await maker.call<string>("library"), await user.call<string>("library")];
    expect(libraries.sort()).toEqual(["glibc", "musl"]);
  });

  testBothWays("share memory", async (pair) => {
    await share(pair, "memory");
    await pair.maker.call("write", "memory", 7);
    expect(await pair.user.call<number>("read", "memory")).toBe(7);
  });

  testBothWays("share events and semaphores", async (pair) => {
    await share(pair, "event");
    const wait = pair.user.call("waitForEvent", "event");
    await pair.maker.call("set", "event");
    await wait;
    await share(pair, "semaphore");
    expect(await pair.user.call<boolean>("take", "semaphore")).toBe(true);
    expect(await pair.maker.call<boolean>("take", "semaphore")).toBe(false);
    await pair.user.call("release", "semaphore");
    expect(await pair.maker.call<boolean>("take", "semaphore")).toBe(true);
  });

  testBothWays("share channels, topics and services", async ({ maker, user }) => {
    for (const kind of ["channel", "topic", "service"]) await maker.call("make", kind, kind);
    user.send("receive", "channel", COUNT);
    await maker.call("send", "channel", COUNT);
    expect(await user.answer<number>()).toBe(SUM);
    await user.call("subscribe", "topic");
    user.send("hear", COUNT);
    await maker.call("publish", "topic", COUNT);
    expect(await user.answer<number>()).toBe(SUM);
    await maker.call("answer", "service");
    expect(await user.call("ask", "service", 21)).toEqual({ double: 42 });
  });

  testBothWays("see what the other has made, of whatever kind", async ({ maker, user }) => {
    const kinds = [
      "channel",
      "event",
      "memory",
      "mutex",
      "semaphore",
      "service",
      "struct",
      "topic",
    ];
    for (const kind of kinds) await maker.call("make", kind, kind);
    expect(await user.call<unknown>("list")).toEqual(kinds.map((kind) => [kind, kind, null]));
  });

  testBothWays("are told why they do not share a mutex of one of them", async ({ maker, user }) => {
    const [theirs, own] = [await maker.call<string>("library"), await user.call<string>("library")];
    for (const kind of ["mutex", "struct", "returning"]) {
      await maker.call("make", kind, kind);
      const opening = user.call("make", kind, kind);
      const { message } = await expectRejection(opening, "NotSupportedError", "ERR_NOT_SUPPORTED");
      expect(message).toContain(`made by a process on ${theirs}; this one is on ${own}`);
    }
  });
});

describe("two C libraries with ISTHMUS_MUTEX=portable", () => {
  const portable = { ISTHMUS_MUTEX: "portable" };

  testBothWays(
    "share a mutex, also when its owner dies",
    async (pair) => {
      const { maker, user } = pair;
      await share(pair, "mutex");
      expect(await user.call<boolean>("acquire", "mutex")).toBe(false);
      expect(await maker.call<boolean>("tryAcquire", "mutex")).toBe(false);
      maker.send("acquire", "mutex");
      await user.kill();
      expect(await maker.answer<boolean>()).toBe(true);
    },
    portable,
  );

  testBothWays(
    "lose no update of a struct",
    async (pair) => {
      await share(pair, "struct");
      await Promise.all([pair.maker, pair.user].map((peer) => peer.call("count", "struct", COUNT)));
      using shared = SharedStruct.openExisting("struct", Count);
      expect(shared.read().count).toBe(2 * COUNT);
    },
    portable,
  );

  testBothWays(
    "share permits that come back when their holder dies",
    async (pair) => {
      await share(pair, "returning");
      expect(await pair.user.call<boolean>("take", "returning")).toBe(true);
      expect(await pair.maker.call<boolean>("take", "returning")).toBe(false);
      await pair.user.kill();
      expect(await pair.maker.call<boolean>("take", "returning")).toBe(true);
    },
    portable,
  );
});

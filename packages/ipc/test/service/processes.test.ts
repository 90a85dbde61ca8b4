/** Requesters and responders in processes of their own, some of which die, stop or leave. */
import { describe, expect, test } from "bun:test";
import { readdirSync, unlinkSync } from "node:fs";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { timeoutWakesMax, until } from "@isthmus/testing/patience";
import type { Peer } from "@isthmus/testing/peer";
import { ifSignals } from "@isthmus/testing/requirement";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { observe, Requester, type RequesterMetrics, Responder } from "../../src/index.ts";
import { checkOf, SCHEMAS } from "./support/numbers.ts";
import { participant } from "./support/participant.ts";

/** A process with a responder that serves. */
async function responding(stack: AsyncDisposableStack, how: string, options = {}): Promise<Peer> {
  const peer = participant(stack);
  await peer.call("openResponder", "asked", options);
  peer.send("serve", how);
  if (how !== "blocking") await peer.answer();
  return peer;
}

async function asking(stack: AsyncDisposableStack): Promise<Peer> {
  const peer = participant(stack);
  await peer.call("openRequester", "asked");
  return peer;
}

describe("Requester and Responder", () => {
  test("10,000 requests of four requesters at a time, answered out of order, each with its own", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "shuffled");
    const clients = await Promise.all([1, 2, 3, 4].map(() => asking(stack)));
    const outcomes = await Promise.all(
      clients.map((client, asker) => client.call("ask", asker, 0, 2500)),
    );
    expect(outcomes).toEqual(clients.map(() => ({ right: 2500 })));
    expect(await server.call("metrics")).toMatchObject({
      requests: 10_000,
      replies: 10_000,
      errors: 0,
      droppedReplies: 0,
      corruptions: 0,
      inFlight: 0,
    });
    expect(await server.call<unknown[]>("failures")).toEqual([]);
    const { participants, cells, kind } = observe("asked");
    expect([kind, participants.map(({ role }) => role).sort()]).toEqual([
      "service",
      ["requester", "requester", "requester", "requester", "responder"],
    ]);
    // Nobody found anything by the look that is taken now and then.
    const found = Math.max(...cells.map(({ timeoutWakes }) => timeoutWakes));
    expect(found).toBeLessThanOrEqual(timeoutWakesMax(10_000));
    await server.call("dispose");
    for (const peer of [...clients, server]) expect(await peer.finish()).toBe(0);
    expect(home.names()).toEqual([]);
  });

  test("one question after the other, asleep in between, and on this thread against one that polls", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "at once");
    using requester = Requester.openExisting("asked", SCHEMAS);
    for (let number = 0; number < 300; number++) {
      const check = checkOf(9, number);
      const reply = await requester.request({ asker: 9, number, check });
      expect(reply.check).toBe((check + 1) >>> 0);
      const sync = requester.requestSync({ asker: 9, number, check });
      expect([sync.number, sync.check]).toEqual([number, (check + 1) >>> 0]);
    }
    for (const { timeoutWakes } of observe("asked").cells) {
      expect(timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(600));
    }
    await server.call("dispose");
    const polling = participant(stack);
    await polling.call("openResponder", "asked");
    polling.send("poll", 2000);
    await polling.answer();
    const client = await asking(stack);
    expect(await client.call("askSync", 1, 2000, { spinMs: 1, timeoutMs: 200_000 })).toBe(2000);
    expect(await polling.answer()).toBe(2000);
  });

  test("room is given back as requests are taken, long before they are answered", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = participant(stack);
    await server.call("openResponder", "asked", { capacityBytes: 4096 });
    await server.call("serve", "held", 100_000);
    const client = await asking(stack);
    // Room for 128 at a time: a wake-up that is lost costs a second for each of them, and in the end this test.
    await client.call("begin", 1, 0, 20_000);
    await until(
      async () => (await server.call("handledCount")) === 20_000,
      "the requests are handled",
    );
    expect(await server.call("giveHeld")).toBe(20_000);
    expect(await client.call("outcome")).toEqual({ right: 20_000 });
    // Replies had no room, either.
    expect(await server.call("metrics")).toMatchObject({ replies: 20_000, blockedReplies: 0 });
  });

  test("a requester that asks first waits for the responder; asleep on its thread, too", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const first = await asking(stack);
    const second = await asking(stack);
    await first.call("begin", 1, 0, 100);
    second.send("askSync", 2, 5, { timeoutMs: 200_000 });
    await until(
      () => observe("asked").cells.filter(({ isAwaited }) => isAwaited).length === 2,
      "all of them wait",
    );
    await responding(stack, "at once");
    expect(await first.call("outcome")).toEqual({ right: 100 });
    expect(await second.answer()).toBe(5);
  });
});

describe("a responder that is killed", () => {
  test("rejects all that is pending; the next one serves, and gets nothing that the dead one had", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "held");
    const clients = [await asking(stack), await asking(stack)];
    for (const [asker, client] of clients.entries()) await client.call("begin", asker, 0, 500);
    await until(
      async () => (await server.call<number[]>("handled")).length === 1000,
      "the requests are handled",
    );
    await server.kill();
    for (const client of clients) {
      expect(await client.call("outcome")).toEqual({ ERR_PEER_DIED: 500 });
      expect(await client.call<RequesterMetrics>("metrics")).toMatchObject({ pending: 0 });
    }
    // Made while there is nobody: they wait.
    for (const [asker, client] of clients.entries()) await client.call("begin", asker, 500, 500);
    const next = await responding(stack, "shuffled");
    for (const client of clients) {
      expect(await client.call("outcome")).toEqual({ right: 500 });
    }
    const handled = await next.call<number[]>("handled");
    expect([handled.length, Math.min(...handled)]).toEqual([1000, 500]);
  });

  test("rejects also what it had not taken, and what was asked on a thread; none of it is repeated", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "blocking");
    const client = await asking(stack);
    const sleeper = await asking(stack);
    await client.call("begin", 1, 0, 50);
    expect(await server.answer()).toBe(null);
    expect(await server.answer()).toBe("blocking");
    sleeper.send("askSync", 2, 1, { timeoutMs: 40_000 });
    await until(
      () => observe("asked").cells.filter(({ isAwaited }) => isAwaited).length >= 2,
      "all of them wait",
    );
    await server.kill();
    expect(await client.call("outcome")).toEqual({ ERR_PEER_DIED: 50 });
    await expectRejection(sleeper.answer(), "PeerDiedError", "ERR_PEER_DIED");
    const next = await responding(stack, "at once");
    expect(await client.call("ask", 1, 100, 10)).toEqual({ right: 10 });
    const handled = await next.call<number[]>("handled");
    expect(handled).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
    // Those of the dead one are still in the rings, and are skipped.
    expect(await next.call("metrics")).toMatchObject({ skippedRequests: 51, replies: 10 });
  });

  test("while nothing is pending: what is asked then waits for the next one", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "at once");
    const client = await asking(stack);
    expect(await client.call("ask", 1, 0, 10)).toEqual({ right: 10 });
    await server.kill();
    expect(await client.call("ask", 1, 0, 2, { timeoutMs: 30 })).toEqual({ ETIMEDOUT: 2 });
    await client.call("begin", 1, 10, 10);
    await responding(stack, "at once");
    expect(await client.call("outcome")).toEqual({ right: 10 });
  });

  test("again and again, with requests under way: each is answered rightly or rejected, none twice", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const clients = [await asking(stack), await asking(stack)];
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      const server = await responding(stack, round % 2 === 0 ? "shuffled" : "at once");
      for (const [asker, client] of clients.entries()) {
        await client.call("begin", asker, round * 3000, 3000);
      }
      await Bun.sleep(round * 3);
      await server.kill();
      for (const client of clients) {
        const outcome = await client.call<Record<string, number>>("outcome");
        const { right = 0, ERR_PEER_DIED: died = 0, ...others } = outcome;
        expect([right + died, others]).toEqual([3000, {}]);
      }
    }
    for (const client of clients) {
      expect(await client.call("metrics")).toMatchObject({ pending: 0, droppedReplies: 0 });
      expect(await client.finish()).toBe(0);
    }
    expect(home.names()).toEqual([]);
  });
});

describe("a responder that is stopped", () => {
  ifSignals(
    "is not dead: requests time out, and their late answers are dropped when it goes on",
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const server = await responding(stack, "at once");
      const client = await asking(stack);
      expect(await client.call("ask", 1, 0, 1)).toEqual({ right: 1 });
      server.signal("SIGSTOP");
      await untilStopped(server.pid);
      expect(await client.call("ask", 1, 0, 20, { timeoutMs: 100 })).toEqual({ ETIMEDOUT: 20 });
      const sync = client.call("askSync", 1, 1, { timeoutMs: 100 });
      await expectRejection(sync, "TimeoutError", "ETIMEDOUT");
      await client.call("begin", 1, 50, 5);
      server.signal("SIGCONT");
      expect(await client.call("outcome")).toEqual({ right: 5 });
      expect(await client.call("metrics")).toMatchObject({
        timeouts: 21,
        droppedReplies: 21,
        pending: 0,
      });
    },
  );

  test("its liveness pipe may be gone while it lives: only the kernel's lock says that it is dead", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "held");
    for (const name of readdirSync(home.path)) {
      if (name.startsWith(".life-")) unlinkSync(`${home.path}/${name}`);
    }
    const client = await asking(stack);
    await client.call("begin", 1, 0, 3);
    await until(
      async () => (await server.call<number[]>("handled")).length === 3,
      "the requests are handled",
    );
    // Long enough for many looks at the end of the liveness pipe.
    await Bun.sleep(50);
    expect(await client.call("metrics")).toMatchObject({ pending: 3 });
    await server.call("giveHeld");
    expect(await client.call("outcome")).toEqual({ right: 3 });
    await client.call("begin", 1, 3, 3);
    await until(
      async () => (await server.call<number[]>("handled")).length === 6,
      "the requests are handled",
    );
    await server.kill();
    expect(await client.call("outcome")).toEqual({ ERR_PEER_DIED: 3 });
  });
});

describe("a requester that is killed", () => {
  test("while its requests are with handlers: its replies are dropped, its lane is free for the next", async () => {
    using home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "held", { maxRequesters: 1 });
    const victim = await asking(stack);
    await victim.call("begin", 1, 0, 200);
    await until(
      async () => (await server.call<number[]>("handled")).length === 200,
      "the requests are handled",
    );
    await victim.kill();
    const next = await asking(stack);
    expect(await next.call("metrics")).toMatchObject({ lane: 0 });
    await next.call("begin", 2, 0, 10);
    await until(
      async () => (await server.call<number[]>("handled")).length === 210,
      "the requests are handled",
    );
    expect(await server.call("giveHeld")).toBe(210);
    expect(await next.call("outcome")).toEqual({ right: 10 });
    expect(await server.call("metrics")).toMatchObject({ replies: 10, droppedReplies: 200 });
    expect(await next.call("metrics")).toMatchObject({ droppedReplies: 0 });
    expect(await next.finish()).toBe(0);
    await server.call("dispose");
    expect(await server.finish()).toBe(0);
    expect(home.names()).toEqual([]);
  });

  ifSignals(
    "while its replies have no room: they are dropped, and the responder keeps nothing",
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const server = await responding(stack, "held", { capacityBytes: 4096 });
      const victim = await asking(stack);
      await victim.call("begin", 1, 0, 2000);
      // More answers than the ring of replies has room for, before nobody reads them any more.
      await until(
        async () => (await server.call<number[]>("handled")).length >= 500,
        "the requests are handled",
      );
      victim.signal("SIGSTOP");
      await untilStopped(victim.pid);
      type Kept = { readonly blockedReplies: number; readonly droppedReplies: number };
      const kept = () => server.call<Kept>("metrics");
      // Answers until the ring is full and some have to be kept.
      await until(async () => {
        await server.call("giveHeld");
        return (await kept()).blockedReplies > 0;
      }, "no reply is blocked");
      const quick = await asking(stack);
      await quick.call("begin", 2, 5000, 10);
      await until(async () => {
        await server.call("giveHeld");
        return (await server.call<number[]>("handled")).filter((n) => n >= 5000).length === 10;
      }, "the requests are handled");
      await server.call("giveHeld");
      expect(await quick.call("outcome")).toEqual({ right: 10 });
      expect((await kept()).blockedReplies).toBeGreaterThan(0);
      await victim.kill();
      await until(async () => (await kept()).blockedReplies === 0, "no reply is blocked");
      expect((await kept()).droppedReplies).toBeGreaterThan(0);
    },
  );
});

describe("leaving", () => {
  test("a second responder is refused, naming the first; when that has left, it may come", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "at once");
    const error = expectCode(
      () => Responder.openExisting("asked", SCHEMAS),
      "SystemError",
      "EBUSY",
    );
    expect(error.message).toContain(`process ${server.pid} (participant.ts)`);
    const client = await asking(stack);
    await server.call("dispose");
    using _next = Responder.openExisting("asked", SCHEMAS);
    await client.call("begin", 1, 0, 3);
    _next.dispose();
    expect(await client.call("outcome")).toEqual({ ERR_PEER_DIED: 3 });
  });

  test("absent() resolves when the responder is killed, though nothing was asked of it", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const server = await responding(stack, "shuffled");
    using requester = Requester.openExisting("asked", SCHEMAS);
    await requester.ready();
    const gone = requester.absent();
    await server.kill();
    await gone;
    const next = requester.ready();
    await responding(stack, "shuffled");
    await next;
  });
});

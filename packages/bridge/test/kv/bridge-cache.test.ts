/** Shared caches of two machines, through a real server. */
import { describe, expect, test } from "bun:test";
import { bytes, json } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { SharedCache } from "@isthmus/store";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { bridgeCache } from "../../src/index.ts";
import { type Bridging, Machine } from "../support/machine.ts";

const SIZE = { capacityBytes: 2 ** 20 };

/** The cache of a machine. */
function pages(machine: Machine): SharedCache {
  return machine.open(() => SharedCache.createOrOpen("pages", SIZE));
}

interface Counted {
  readonly lag: number;
  readonly refused: number;
  readonly conflicts: number;
  readonly received: number;
  readonly problem: string;
}

async function untilSent(bridge: Bridging): Promise<void> {
  await until(async () => {
    const { lag } = await bridge.call<Counted>("metrics");
    return lag === 0 && (await bridge.call("state")) === "live";
  }, "all that was changed is acknowledged");
}

/** Waits until both caches have the same. */
async function untilSame(one: SharedCache, other: SharedCache): Promise<void> {
  const contents = (cache: SharedCache): string =>
    JSON.stringify([...cache].sort(([a], [b]) => (a < b ? -1 : 1)));
  await until(() => contents(one) === contents(other), "both caches have the same");
}

describe("bridgeCache()", () => {
  serverTest("carries what is set, deleted, incremented and cleared, both ways", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    here.set("before", "on one alone");
    there.set("", 1);
    const near = await one.bridge("cache", "pages", { server: server.url });
    const far = await two.bridge("cache", "pages", { server: server.url });
    await untilSame(here, there);
    expect(here.get("")).toBe(1);
    for (let number = 0; number < 300; number++) here.set(`user.${number}`, { number });
    there.set("ü *>", ["any", null]);
    await until(() => there.get("user.299") !== undefined && here.has("ü *>"), "the last ones");
    await untilSame(here, there);
    there.delete("user.7");
    here.increment("count", 2);
    await until(() => !here.has("user.7") && there.get("count") === 2, "deleted and counted");
    there.increment("count", 3);
    await until(() => here.get("count") === 5, "counted on");
    here.clear();
    await until(() => [...there].length === 0, "cleared");
    for (const bridge of [near, far]) {
      await untilSent(bridge);
      expect(await bridge.call("metrics")).toMatchObject({ conflicts: 0, refused: 0, problem: "" });
    }
  });

  serverTest("gives values the rest of their time", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    await one.bridge("cache", "pages", { server: server.url });
    here.set("long", "x", { ttlMs: 60_000, staleMs: 60_000 });
    here.set("short", "x", { ttlMs: 400, staleMs: 60_000 });
    here.set("ever", "x");
    await two.bridge("cache", "pages", { server: server.url });
    await until(() => there.has("ever") && there.has("long"), "all are there");
    await until(() => !there.has("short"), "its time is over");
    expect([there.has("long"), there.has("ever")]).toEqual([true, true]);
    // Set anew, as it is: it is good for longer there, too.
    await until(() => {
      // As often as it takes: on a busy machine its time may be over before it is there.
      here.set("again", "x", { ttlMs: 300 });
      return there.has("again");
    }, "it is there");
    here.set("again", "x", { ttlMs: 60_000 });
    await Bun.sleep(350);
    await until(() => there.has("again"), "it is there for longer");
  });

  serverTest("mirrors what begins with a prefix, and one way, as it is told", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    const out = { server: server.url, prefix: "user:", role: "out" };
    const near = await one.bridge("cache", "pages", out);
    await two.bridge("cache", "pages", { server: server.url, role: "in" });
    there.set("user:2", "only there");
    here.set("other", "only here");
    here.set("user:1", "everywhere");
    await until(() => there.has("user:1"), "it came");
    await untilSent(near);
    expect([there.has("other"), here.has("user:2")]).toEqual([false, false]);
    here.set("user:2", "from here");
    await until(() => there.get("user:2") === "from here", "replaced");
  });

  serverTest("goes on where a killed bridge was: changes, deletions, of both sides", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    const near = await one.bridgeApart("cache", "pages", { server: server.url });
    const far = await two.bridge("cache", "pages", { server: server.url });
    for (const key of ["a", "b", "c", "d"]) here.set(key, "first");
    await untilSame(here, there);
    await untilSent(near);
    await near.kill();
    here.set("a", "second");
    here.delete("b");
    there.set("c", "second");
    there.delete("d");
    await untilSent(far);
    const next = await one.bridgeApart("cache", "pages", { server: server.url });
    await untilSame(here, there);
    expect(Object.fromEntries(here)).toEqual({ a: "second", c: "second" });
    expect(await next.call("metrics")).toMatchObject({ conflicts: 0 });
  });

  serverTest("loses nothing while links are cut and the server is killed", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    const near = await one.bridge("cache", "pages", { server: link.url });
    await two.bridge("cache", "pages", { server: server.url });
    let number = 0;
    const some = (): void => {
      for (let time = 0; time < 50; time++) {
        here.set(`here ${number % 40}`, number);
        there.set(`there ${number++ % 40}`, number);
      }
    };
    for (const harm of ["cut", "kill", "cut", "kill"]) {
      some();
      if (harm === "cut") link.cut();
      else await server.kill();
      some();
      await until(async () => (await near.call("state")) !== "live", "the loss is noticed");
      some();
      if (harm === "cut") link.heal();
      else await server.restart();
      await until(async () => (await near.call("state")) === "live", "it is live again");
    }
    await untilSame(here, there);
    expect([here.get("here 39"), here.get("there 39")]).toEqual([number - 1, number]);
  });

  serverTest("what does not fit into a message is refused, and the rest goes on", async () => {
    await using server = await NatsServer.start({ settings: "max_payload: 8KB" });
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [pages(one), pages(two)];
    const near = await one.bridge("cache", "pages", { server: server.url });
    await two.bridge("cache", "pages", { server: server.url });
    here.set("long", "x".repeat(10_000));
    here.set("k".repeat(2049), 1);
    here.set("fits", 1);
    await until(() => there.has("fits"), "what fits is there");
    await untilSent(near);
    const { refused, problem } = await near.call<Counted>("metrics");
    expect([refused, there.has("long")]).toEqual([2, false]);
    expect(problem).toMatch(/^the (key "k{40}…"|value of "long" has 10002 bytes: .*max_payload)/);
  });

  serverTest("a bucket that is full holds it up, and says so, until there is room", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await withKv(server, async (kvm, jsm) => {
      const kv = await kvm.create("small");
      const { streamInfo } = await kv.status();
      await jsm.streams.update("KV_small", { ...streamInfo.config, max_msgs: 5 });
    });
    const here = pages(one);
    const near = await one.bridge("cache", "pages", { server: server.url, bucket: "small" });
    for (let number = 0; number < 20; number++) here.set(`key ${number}`, number);
    await until(async () => (await near.call("state")) === "full", "it is full");
    const { lag, problem } = await near.call<Counted>("metrics");
    expect([lag, problem]).toEqual([15, expect.stringContaining("maximum messages exceeded")]);
    await withKv(server, async (_, jsm) => {
      await jsm.streams.update("KV_small", { max_msgs: -1 });
    });
    await untilSent(near);
  });

  serverTest("other clients read and write the same values", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    const here = pages(one);
    const near = await one.bridge("cache", "pages", { server: server.url });
    here.set("user.1", { name: "Ada" });
    await withKv(server, async (kvm) => {
      const kv = await kvm.open("isthmus-cache-pages");
      const found = await until(async () => (await kv.get("user.1")) ?? undefined, "it is sent");
      expect(found.json<unknown>()).toEqual({ name: "Ada" });
      await kv.put("user.2", '{ "name": "Grace" }');
      await kv.put("broken", "{");
      await kv.delete("user.1");
    });
    await until(() => here.has("user.2") && !here.has("user.1"), "both came");
    expect(here.get("user.2")).toEqual({ name: "Grace" });
    await until(async () => (await near.call<Counted>("metrics")).refused === 1, "refused");
    expect(here.has("broken")).toBeFalse();
  });

  serverTest("a bucket of other values is refused in words", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await one.bridge("cache", "pages", { server: server.url });
    using _home = new Home();
    const other = bridgeCache("pages", { ...SIZE, server: server.url, value: bytes });
    const { message } = await expectRejection(other, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(message).toContain("records must be bytes: found json");
  });

  test("refuses options that mean nothing", async () => {
    using _home = new Home();
    const open = (options: object) =>
      bridgeCache("pages", { ...SIZE, value: json, server: "nats://127.0.0.1:1", ...options });
    await expectRejection(open({ role: "all" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({ prefix: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const option of ["bucket", "here", "onConflict", "value"]) {
      await expectRejection(open({ [option]: null }), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    await expectRejection(open({ maxAgeMs: 10 }), "RangeError", "ERR_OUT_OF_RANGE");
    const merging = open({ onConflict: () => 1 });
    await expectRejection(merging, "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({}), "SystemError", "ECONNREFUSED");
  });
});

async function withKv(
  server: NatsServer,
  use: (kvm: Kvm, jsm: JetStreamManager) => Promise<void>,
): Promise<void> {
  const nats = await connect({ servers: server.url });
  try {
    await use(new Kvm(nats), await jetstreamManager(nats));
  } finally {
    await nats.close();
  }
}

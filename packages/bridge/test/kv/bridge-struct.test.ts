/** Shared structs of two machines, through a real server that is killed, and links that are cut. */
import { describe, expect, test } from "bun:test";
import { observe, SharedStruct } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until, within } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { bridgeStruct } from "../../src/index.ts";
import { deafLink } from "../support/deaf-link.ts";
import { type Bridging, Machine } from "../support/machine.ts";
import { Others, Settings, type SettingsFields } from "../support/schemas.ts";

type Shared = SharedStruct<SettingsFields>;

function settings(machine: Machine): Shared {
  return machine.open(() => SharedStruct.createOrOpen("settings", Settings));
}

function set(shared: Shared, fields: { limit?: number; level?: number }): void {
  shared.update((current) => Object.assign(current, fields));
}

async function untilLimit(shared: Shared, limit: number): Promise<void> {
  await until(() => shared.read().limit === limit, `limit ${limit}: it is ${shared.read().limit}`);
}

/** Waits until all that has changed is acknowledged. */
async function untilSent(bridge: Bridging): Promise<void> {
  await until(async () => {
    const { lag } = await bridge.call<{ lag: number }>("metrics");
    return lag === 0 && (await bridge.call("state")) === "live";
  }, "all that was changed is acknowledged");
}

describe("bridgeStruct()", () => {
  serverTest("carries whole updates both ways, in order, and tells observers", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [settings(one), settings(two)];
    set(here, { limit: 5 });
    await one.bridge("struct", "settings", { server: server.url });
    const far = await two.bridge("struct", "settings", { server: server.url });
    expect(there.read().limit).toBe(5);
    there.update((s) => {
      s.level = 7;
      s.text = "ä";
    });
    await until(() => here.read().level === 7, "the level comes back");
    expect(here.read()).toEqual({ limit: 5, level: 7, text: "ä" });
    const seen: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { limit, level } of there.changes({ signal: stop.signal })) {
        expect(level).toBe(limit);
        seen.push(limit);
      }
    })();
    watching.catch(() => {});
    for (let limit = 100; limit < 200; limit++) {
      here.update((s) => {
        s.limit = limit;
        s.level = limit;
      });
      if (limit % 10 === 0) await Bun.sleep(1);
    }
    await untilLimit(there, 199);
    stop.abort();
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const { received, conflicts } = await far.call<{ received: number; conflicts: number }>(
      "metrics",
    );
    expect([received > 0, conflicts]).toEqual([true, 0]);
    process.env["ISTHMUS_DIR"] = two.path;
    await until(
      () => observe("bridge-settings").bridge?.ends.some(({ records }) => records > 0),
      "figures",
    );
  });

  serverTest("loses nothing while the server is killed, and the link cut", async () => {
    await using server = await NatsServer.start();
    await using link = await TcpLink.to(server);
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [settings(one), settings(two)];
    const near = await one.bridge("struct", "settings", { server: link.url });
    await two.bridge("struct", "settings", { server: server.url });
    set(here, { limit: 1 });
    await untilLimit(there, 1);
    link.cut();
    set(here, { limit: 2 });
    set(there, { level: 0 });
    link.heal();
    await until(async () => (await near.call("state")) === "live", "the bridge is live again");
    await until(() => there.read().limit === here.read().limit, "both are the same");
    await untilSent(near);
    await server.kill();
    set(here, { limit: 3 });
    await server.restart();
    await untilLimit(there, 3);
    set(here, { limit: 4 });
    await untilLimit(there, 4);
    const { reconnects } = await near.call<{ reconnects: number }>("metrics");
    expect(reconnects).toBeGreaterThanOrEqual(2);
  });

  serverTest(
    "goes on where a killed bridge was, whoever has changed the struct meanwhile",
    async () => {
      await using server = await NatsServer.start();
      await using one = new Machine();
      await using two = new Machine();
      const [here, there] = [settings(one), settings(two)];
      const near = await one.bridgeApart("struct", "settings", { server: server.url });
      await two.bridge("struct", "settings", { server: server.url });
      set(here, { limit: 1 });
      await untilLimit(there, 1);
      await untilSent(near);
      await near.kill();
      // Changed here alone: it goes out.
      set(here, { limit: 2 });
      const second = await one.bridgeApart("struct", "settings", { server: server.url });
      await untilLimit(there, 2);
      await untilSent(second);
      await second.kill();
      // Changed there alone: it comes in, though this side has a value of its own.
      set(there, { limit: 3 });
      await until(async () => await lastLimit(server, 3), "the bucket has it");
      const third = await one.bridgeApart("struct", "settings", { server: server.url });
      expect(here.read().limit).toBe(3);
      expect(await third.call("metrics")).toMatchObject({ conflicts: 0 });
    },
  );

  serverTest("does with a conflict what it was told to", async () => {
    for (const [onConflict, limit] of [
      ["theirs", 20],
      ["ours", 10],
      ["add", 30],
    ] as const) {
      await using server = await NatsServer.start();
      await using link = await TcpLink.to(server);
      await using one = new Machine();
      await using two = new Machine();
      const [here, there] = [settings(one), settings(two)];
      const rule = onConflict === "add" ? { isAdding: true } : { onConflict };
      const near = await one.bridge("struct", "settings", { server: link.url, ...rule });
      await two.bridge("struct", "settings", { server: server.url });
      await untilSent(near);
      link.cut();
      await until(async () => (await near.call("state")) === "away", "the link is cut");
      set(here, { limit: here.read().limit + 10 });
      set(there, { limit: there.read().limit + 20 });
      await until(async () => await lastLimit(server, 20), "the other one came first");
      link.heal();
      await untilLimit(here, limit);
      await untilLimit(there, limit);
      expect(await near.call("metrics")).toMatchObject({ conflicts: 1 });
    }
  });

  serverTest("sends again what the server has forgotten, or lost as a whole", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [settings(one), settings(two)];
    const near = await one.bridge("struct", "settings", { server: server.url });
    set(here, { limit: 1 });
    await untilSent(near);
    await removeBucket(server);
    await until(async () => {
      await untilSent(near);
      return await lastLimit(server, 1).catch(() => false);
    }, "the value is in a new bucket");
    await two.bridge("struct", "settings", { server: server.url });
    expect(there.read().limit).toBe(1);
  });

  serverTest("sees that its bucket was removed, also when the server does not say so", async () => {
    await using server = await NatsServer.start();
    // As a busy server does it: the request for entries that was open ends without a word.
    const heartbeat = "100 Idle Heartbeat  ";
    await using link = await deafLink(server, "409 Consumer Deleted", heartbeat);
    await using one = new Machine();
    const here = settings(one);
    set(here, { limit: 1 });
    await one.bridge("struct", "settings", { server: link.url });
    await until(async () => await lastLimit(server, 1), "the value is in the bucket");
    await removeBucket(server);
    const isBack = until(
      async () => await lastLimit(server, 1).catch(() => false),
      "the value is in a new bucket",
    );
    // By itself, the client library would look after half a minute.
    await within(isBack, () => "it has not been seen");
  });

  serverTest("out: the newer bridge goes on, and the older one is fenced", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    const [here, there] = [settings(one), settings(two)];
    const options = { server: server.url, role: "out" };
    set(here, { limit: 1 });
    const first = await one.bridge("struct", "settings", options);
    await untilSent(first);
    set(there, { limit: 2 });
    const second = await two.bridge("struct", "settings", options);
    const closed = first.call("closed");
    await expect(closed).rejects.toMatchObject({ className: "SystemError", code: "EBUSY" });
    await expect(closed).rejects.toThrow(/another bridge, or another program, writes the bucket/);
    expect(await first.call("state")).toBe("fenced");
    await untilSent(second);
    expect([here.read().limit, await lastLimit(server, 2)]).toEqual([1, true]);
  });

  serverTest("a second bridge on one machine is refused, naming the first", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    settings(one);
    await one.bridge("struct", "settings", { server: server.url });
    const second = one.bridge("struct", "settings", { server: server.url, role: "in" });
    await expect(second).rejects.toMatchObject({ className: "SystemError", code: "EBUSY" });
    await expect(second).rejects.toThrow(`process ${process.pid}`);
  });

  serverTest("another schema is refused in words", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    await using two = new Machine();
    await one.bridge("struct", "settings", { server: server.url });
    const other = two.bridge("struct", "settings", { server: server.url, schema: "others" });
    await expect(other).rejects.toMatchObject({ className: "CorruptSegmentError" });
    await expect(other).rejects.toThrow(
      /field "level" must be absent: found u32|field "height" must be/,
    );
    expect(Others.size).not.toBe(Settings.size);
  });

  serverTest("values of other clients count when they say what they are", async () => {
    await using server = await NatsServer.start();
    await using one = new Machine();
    const here = settings(one);
    const near = await one.bridge("struct", "settings", { server: server.url });
    await untilSent(near);
    const nats = await connect({ servers: server.url });
    try {
      const kv = await new Kvm(nats).open("isthmus-struct-settings");
      await kv.put("value", new Uint8Array(Settings.size));
    } finally {
      await nats.close();
    }
    await until(
      async () => (await near.call<{ refused: number }>("metrics")).refused > 0,
      "refused",
    );
    const { problem } = await near.call<{ problem: string }>("metrics");
    expect(problem).toMatch(/^"value" has no schema, and must have [0-9a-f]{16}$/);
    set(here, { limit: 9 });
  });

  test("refuses options that mean nothing, before anything is connected", async () => {
    using _home = new Home();
    const none = "nats://127.0.0.1:1";
    const open = (options: object) =>
      bridgeStruct("settings", { schema: Settings, server: none, ...options });
    await expectRejection(open({ role: "all" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({ onConflict: "mine" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({ schema: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    const nothing = bridgeStruct("settings", undefined as never);
    await expectRejection(nothing, "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const option of ["bucket", "here", "onConflict", "server"]) {
      await expectRejection(open({ [option]: null }), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    await expectRejection(open({ bucket: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    await expectRejection(open({ buckets: "x" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({ wait: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    const secret = open({ server: "nats://me:secret@127.0.0.1:1" });
    const { message } = await expectRejection(secret, "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(message).not.toContain("secret");
    await expectRejection(open({}), "SystemError", "ECONNREFUSED");
  });
});

async function removeBucket(server: NatsServer): Promise<void> {
  const nats = await connect({ servers: server.url });
  try {
    const jsm = await jetstreamManager(nats);
    await jsm.streams.delete("KV_isthmus-struct-settings");
  } finally {
    await nats.close();
  }
}

/** Whether the bucket has a certain limit. */
async function lastLimit(server: NatsServer, limit: number): Promise<boolean> {
  const nats = await connect({ servers: server.url });
  try {
    const jsm = await jetstream(nats).jetstreamManager();
    // Debian's server has ended itself when it was asked at once for messages of a stream that it was making.
    const { state } = await jsm.streams.info("KV_isthmus-struct-settings");
    if (state.messages === 0) return false;
    const found = await jsm.streams.getMessage("KV_isthmus-struct-settings", {
      last_by_subj: "$KV.isthmus-struct-settings.value",
    });
    if (found === null) return false;
    const bytes = new Uint8Array(found.data);
    return Settings.decode(new DataView(bytes.buffer), 0).limit === limit;
  } finally {
    await nats.close();
  }
}

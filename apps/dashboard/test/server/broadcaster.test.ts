import { describe, expect, test } from "bun:test";
import { until, within } from "@isthmus/testing/patience";
import { Broadcaster } from "../../src/server/broadcaster.ts";
import { Sampler } from "../../src/server/sampler.ts";
import type { DemonstrationState } from "../../src/wire/demonstration-state.ts";
import type { Hello } from "../../src/wire/hello.ts";
import { EventReader } from "../support/event-reader.ts";

const HELLO: Hello = {
  boot: "boot",
  version: "0",
  bun: "0",
  pid: 1,
  started_at_ms: 0,
  interval_ms: 1000,
  command_name: "isthmus",
  directory: "/nowhere",
  figures: {},
  token: "token",
  demonstration: {
    phase: "stopped",
    channel: "demonstration",
    parameters: { records_per_second: 1, size_bytes: 24, batch_records: 1 },
    producer: { pid: null, restarts_at_ms: null, summary: null },
    consumer: { pid: null, restarts_at_ms: null, summary: null },
    error: null,
  },
};

describe("Broadcaster", () => {
  test("says a word now and then, so that nobody between lets go of the connection", async () => {
    using sampler = new Sampler({ intervalMs: 600_000 });
    using broadcaster = new Broadcaster(sampler, () => HELLO, { keepAliveMs: 20 });
    await using events = new EventReader(broadcaster.open(""));
    expect((await events.next(":")).data).toBe("still here");
    expect((await events.next(":")).data).toBe("still here");
  });

  test("lets go of who takes nothing for too long, having kept no more than a little for it", async () => {
    using sampler = new Sampler({ intervalMs: 600_000 });
    using broadcaster = new Broadcaster(sampler, () => HELLO, { behindMsMax: 50 });
    const { body } = broadcaster.open("");
    const long = { ...HELLO.demonstration, error: "x".repeat(50_000) };
    await until(() => {
      broadcaster.announce(long);
      return broadcaster.clientCount === 0;
    }, "the end of its patience");
    expect(broadcaster.skipped).toBeGreaterThan(0);
    const kept = await within(
      new Response(body).text(),
      () => "There is no sign of the end of the stream",
    );
    // What was kept is whole, and at most one message more than a quarter of a megabyte.
    expect(kept).toEndWith("\n\n");
    expect(kept.length).toBeGreaterThan(256 * 1024);
    expect(kept.length).toBeLessThan(256 * 1024 + 60_000);
  });

  test("tells who was behind how the demonstration is doing as soon as there is room", async () => {
    using sampler = new Sampler({ intervalMs: 600_000 });
    let phase: DemonstrationState["phase"] = "stopped";
    const hello = (): Hello => ({
      ...HELLO,
      demonstration: { ...HELLO.demonstration, phase },
    });
    using broadcaster = new Broadcaster(sampler, hello, { keepAliveMs: 20 });
    const response = broadcaster.open("");
    const long = { ...HELLO.demonstration, error: "x".repeat(50_000) };
    await until(() => {
      broadcaster.announce(long);
      return broadcaster.skipped > 0;
    }, "a client that is behind");
    phase = "running";
    broadcaster.announce(hello().demonstration);
    await using events = new EventReader(response);
    for (;;) {
      const { data } = await events.next("demonstration");
      if ((data as DemonstrationState).phase === "running") break;
    }
  });

  test("ends all streams with itself", async () => {
    using sampler = new Sampler({ intervalMs: 600_000 });
    const broadcaster = new Broadcaster(sampler, () => HELLO);
    const bodies = [broadcaster.open("").body, broadcaster.open("").body];
    expect(broadcaster.clientCount).toBe(2);
    broadcaster[Symbol.dispose]();
    for (const body of bodies) {
      const text = await within(
        new Response(body).text(),
        () => "There is no sign of the end of a stream",
      );
      expect(text).toStartWith("retry: 1000\nevent: hello\n");
    }
    expect(broadcaster.clientCount).toBe(0);
  });
});

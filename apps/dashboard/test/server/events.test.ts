import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { Frame } from "../../src/wire/frame.ts";
import type { Hello } from "../../src/wire/hello.ts";
import type { LogEntry } from "../../src/wire/log-entry.ts";
import { Command } from "../support/command.ts";
import { DashboardProcess } from "../support/dashboard-process.ts";
import { EventReader } from "../support/event-reader.ts";
import { parseExposition } from "../support/exposition-parser.ts";

const CROWD = join(import.meta.dir, "..", "fixtures", "crowd.ts");

const stack = new AsyncDisposableStack();
let directory = "";
let dashboard: DashboardProcess;

beforeAll(async () => {
  directory = stack.use(new TemporaryDirectory()).path;
  const crowd = stack.use(new Command(directory, ["60", "100"], CROWD));
  await crowd.line();
  dashboard = stack.use(await DashboardProcess.start({ directory }));
});

afterAll(async () => await stack.disposeAsync());

async function metric(name: string): Promise<number> {
  const families = parseExposition(await (await dashboard.get("/metrics")).text());
  return families.get(name)?.samples[0]?.value ?? Number.NaN;
}

function frameTime({ data }: { readonly data: unknown }): number {
  return (data as Frame).sampled_at_ms;
}

describe("/events", () => {
  test("begins with who serves, and goes on with frames that have ids", async () => {
    await using events = await dashboard.events();
    expect(events.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(events.response.headers.get("cache-control")).toBe("no-store");
    const hello = (await events.next("hello")).data as Hello;
    expect(hello).toMatchObject({ pid: dashboard.pid, interval_ms: 100, directory });
    const first = await events.next("frame");
    const second = await events.next("frame");
    expect((first.data as Frame).segments.length).toBeGreaterThanOrEqual(60);
    expect(frameTime(second)).toBeGreaterThan(frameTime(first));
    expect(first.id).toStartWith(`${hello.boot}-`);
    expect(second.id).not.toBe(first.id as string);
  });

  test("goes on where a client was cut off, and repeats nothing", async () => {
    const before = await dashboard.events();
    const first = await before.next("frame");
    const second = await before.next("frame");
    await before[Symbol.asyncDispose]();
    await using resumed = await dashboard.events({ "Last-Event-ID": first.id as string });
    // What it had missed is there at once, and the very frame that it would have got.
    expect(await resumed.next("frame")).toEqual(second);
    const address = `/events?last-event-id=${second.id}`;
    await using again = new EventReader(await dashboard.get(address));
    expect(frameTime(await again.next("frame"))).toBeGreaterThan(frameTime(second));
  });

  test.each(["nonsense", "a-b-c", "x-1e99-1e99", "", "-".repeat(1000)])(
    "makes of an id that it never gave (%p) what it makes of none",
    async (id) => {
      await using events = await dashboard.events({ "Last-Event-ID": id });
      expect((await events.next("frame")).id).toBeDefined();
    },
  );

  test("tells what has happened once to each, also to who was away", async () => {
    await using events = await dashboard.events();
    const { id } = await events.next("frame");
    await using _ = new Command(directory, ["consumer", "--channel", "seen", "--follow"]);
    const find = async (reader: EventReader): Promise<LogEntry> => {
      for (;;) {
        const entries = (await reader.next("log")).data as LogEntry[];
        const found = entries.find(({ segment, kind }) => segment === "seen" && kind === "joined");
        if (found) return found;
      }
    };
    const entry = await find(events);
    expect(entry.text).toMatch(/^consumer \d+ \(main\.ts\) joined$/);
    await using resumed = await dashboard.events({ "Last-Event-ID": id as string });
    expect(await find(resumed)).toEqual(entry);
  });

  test("tells all who watch the same", async () => {
    await using one = await dashboard.events();
    await using two = await dashboard.events();
    await one.next("frame");
    const frame = await one.next("frame");
    for (;;) {
      const other = await two.next("frame");
      if (frameTime(other) < frameTime(frame)) continue;
      expect(other).toEqual(frame);
      break;
    }
    // Those of the tests before are gone as soon as the server has noticed.
    await until(async () => {
      return (await metric("isthmus_dashboard_clients")) === 2;
    }, "both, and nobody else");
  });

  test("forgets who has gone", async () => {
    const events = await dashboard.events();
    await events.next("hello");
    await events[Symbol.asyncDispose]();
    await until(async () => {
      return (await metric("isthmus_dashboard_clients")) === 0;
    }, "a client that has gone");
  });

  test("leaves frames out for who reads nothing, and then goes on with whole ones", async () => {
    const socket = connect(dashboard.port, "127.0.0.1");
    try {
      const host = `127.0.0.1:${dashboard.port}`;
      socket.pause();
      socket.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
      await until(async () => {
        return (await metric("isthmus_dashboard_skipped_frames_total")) > 5;
      }, "frames that were left out");
      const last = (await dashboard.snapshot()).sampled_at_ms;
      let text = "";
      socket.on("data", (chunk) => {
        text += String(chunk);
      });
      socket.resume();
      const times = await until(() => {
        // Each frame is one chunk of the body or a part of one: its end is the empty line.
        const frames = text.match(/"sampled_at_ms":\d+/g) ?? [];
        const all = frames.map((each) => Number(each.split(":")[1]));
        return (all.at(-1) ?? 0) > last && all;
      }, "a frame of now");
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeGreaterThan(250);
    } finally {
      socket.destroy();
    }
  });

  test("refuses more clients than a person has pages", async () => {
    await using all = new AsyncDisposableStack();
    let status = 200;
    for (let count = 0; count < 70 && status === 200; count++) {
      const response = await dashboard.get("/events");
      status = response.status;
      if (status === 200) all.use(new EventReader(response));
      else expect(await response.text()).toContain("close one of them");
    }
    expect(status).toBe(503);
  });
});

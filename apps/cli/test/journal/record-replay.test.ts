/** Recording what passes, without disturbing, and replaying it: as it came, faster, from somewhere, into other channels. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, unlinkSync } from "node:fs";
import {
  bytes,
  Consumer,
  json,
  observe,
  Producer,
  Publisher,
  Requester,
  Responder,
  Subscriber,
  struct,
  u32,
  u64,
  WorkQueue,
} from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { until } from "@isthmus/testing/patience";
import { parseAge, parseFrom } from "../../src/journal/journal-flags.ts";
import { ReplayPace } from "../../src/journal/replay-pace.ts";
import { parseBytes } from "../../src/parsers.ts";
import { Run } from "../channel-commands/support.ts";
import { JournalScene, linesOf, SMALL } from "./support.ts";

const Order = struct({ id: u32, at: u64 });
const RING = { capacityBytes: 2 ** 16 } as const;

/** The records of a journal. */
async function recordsOf(scene: JournalScene, name: string): Promise<unknown[]> {
  using journal = Journal.open(scene.at(name), { access: "read" });
  const found: unknown[] = [];
  for await (const entry of journal.read()) found.push(entry.gap ?? entry.value);
  return found;
}

describe("isthmus record NAME…", () => {
  test("records channels, topics and queues into one journal, and leaves each byte of theirs untouched", async () => {
    using scene = new JournalScene();
    {
      // Nobody is left who would write by himself meanwhile.
      const kept = { ...RING, lifetime: "persistent" } as const;
      using producer = Producer.createOrOpen("orders", { schema: Order, ...kept });
      using publisher = Publisher.createOrOpen("ticks", { schema: json, ...kept });
      using queue = WorkQueue.createOrOpen("jobs", { schema: bytes, ...kept });
      producer.send({ id: 1, at: 2n ** 60n });
      publisher.send({ bid: 1.5 });
      queue.add(Uint8Array.of(1, 2), { priority: 3 });
    }
    const names = ["orders", "ticks", "jobs"];
    const paths = names.map((name) => observe(name).path);
    const before = paths.map((path) => readFileSync(path));
    const args = [...names, "--journal", "j", "--from-start", "--count", "3", "--json"];
    const { stdout, exitCode } = await scene.command("record", ...args);
    for (const [index, path] of paths.entries()) {
      expect(readFileSync(path).equals(before[index] as Buffer)).toBeTrue();
    }
    expect(exitCode).toBe(0);
    expect(linesOf(stdout)).toEqual([
      {
        journal: "j",
        names,
        records: 3,
        bytes: expect.any(Number),
        missed: 0,
        first_sequence: 1,
        last_sequence: 3,
        elapsed_ms: expect.any(Number),
      },
    ]);
    const place = { lane: 0, position: 0, bytes: expect.any(Number) };
    expect(await recordsOf(scene, "j")).toEqual([
      { channel: "orders", ...place, record: { id: 1, at: String(2n ** 60n) } },
      { channel: "ticks", ...place, record: { bid: 1.5 } },
      { queue: "jobs", id: 1, priority: 3, bytes: 2, data_base64: "AQI=" },
    ]);
  });

  test("records the requests and replies of a service", async () => {
    using scene = new JournalScene();
    using responder = Responder.createOrOpen("quotes", { request: json, response: bytes });
    using requester = Requester.createOrOpen("quotes", { request: json, response: bytes });
    const run = scene.start("record", "quotes", "--journal", "j", "--count", "2");
    await until(() => existsSync(scene.at("j/meta")), "the journal");
    const answer = requester.request({ of: "x" });
    await until(() => responder.poll(() => Uint8Array.of(9)) > 0, "a request");
    await answer;
    expect(await run.ended).toBe(0);
    const part = { channel: "quotes", request: expect.any(Number) };
    const [request, response] = await recordsOf(scene, "j");
    expect(request).toMatchObject({ ...part, part: "request", record: { of: "x" } });
    expect(response).toMatchObject({ ...part, part: "response", data_base64: "CQ==" });
  });

  test("Ctrl-C ends it: what was recorded is on the disk, and told", async () => {
    using scene = new JournalScene();
    using producer = Producer.createOrOpen("orders", { schema: json, ...RING });
    await using run = new Run(
      ["record", "orders", "--journal", scene.at("j"), "--json"],
      scene.env,
    );
    await until(() => existsSync(scene.at("j/meta")), "the journal");
    let sent = 0;
    // Whoever begins to look sees what is sent from then on.
    await until(() => {
      producer.send({ n: ++sent });
      producer.flush();
      return isRecording(scene);
    }, "a record");
    run.signal("SIGINT");
    const { stdout, stderr, exitCode } = await run.end();
    expect(exitCode).toBe(130);
    const [result] = linesOf(stdout);
    const [look] = await scene.json("journal", "j");
    expect(look).toMatchObject({
      last_sequence: result?.["records"],
      synced_sequence: result?.["records"],
    });
    expect(result?.["missed"]).toBe(0);
    expect(stderr).toMatch(/isthmus: interrupted\n$/);
  });

  test("what passed before Ctrl-C is recorded", async () => {
    using scene = new JournalScene();
    using producer = Producer.createOrOpen("orders", { schema: json, ...RING });
    const run = scene.start("record", "orders", "--journal", "j");
    await until(() => existsSync(scene.at("j/meta")), "the journal");
    producer.send("last words");
    producer.flush();
    run.interrupt();
    expect(await run.ended).toBe(130);
    expect(await recordsOf(scene, "j")).toMatchObject([{ record: "last words" }]);
  });

  test("what passes too fast is counted, and the journal says where; nobody waits for it", async () => {
    using scene = new JournalScene();
    using publisher = Publisher.createOrOpen("ticks", { schema: bytes, capacityBytes: 4096 });
    const run = scene.start("record", "ticks", "--journal", "j", "--json");
    await until(() => existsSync(scene.at("j/meta")), "the journal");
    for (let sent = 0; sent < 5000; sent++) publisher.send(new Uint8Array(64));
    publisher.flush();
    await until(async () => (await recordsOf(scene, "j")).length > 0, "what was left");
    run.interrupt();
    expect(await run.ended).toBe(130);
    const [result] = linesOf(run.written.stdout);
    expect(result?.["missed"]).toBeGreaterThan(1000);
    const missed = ((await recordsOf(scene, "j")) as { missed?: number }[]).flatMap(
      (one) => one.missed ?? [],
    );
    expect(missed.reduce((sum, one) => sum + one, 0)).toBe(result?.["missed"] as number);
  });

  test("ends when its names have gone; with --follow it waits for them, also again", async () => {
    using scene = new JournalScene();
    const send = (n: number): Disposable => {
      const producer = Producer.createOrOpen("orders", { schema: json, ...RING });
      producer.send(n);
      producer.flush();
      return producer;
    };
    const missing = await scene.command("record", "orders", "--journal", "j");
    expect(missing).toMatchObject({ stdout: "", exitCode: 3 });
    expect(existsSync(scene.at("j"))).toBeFalse();
    const run = scene.start("record", "orders", "--follow", "--journal", "j", "--count", "2");
    await until(() => existsSync(scene.at("j/meta")), "the journal");
    for (const n of [1, 2]) {
      using _producer = send(n);
      await until(async () => (await recordsOf(scene, "j")).length === n, `record ${n}`);
    }
    expect(await run.ended).toBe(0);
    expect(run.written.stdout).toMatch(/^recorded 2 records, .*, in j, sequences 1 to 2\n$/);
    const producer = send(3);
    const last = scene.start("record", "orders", "--from-start", "--journal", "j", "--json");
    await until(async () => (await recordsOf(scene, "j")).length === 3, "the third record");
    producer[Symbol.dispose]();
    expect(await last.ended).toBe(0);
    expect(linesOf(last.written.stdout)).toMatchObject([{ records: 1, first_sequence: 3 }]);
  });

  test("of a record that is longer than a segment it is recorded that it passed", async () => {
    using scene = new JournalScene();
    Journal.open(scene.at("j"), { schema: json, ...SMALL }).dispose();
    using producer = Producer.createOrOpen("orders", { schema: bytes, capacityBytes: 2 ** 20 });
    for (const length of [1, 100_000, 2]) producer.send(new Uint8Array(length));
    producer.flush();
    const args = ["orders", "--journal", "j", "--from-start", "--count", "3"];
    const { exitCode, stderr } = await scene.command("record", ...args);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("A record of 100000 bytes is longer than a file of the journal");
    const found = (await recordsOf(scene, "j")) as Record<string, unknown>[];
    expect(found.map(({ bytes: length }) => length)).toEqual([1, 100_000, 2]);
    expect(found.map((one) => "data_base64" in one)).toEqual([true, false, true]);
  });

  test("--max-bytes and --max-age keep the latest, whole files of it", async () => {
    using scene = new JournalScene();
    using publisher = Publisher.createOrOpen("ticks", { schema: bytes, capacityBytes: 2 ** 20 });
    for (let sent = 0; sent < 400; sent++) publisher.send(new Uint8Array(1000).fill(sent));
    publisher.flush();
    const args = ["ticks", "--from-start", "--count", "400"];
    const kept = await scene.command("record", ...args, "--journal", "j", "--max-bytes", "256K");
    expect(kept.exitCode).toBe(0);
    const [look] = await scene.json("journal", "j");
    expect(look?.["segment_bytes"]).toBe(65_536);
    expect(look?.["disk_bytes"]).toBeWithin(65_536, 2 ** 18 + 1);
    expect(look?.["first_sequence"]).toBeGreaterThan(1);
    expect(look?.["last_sequence"]).toBe(400);
    const old = await scene.command("record", ...args, "--journal", "k", "--max-age", "1d");
    expect(old.exitCode).toBe(0);
    expect(await scene.json("journal", "k")).toMatchObject([{ first_sequence: 1 }]);
    // A day later all but the last file is too old.
    const { now } = Date;
    try {
      Date.now = () => now() + 90_000_000;
      using producer = Producer.createOrOpen("orders", { schema: json, ...RING });
      producer.send(1);
      producer.flush();
      const again = ["orders", "--from-start", "--count", "1", "--journal", "k", "--max-age", "1d"];
      expect((await scene.command("record", ...again)).exitCode).toBe(0);
    } finally {
      Date.now = now;
    }
    expect(await scene.json("journal", "k")).toMatchObject([
      { first_sequence: 401, last_sequence: 401 },
    ]);
    for (const wrong of [
      ["--max-bytes", "1E"],
      ["--max-age", "7"],
    ]) {
      const call = ["record", "ticks", "--journal", "j", ...wrong];
      expect((await scene.command(...call)).exitCode).toBe(2);
    }
  });

  test("refuses a journal of something else: exit code 1, and usage errors: 2", async () => {
    using scene = new JournalScene();
    using _producer = Producer.createOrOpen("orders", { schema: json, ...RING });
    scene.write("j", bytes, []);
    const other = await scene.command("record", "orders", "--journal", "j");
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain("records must be json: found bytes");
    const code = async (...args: string[]): Promise<number | null> =>
      (await scene.command("record", ...args)).exitCode;
    expect(await code("orders")).toBe(2);
    expect(await code("--journal", "k")).toBe(2);
    expect(await code("orders", "--journal", "k", "--count", "0")).toBe(2);
    expect(await code("orders", "--journal", "no/k")).toBe(3);
    expect(existsSync(scene.at("k"))).toBeFalse();
  });
});

/** Whether the journal has a record. */
function isRecording(scene: JournalScene): boolean {
  using journal = Journal.open(scene.at("j"), { access: "read" });
  return journal.metrics.lastSequence > 0;
}

describe("isthmus replay JOURNAL", () => {
  test("prints what the journal of any program has, from a sequence, and so many", async () => {
    using scene = new JournalScene();
    scene.write("j", Order, [
      { id: 1, at: 1n },
      { id: 2, at: 2n },
      { id: 3, at: 3n },
    ]);
    const { stdout, exitCode } = await scene.command("replay", "j", "--speed", "0");
    expect(exitCode).toBe(0);
    expect(linesOf(stdout).map(({ record }) => record)).toEqual(
      [1, 2, 3].map((id) => ({ id, at: String(id) })),
    );
    const some = await scene.command("replay", "j", "--from", "2", "--count", "1");
    expect(linesOf(some.stdout)).toMatchObject([{ sequence: 2, time_ms: expect.any(Number) }]);
  });

  test("sends into a channel, a topic and a queue, whatever they take", async () => {
    using scene = new JournalScene();
    scene.write("j", Order, [
      { id: 1, at: 2n ** 60n },
      { id: 2, at: 2n },
    ]);
    using consumer = Consumer.createOrOpen("orders", { schema: Order });
    using subscriber = Subscriber.createOrOpen("ticks", { schema: Order });
    using queue = WorkQueue.createOrOpen("jobs", { schema: Order });
    for (const to of ["orders", "ticks", "jobs"]) {
      const [result] = await scene.json("replay", "j", "--to", to);
      expect(result).toMatchObject({
        journal: "j",
        to,
        records: 2,
        skipped: 0,
        gaps: 0,
        missing: 0,
      });
    }
    const first = { id: 1, at: 2n ** 60n };
    expect(consumer.receive({ timeoutMs: 0 })).toEqual(first);
    expect(subscriber.receive({ timeoutMs: 0 })).toEqual(first);
    using job = queue.tryTake();
    expect(job?.value).toEqual(first);
  });

  test("sends a recording as it was, of one of its names when that is asked for", async () => {
    using scene = new JournalScene();
    {
      using producer = Producer.createOrOpen("orders", { schema: Order, ...RING });
      using publisher = Publisher.createOrOpen("raw", { schema: bytes, ...RING });
      producer.send({ id: 7, at: 2n ** 60n });
      producer.flush();
      publisher.send(Uint8Array.of(1, 2, 3));
      publisher.flush();
      const args = ["orders", "raw", "--from-start", "--count", "2", "--journal", "j"];
      expect((await scene.command("record", ...args)).exitCode).toBe(0);
    }
    using orders = Consumer.createOrOpen("orders", { schema: Order });
    using raw = Consumer.createOrOpen("raw", { schema: bytes });
    for (const name of ["orders", "raw"]) {
      const { exitCode } = await scene.command("replay", "j", "--only", name, "--to", name);
      expect(exitCode).toBe(0);
    }
    expect(orders.receive({ timeoutMs: 0 })).toEqual({ id: 7, at: 2n ** 60n });
    expect(raw.receive({ timeoutMs: 0 })).toEqual(Uint8Array.of(1, 2, 3));
    const wrong = await scene.command("replay", "j", "--to", "orders");
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain("Record 2: ");
    expect(wrong.stdout).toContain("sent 1 record to orders");
  });

  test("a name under which nothing passed is not found", async () => {
    using scene = new JournalScene();
    using journal = Journal.open(scene.at("j"), { schema: json, ...SMALL });
    journal.append(1);
    const { stdout, stderr, exitCode } = await scene.command("replay", "j", "--only", "nope");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 3 });
    expect(stderr).toBe('isthmus: Nothing in "j" passed under the name "nope"\n');
  });

  test("keeps the pace at which it came, and --follow goes on", async () => {
    using scene = new JournalScene();
    using journal = Journal.open(scene.at("j"), { schema: json, ...SMALL });
    journal.append(1);
    const firstMs = Date.now();
    await until(() => Date.now() >= firstMs + 300, "another time");
    journal.append(2);
    const startMs = performance.now();
    expect((await scene.command("replay", "j")).exitCode).toBe(0);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(299);
    const run = scene.start("replay", "j", "--follow", "--speed", "1000", "--count", "3");
    await until(() => linesOf(run.written.stdout).length === 2, "two records");
    journal.append(3);
    expect(await run.ended).toBe(0);
    expect(linesOf(run.written.stdout).at(-1)).toMatchObject({ sequence: 3, record: 3 });
  });

  test("tells gaps; a name that is not there: 3, one that takes nothing: 1", async () => {
    using scene = new JournalScene();
    using consumer = Consumer.createOrOpen("orders", { schema: json });
    using _responder = Responder.createOrOpen("quotes", { request: json, response: json });
    {
      using journal = Journal.open(scene.at("j"), { schema: json, ...SMALL });
      for (let number = 1; number <= 5000; number++) journal.append(number);
    }
    const files = scene.segments("j");
    expect(files.length).toBeGreaterThan(2);
    unlinkSync(files[1] as string);
    const [printed] = linesOf((await scene.command("replay", "j", "--speed", "0")).stdout).filter(
      (line) => "gap" in line,
    );
    const gap = printed?.["gap"] as { from: number; to: number };
    const sending = scene.start("replay", "j", "--to", "orders", "--json");
    await until(() => {
      consumer.poll(() => undefined);
      return linesOf(sending.written.stdout)[0];
    }, "the end");
    expect(linesOf(sending.written.stdout)).toMatchObject([
      { records: 5000 - (gap.to - gap.from + 1), gaps: 1, missing: gap.to - gap.from + 1 },
    ]);
    expect((await scene.command("replay", "j", "--to", "nobody")).exitCode).toBe(3);
    const wrong = await scene.command("replay", "j", "--to", "quotes");
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain("found service");
  });

  test("Ctrl-C ends a long wait", async () => {
    using scene = new JournalScene();
    using journal = Journal.open(scene.at("j"), { schema: json, ...SMALL });
    journal.append(1);
    const run = scene.start("replay", "j", "--follow");
    await until(() => run.written.stdout !== "", "a record");
    run.interrupt();
    expect(await run.ended).toBe(130);
  });
});

describe("flags", () => {
  test.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
  ])("an age of %s", (text, ms) => expect(parseAge(text)).toBe(ms));

  test.each([
    ["4096", 4096],
    ["64K", 65_536],
    ["64MiB", 2 ** 26],
    ["10GB", 10 * 2 ** 30],
  ])("a size of %s", (text, size) => expect(parseBytes(text)).toBe(size));

  test("where to begin", () => {
    expect(parseFrom("17", 0)).toBe(17);
    expect(parseFrom("2026-01-31", 0)).toEqual(new Date("2026-01-31"));
    expect(parseFrom("-10m", 1_000_000)).toEqual(new Date(400_000));
  });

  test.each([
    ["2026-12-01", "2026-12-01T00:00:00.000Z"],
    ["2026-12-01T00:00", "2026-12-01T00:00:00.000Z"],
    ["2026-12-01 09:30:15.25", "2026-12-01T09:30:15.250Z"],
    ["2026-12-01T00:00Z", "2026-12-01T00:00:00.000Z"],
    ["2026-12-01T00:00+01:00", "2026-11-30T23:00:00.000Z"],
    ["2026-12-01T00:00-0530", "2026-12-01T05:30:00.000Z"],
  ])("%s is a time of UTC, unless it has a zone", (text, time) => {
    const zone = process.env.TZ;
    process.env.TZ = "America/New_York";
    try {
      expect((parseFrom(text, 0) as Date).toISOString()).toBe(time);
    } finally {
      process.env.TZ = zone ?? "";
    }
  });

  test.each(["2026-02-30", "2026-02-29T10:00", "2026-04-31T00:00+01:00", "2026-01-00"])(
    "no day: %p",
    (text) => {
      expect(() => parseFrom(text, 0)).toThrow("it must be a sequence, a time");
    },
  );

  test.each(["", "7", "x", "-1s", "0s", "1e3s", "9999999999d0"])("no age: %p", (text) => {
    expect(() => parseAge(text)).toThrow("it must be a number with a unit");
  });

  test.each(["", "0", "-1", "1.5M", "1E", "9".repeat(20)])("no size: %p", (text) => {
    expect(() => parseBytes(text)).toThrow("it must be a number of bytes");
  });

  test.each(["", "-", "10 May", "1.5", "2026", "2026-13-01", "9".repeat(20)])(
    "no place to begin: %p",
    (text) => {
      if (text === "2026") expect(parseFrom(text, 0)).toBe(2026);
      else expect(() => parseFrom(text, 0)).toThrow(SyntaxError);
    },
  );
});

test("the pace of a replay: so many times as fast, late records at once, the time between looks no matter", () => {
  const pace = new ReplayPace(2);
  expect(pace.delayMs(1_000_000, 50)).toBe(0);
  expect(pace.delayMs(1_000_400, 60)).toBe(190);
  expect(pace.delayMs(1_000_400, 300)).toBe(0);
  expect(pace.delayMs(1_001_000, 300)).toBe(250);
  const all = new ReplayPace(0);
  expect([all.delayMs(0, 0), all.delayMs(1e12, 0)]).toEqual([0, 0]);
});

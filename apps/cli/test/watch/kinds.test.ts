import { describe, expect, test } from "bun:test";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { observe } from "@isthmus/ipc";
import { OtherNames } from "@isthmus/programs/name-root";
import { Scene } from "../segments/support.ts";
import { Order } from "../support/order.ts";
import { LiveCommand } from "./live-command.ts";

const FIRST = 'id=1 price=0.25 symbol="S\\u001b1" side="buy" at=1152921504606846977 tag=<01 ff>';
const FIRST_JSON = {
  id: 1,
  price: 0.25,
  symbol: "S\x1b1",
  side: "buy",
  at: "1152921504606846977",
  tag: "Af8=",
};

/** Writes into a section of a segment. */
function overwrite(scene: Scene, name: string, section: string, text: string): void {
  const path = join(scene.names, name);
  using _names = new OtherNames(scene.names);
  const found = observe(name).sections.find((one) => one.name === section);
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.from(text), 0, text.length, (found?.offset ?? 0) + 16);
  closeSync(fd);
}

describe("a topic", () => {
  test("is shown by top, inspect and tail, also when all are dead", async () => {
    await using scene = new Scene();
    const publisher = await scene.start("publisher ticks");
    const [gated, lapped] = [
      await scene.start("subscriber ticks"),
      await scene.start("lagger ticks"),
    ];
    // A ring of sixteen is full of what the slower one has not read.
    await publisher.tell("publish ticks 20");
    await gated.tell("read ticks 10");
    const [top] = await scene.json("top", "--count", "1");
    expect(top).toMatchObject({
      kind: "topic",
      records: 16,
      drops: 4,
      lost: 0,
      lag: 16,
      fill: 6 / 16,
      publishers: [{ pid: publisher.pid, alive: true }],
      subscribers: [
        { pid: gated.pid, lag: 6, lost: 0 },
        { pid: lapped.pid, lag: 16, lost: 0 },
      ],
    });
    const table = await scene.run("top", "--count", "1");
    expect(table.stdout).toMatch(
      new RegExp(`^ticks +topic .* 37\\.5 % +16 .* 4 +0 +${publisher.pid} → ${gated.pid}`, "m"),
    );
    for (const state of ["live|stalled", "dead"]) {
      const { stdout } = await scene.run("inspect", "ticks");
      expect(stdout).toContain("\nTopic\n  records      struct of ");
      expect(stdout).toMatch(/^ {2}lag +16 records of the slowest \(37\.5 % kept\)$/m);
      expect(stdout).toMatch(new RegExp(`\\(${publisher.pid}\\) (${state}) +16 .* 37\\.5 % +4 `));
      expect(stdout).toMatch(new RegExp(`\\(${gated.pid}\\) (${state}) +gate +10 +6 +0 `));
      expect(stdout).toMatch(new RegExp(`\\(${lapped.pid}\\) (${state}) +lap +0 +16 +0 `));
      const text = await scene.run("tail", "--from-start", "--count", "1", "ticks");
      expect(text).toEqual({ stdout: `0:0 48 B  ${FIRST}\n`, stderr: "", exitCode: 0 });
      for (const one of [publisher, gated, lapped]) await one.kill();
    }
    const [typed] = await scene.json("tail", "--from-start", "--count=1", "ticks");
    expect(typed).toMatchObject({ channel: "ticks", position: 0, record: FIRST_JSON });
    const [left] = await scene.json("inspect", "ticks");
    expect(left).toMatchObject({ schema_status: "known", schema: Order.canonical });
  });
});

describe("a service", () => {
  test("is shown by top, inspect and tail, with requests, responses and errors", async () => {
    await using scene = new Scene();
    const responder = await scene.start("responder quotes");
    const requester = await scene.start("requester quotes", "ask quotes 3");
    const [top] = await scene.json("top", "--count", "1");
    expect(top).toMatchObject({
      kind: "service",
      records: 3,
      consumed: 3,
      errors: 1,
      timeouts: 0,
      lag: 0,
      requesters: [{ pid: requester.pid, alive: true }],
      responder: { pid: responder.pid, alive: true },
    });
    const { stdout } = await scene.run("inspect", "quotes");
    expect(stdout).toContain("\nService\n  requests are   structs\n  responses are  JSON\n");
    expect(stdout).toMatch(
      new RegExp(`^ +0 +holder\\.ts \\(${requester.pid}\\) live +3 +3 +1 `, "m"),
    );
    expect(stdout).toMatch(
      new RegExp(`^ {2}responder +holder\\.ts \\(${responder.pid}\\) live`, "m"),
    );
    await using tail = new LiveCommand(scene.places.env, "tail", "--json", "quotes");
    // Asked again and again until the command has begun to look; then one round more.
    const first = tail.line();
    let isSeen = false;
    void first.then(() => {
      isSeen = true;
    });
    while (!isSeen) await requester.tell("ask quotes 3");
    await requester.tell("ask quotes 3");
    const messages = new Map<unknown, Record<string, unknown>[]>();
    const isWhole = (message: Record<string, unknown>): boolean => {
      const all = messages.get(message["request"]) ?? [];
      all.push(message);
      messages.set(message["request"], all);
      const answered = [...messages.values()].filter(({ length }) => length === 2);
      return answered.length >= 3;
    };
    await tail.until(isWhole);
    for (const [one, two] of messages.values()) {
      if (two === undefined) continue;
      const request = one?.["part"] === "request" ? one : two;
      const answer = request === one ? two : one;
      const { id, side } = request["record"] as { id: number; side: string };
      if (id === 1) expect(request["record"]).toEqual(FIRST_JSON);
      expect([answer?.["part"], answer?.["record"]]).toEqual(
        id === 2
          ? ["error", expect.objectContaining({ name: "RangeError", message: "no such order" })]
          : ["response", { of: id, side }],
      );
    }
  });
});

describe("a struct, a semaphore and an event", () => {
  test("are shown with what they hold", async () => {
    await using scene = new Scene();
    const holder = await scene.start(
      "struct order",
      "update order 1",
      "semaphore slots",
      "event go",
    );
    const rows = await scene.json("top", "--count", "1");
    expect(
      rows.map(({ name, version, set, available, max }) => ({
        name,
        version,
        set,
        available,
        max,
      })),
    ).toEqual([
      { name: "go", version: null, set: true, available: null, max: null },
      { name: "order", version: 1, set: null, available: null, max: null },
      { name: "slots", version: null, set: null, available: 2, max: 3 },
    ]);
    const table = await scene.run("top", "--count", "1");
    expect(table.stdout).toMatch(/^go +event .* set$/m);
    expect(table.stdout).toMatch(/^order +struct .* version 1$/m);
    expect(table.stdout).toMatch(/^slots +semaphore .* 2 of 3 free$/m);
    await holder.kill();
    const order = await scene.run("inspect", "order");
    expect(order.stdout).toContain("\nValue\n  version 1, 48 bytes\n  id      1\n  price   0.25\n");
    expect(order.stdout).toContain('\n  symbol  "S\\u001b1"\n  side    "buy"\n');
    expect(order.stdout).not.toContain("\x1b");
    const [record] = await scene.json("inspect", "order");
    expect(record).toMatchObject({ version: 1, value: FIRST_JSON, struct: { version: 1 } });
    const slots = await scene.run("inspect", "slots");
    expect(slots.stdout).toMatch(/^ {2}held +1 by holder\.ts \(\d+\) dead in slot 0$/m);
    const [event] = await scene.json("inspect", "go");
    expect(event).toMatchObject({ event: { reset: "manual", set: true, set_count: 1 } });
  });

  test("whose schema is forged are shown as bytes, and it is said", async () => {
    await using scene = new Scene();
    await scene.start("struct order", "update order 1", "publisher ticks", "publish ticks 1");
    for (const name of ["order", "ticks"]) {
      overwrite(scene, name, "schema", Order.canonical.replace("symbol", "forged"));
    }
    const { stdout } = await scene.run("inspect", "order");
    expect(stdout).toContain(
      "What the segment says of its records is not to be believed: Its text",
    );
    expect(stdout).toMatch(/^ {2}00000000 {2}01 00 00 00 /m);
    const [record] = await scene.json("inspect", "order");
    expect(record).toMatchObject({ schema_status: "wrong", schema: null, value: null });
    const tail = await scene.run("tail", "--from-start", "--count=1", "ticks");
    expect(tail.stdout).toMatch(/^0:0 48 B {2}01 00 00 00 /);
    expect(tail.stderr).toContain(
      "isthmus tail: What the segment says of its records is not to be",
    );
    const [bytes] = await scene.json("tail", "--from-start", "--count=1", "ticks");
    expect(bytes?.["data_base64"]).toStartWith("AQAAAA");
  });
});

describe("isthmus top", () => {
  test("says who has left work lying", async () => {
    await using scene = new Scene();
    const publisher = await scene.start("publisher ticks");
    const subscriber = await scene.start("subscriber ticks");
    await publisher.tell("publish ticks 3");
    await using top = new LiveCommand(scene.places.env, "top", "--json", "--interval-ms", "100");
    const states = ({ subscribers }: Record<string, unknown>): unknown =>
      (subscribers as { state: string }[])?.map(({ state }) => state);
    const stalled = await top.until((row) => Bun.deepEquals(states(row), ["stalled"]));
    expect(stalled).toMatchObject({ lag: 3, subscribers: [{ pid: subscriber.pid, lag: 3 }] });
    await subscriber.tell("read ticks 3");
    await top.until((row) => Bun.deepEquals(states(row), ["live"]));
    await subscriber.kill();
    await top.until((row) => Bun.deepEquals(states(row), ["dead"]));
  });
});

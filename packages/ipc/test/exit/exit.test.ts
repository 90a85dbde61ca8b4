/** Senders whose thread ends by itself in the middle of a run of JavaScript: what was sent arrives. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { PATIENCE_MS } from "@isthmus/testing/patience";
import {
  bytes,
  Consumer,
  json,
  Producer,
  Publisher,
  Requester,
  Responder,
  Subscriber,
} from "../../src/index.ts";
import { type End, type Plan, Tick, type What } from "./plan.ts";

const SCRIPT = join(import.meta.dir, "fixtures/sender.ts");

/** Fewer than are published together. */
const COUNT = 40;
const IDS = Array.from({ length: COUNT }, (_, id) => id);

/** Runs the sender to its end while this process does nothing else: it must not ask for every record. */
function runToEnd(plan: Plan): void {
  const { exitCode, signalCode, stderr } = Bun.spawnSync(
    [process.execPath, SCRIPT, JSON.stringify(plan)],
    { env: { ...process.env }, timeout: PATIENCE_MS },
  );
  const isFailing = ["throw", "throwInTimer", "reject", "failingListener"].includes(plan.end);
  const expected = plan.isWorker ? 0 : plan.end === "killedLater" ? null : isFailing ? 1 : 0;
  if (exitCode !== expected) throw new Error(`Ended with ${exitCode ?? signalCode}: ${stderr}`);
}

/** What a consumer in the middle of a burst finds afterwards. */
function sentOnChannel(plan: Plan): unknown[] {
  using _home = new Home();
  const schema = plan.what === "bytes" ? bytes : plan.what === "json" ? json : Tick;
  const latency = plan.what === "stamped";
  using producer = Producer.createNew<typeof json>(plan.name, { schema: schema as never, latency });
  using consumer = Consumer.openExisting<typeof json>(plan.name, { schema: schema as never });
  const take = (): unknown[] => {
    const found: unknown[] = [];
    consumer.poll((record) => found.push(record.id ?? record[0]));
    return found;
  };
  const first = (schema === bytes ? Uint8Array.of(7) : { id: 7 }) as never;
  producer.batch((batch) => {
    batch.send(first);
    batch.send(first);
  });
  expect(take()).toEqual([7, 7]);
  runToEnd(plan);
  return take();
}

/** What two subscribers in the middle of a burst find afterwards. */
function sentOnTopic(plan: Plan): unknown[] {
  using _home = new Home();
  const schema = plan.what === "topicJson" ? json : Tick;
  using publisher = Publisher.createNew<typeof json>(plan.name, { schema: schema as never });
  using gated = Subscriber.openExisting<typeof json>(plan.name, { schema: schema as never });
  using lapped = Subscriber.openExisting<typeof json>(plan.name, {
    schema: schema as never,
    onSlow: "lap",
  });
  const take = (subscriber: typeof gated): unknown[] => {
    const found: unknown[] = [];
    subscriber.poll((record) => found.push(record.id));
    return found;
  };
  publisher.batch((batch) => {
    batch.send({ id: 7 });
    batch.send({ id: 7 });
  });
  for (const subscriber of [gated, lapped]) expect(take(subscriber)).toEqual([7, 7]);
  runToEnd(plan);
  const found = take(gated);
  expect(take(lapped)).toEqual(found);
  return found;
}

/** What a responder finds afterwards. */
function sentRequests(plan: Plan): unknown[] {
  using _home = new Home();
  using responder = Responder.createNew(plan.name, { request: json, response: json });
  runToEnd(plan);
  const found: unknown[] = [];
  responder.poll(({ id }) => found.push(id));
  return found;
}

/** The answers that a requester finds afterwards. With its last request the responder ends. */
async function sentAnswers(plan: Plan): Promise<unknown[]> {
  using _home = new Home();
  using requester = Requester.createNew(plan.name, { request: json, response: json });
  const child = Bun.spawn([process.execPath, SCRIPT, JSON.stringify(plan)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env },
  });
  try {
    await child.stdout.getReader().read();
    const answers = [...IDS, COUNT].map((id) => requester.request({ id }));
    child.stdin.write("\n");
    await child.stdin.flush();
    // This process does nothing else meanwhile: it must not ask for every answer.
    while (isRunning(child.pid)) Bun.sleepSync(5);
    const settled = await Promise.allSettled(answers);
    expect(settled.at(-1)).toMatchObject({ reason: { code: "ERR_PEER_DIED" } });
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

/** Whether a child of this process has not ended, though nobody has taken note of it. */
function isRunning(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

const CHANNEL: readonly What[] = ["struct", "stamped", "claim", "sendAsync", "json", "bytes"];
const TOPIC: readonly What[] = ["topic", "topicJson"];
const ENDS: readonly End[] = ["return", "exit", "exitInTimer", "throw", "throwInTimer", "reject"];

function cases(): Plan[] {
  const plan = (what: What, end: End, isWorker = false): Plan => ({
    what,
    name: "ends",
    count: COUNT,
    end,
    isWorker,
  });
  return [
    ...CHANNEL.map((what) => plan(what, "exit")),
    ...TOPIC.map((what) => plan(what, "exit")),
    ...ENDS.slice(2).map((end) => plan("struct", end)),
    ...ENDS.slice(2).map((end) => plan("topic", end)),
    ...ENDS.map((end) => plan("struct", end, true)),
    ...ENDS.slice(3, 5).map((end) => plan("topic", end, true)),
    ...(["batch", "claimUnfinished"] as const).map((what) => plan(what, "exit")),
    plan("batch", "exit", true),
    plan("topicBatch", "exit"),
    ...(["listener", "listenerToo", "failingListener"] as const).map((end) => plan("struct", end)),
    plan("topic", "listener"),
    plan("topic", "listenerToo"),
    plan("json", "listener", true),
    plan("struct", "killedLater"),
    plan("struct", "killedLater", true),
    plan("request", "exit"),
    plan("request", "throwInTimer", true),
  ];
}

describe("what was sent before a thread ended arrives", () => {
  for (const plan of cases()) {
    const where = plan.isWorker ? "a Worker" : "a process";
    test(`${plan.what}: ${where} that ends by ${plan.end}`, () => {
      const sent = plan.what.startsWith("topic")
        ? sentOnTopic
        : plan.what === "request"
          ? sentRequests
          : sentOnChannel;
      expect(sent(plan)).toEqual(plan.end === "listenerToo" ? [...IDS, ...IDS] : IDS);
    });
  }

  test("struct: on a persistent channel that nobody consumes yet", () => {
    using _home = new Home();
    const options = { schema: Tick, lifetime: "persistent" } as const;
    Producer.createNew("ends", options).dispose();
    runToEnd({ what: "struct", name: "ends", count: COUNT, end: "exit", isWorker: false });
    using consumer = Consumer.openExisting("ends", options);
    const found: number[] = [];
    consumer.poll(({ id }) => found.push(id));
    expect(found).toEqual(IDS);
  });

  for (const what of ["answer", "answerInPlace", "answerLater"] as const) {
    test(`${what}: a process that ends by exit`, async () => {
      const plan: Plan = { what, name: "ends", count: COUNT, end: "exit", isWorker: false };
      expect(await sentAnswers(plan)).toEqual(IDS);
    });
  }
});

/** Looking at queues, adding to them, and settling what failed. */
import { describe, expect, test } from "bun:test";
import * as types from "@isthmus/ipc";
import { bytes, NamedMutex, observeSchema, struct, u32, u64, WorkQueue } from "@isthmus/ipc";
import { until } from "@isthmus/testing/patience";
import { structInput } from "../../src/output/struct-input.ts";
import { linesOf } from "../../src/queue/job-text.ts";
import { runIsthmus } from "../../src/run.ts";
import { createFakeHost } from "../support/fake-host.ts";
import { Order, orderOf } from "../support/order.ts";
import { runCli } from "../support/run-cli.ts";
import { LiveCommand } from "../watch/live-command.ts";
import { WorkScene } from "./support.ts";

describe("isthmus queue NAME", () => {
  test("shows what waits, what is worked on by whom, and what failed, and changes nothing", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue("tasks", ["a", "b"], { maxAttempts: 1, leaseMs: 60_000 });
    queue.add({ path: "x.png" }, { priority: 2 });
    queue.add("later", { delayMs: 60_000 });
    queue.addAll(["k1", "k2"], { key: "k" });
    queue.tryTake()?.fail(new Error("no such file"));
    using _job = queue.tryTake();
    const before = scene.state("tasks");
    const [record] = await scene.json("queue", "tasks");
    expect(record).toMatchObject({
      name: "tasks",
      persistent: false,
      mode: "json",
      max_attempts: 1,
      lease_ms: 60_000,
      waiting: 2,
      delayed: 1,
      held: 1,
      in_flight: 1,
      dead_letters: 1,
      paused: false,
      added: 6,
      failed: 1,
      jobs: [{ id: 1, attempts: 1, priority: 0, worker: { pid: process.pid, alive: true } }],
      dead: [
        {
          id: 3,
          attempts: 1,
          priority: 2,
          last_error: "Error: no such file",
          bytes: 16,
          value: { path: "x.png" },
        },
      ],
    });
    const { stdout } = await scene.command("queue", "tasks");
    expect(stdout).toContain("2 ready, 1 delayed, 1 behind");
    expect(stdout).toMatch(/In flight\n.*JOB.*WORKER.*\n.*1 {2}.*live/);
    expect(stdout.replace(/\s+/g, " ")).toContain('Error: no such file path="x.png"');
    const after = scene.state("tasks");
    expect({ ...after, jobs: [], oldestInFlightMs: 0 }).toEqual({
      ...before,
      jobs: [],
      oldestInFlightMs: 0,
    });
  });

  test("--limit: the first dead letters, or all of them", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue(
      "tasks",
      Array.from({ length: 25 }, (_, id) => id),
      { maxAttempts: 1 },
    );
    while (queue.tryTake()?.fail("no"));
    const letters = async (...args: string[]): Promise<unknown> => {
      const [record] = await scene.json("queue", "tasks", ...args);
      return record?.["dead"];
    };
    expect(await letters()).toBeArrayOfSize(20);
    expect(await letters("--limit", "3")).toBeArrayOfSize(3);
    expect(await letters("--limit", "0")).toBeArrayOfSize(25);
    const { stdout } = await scene.command("queue", "tasks");
    expect(stdout).toContain("Dead letters: the first 20 of 25");
  });

  test("dead letters of bytes and of structs are shown, too", async () => {
    await using scene = new WorkScene();
    using raw = WorkQueue.createNew("raw", { schema: bytes, maxAttempts: 1 });
    raw.add(new Uint8Array([1, 2, 255]));
    raw.tryTake()?.fail();
    using orders = WorkQueue.createNew("orders", { schema: Order, maxAttempts: 1 });
    orders.add(orderOf(1));
    orders.tryTake()?.fail("too late");
    expect(await scene.json("queue", "raw")).toMatchObject([
      { mode: "bytes", dead: [{ last_error: "it failed", bytes: 3, value_base64: "AQL/" }] },
    ]);
    expect((await scene.command("queue", "raw")).stdout).toMatch(
      / {3}3 {2}it failed {2}01 02 ff\n/,
    );
    expect(await scene.json("queue", "orders")).toMatchObject([
      {
        mode: "fixed",
        dead: [{ last_error: "too late", value: { id: 1, at: "1152921504606846977" } }],
      },
    ]);
    expect((await scene.command("queue", "orders")).stdout).toContain("id=1 price=0.25");
  });

  test("retry, drop, pause and resume work with jobs of every schema", async () => {
    await using scene = new WorkScene();
    for (const [name, schema, job] of [
      ["of bytes", bytes, new Uint8Array([1])],
      ["of structs", Order, orderOf(1)],
      ["of json", types.json, { a: 1 }],
    ] as const) {
      using queue = WorkQueue.createNew(name, {
        schema: schema as typeof types.json,
        maxAttempts: 1,
      });
      for (let id = 1; id <= 3; id++) {
        queue.add(job);
        queue.tryTake()?.fail("no");
      }
      expect(await scene.json("queue", name, "retry", "2")).toEqual([{ queue: name, retried: 1 }]);
      expect(queue.tryTake()?.id).toBe(2);
      expect(await scene.json("queue", name, "drop")).toEqual([{ queue: name, dropped: 2 }]);
      expect(queue.dead.count).toBe(0);
      expect(await scene.json("queue", name, "pause")).toEqual([{ queue: name, paused: true }]);
      expect(queue.isPaused).toBe(true);
      expect((await scene.command("queue", name)).stdout).toMatch(/paused +yes/);
      expect((await scene.command("queue", name, "resume")).stdout).toBe(`resumed ${name}\n`);
      expect(queue.isPaused).toBe(false);
    }
  });

  test("create makes a queue that stays; add puts jobs into it, from a line or from standard input", async () => {
    await using scene = new WorkScene();
    const limits = ["--max-attempts", "0", "--lease-ms", "60000", "--capacity", "65536"];
    expect(await scene.json("queue", "tasks", "create", ...limits)).toEqual([
      { queue: "tasks", created: true, schema: "json" },
    ]);
    expect(scene.state("tasks")).toMatchObject({
      mode: "json",
      maxAttempts: Infinity,
      leaseMs: 60_000,
      capacityBytes: 65_536,
    });
    expect((await scene.command("queue", "tasks", "create")).exitCode).toBe(1);
    const later = ["--priority", "-3", "--delay-ms", "60000", "--key", "k"];
    expect(await scene.json("queue", "tasks", "add", '{"a":1}', ...later)).toEqual([
      { queue: "tasks", id: 1 },
    ]);
    expect(scene.state("tasks")).toMatchObject({ delayed: 1 });
    const stdin = Buffer.from('\n{"b":2}\n\n"three"');
    const { stdout } = await runCli(["queue", "tasks", "add"], { env: scene.env, stdin });
    expect(stdout).toBe("added 2 jobs\n");
    using queue = WorkQueue.openExisting("tasks", { schema: types.json });
    expect([queue.tryTake()?.value, queue.tryTake()?.value]).toEqual([{ b: 2 }, "three"]);
    const bad = Buffer.from("1\nnonsense\n2\n");
    const result = await runCli(["queue", "tasks", "add"], { env: scene.env, stdin: bad });
    expect(result.stdout).toBe("added 1 job\n");
    expect(result.stderr).toContain("isthmus: Line 2 is no JSON, which the jobs of this queue are");
    expect(result.exitCode).toBe(1);
    await scene.command("queue", "raw", "create", "--schema", "bytes");
    await scene.command("queue", "raw", "add", "plain text");
    using raw = WorkQueue.openExisting("raw", { schema: bytes });
    expect(new TextDecoder().decode(raw.tryTake()?.value)).toBe("plain text");
  });

  test("add says what is wrong with a job of a struct, and when there is no room", async () => {
    await using scene = new WorkScene();
    using _orders = WorkQueue.createNew("orders", { schema: Order });
    const wrong = await scene.command("queue", "orders", "add", '{"id":"1"}');
    expect(wrong).toMatchObject({ stdout: "", exitCode: 2 });
    expect(wrong.stderr).toContain("id");
    const none = await scene.command("queue", "orders", "add", "no json");
    expect(none).toMatchObject({ stdout: "", exitCode: 2 });
    expect(none.stderr).toContain("The job is no JSON, which the jobs of this queue are: ");
    const full = scene.queue("full", [], { capacityBytes: 1024 });
    while (full.tryAdd(1) !== undefined);
    const late = await scene.command("queue", "full", "add", "1", "--timeout-ms", "20");
    expect(late).toMatchObject({ stdout: "", exitCode: 4 });
  });

  test("refuses what it cannot do, by exit codes", async () => {
    await using scene = new WorkScene();
    using _mutex = NamedMutex.createNew("lock");
    scene.queue("tasks");
    for (const [args, exitCode] of [
      [["missing"], 3],
      [["missing", "retry"], 3],
      [["missing", "add", "1"], 3],
      [["lock"], 1],
      [["lock", "drop"], 1],
      [[], 2],
      [["tasks", "frobnicate"], 2],
      [["tasks", "retry", "one"], 2],
      [["tasks", "pause", "1"], 2],
      [["tasks", "retry", "--priority", "1"], 2],
      [["tasks", "add", "1", "--limit", "1"], 2],
      [["tasks", "add", "1", "--priority", "16"], 2],
      [["tasks", "--max-attempts", "1"], 2],
    ] as const) {
      const result = await scene.command("queue", ...args);
      expect({ args, stdout: result.stdout, exitCode: result.exitCode }).toEqual({
        args,
        stdout: "",
        exitCode,
      });
    }
    expect(await scene.command("completions", "bash", "--", "queue", "tasks", "re")).toMatchObject({
      stdout: expect.stringMatching(/^retry\t.*\nresume\t/),
    });
  });
});

describe("other commands on a queue", () => {
  test("inspect shows what its jobs are, and who works on them", async () => {
    await using scene = new WorkScene();
    using orders = WorkQueue.createNew("orders", { schema: Order });
    orders.add(orderOf(1));
    using _job = orders.tryTake();
    expect(await scene.json("inspect", "orders")).toMatchObject([
      {
        kind: "queue",
        schema_status: "known",
        schema: Order.canonical,
        queue: { in_flight: 1, jobs: [{ id: 1, worker: { pid: process.pid } }] },
      },
    ]);
    expect(observeSchema("orders").record?.canonical).toBe(Order.canonical);
  });

  test("tail prints jobs as they are added, and takes none", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue("tasks", ["before"]);
    expect(await scene.command("tail", "--from-start", "--count", "1", "tasks")).toEqual({
      stdout: 'job 1 priority 0 8 B  "before"\n',
      stderr: "",
      exitCode: 0,
    });
    await using tail = new LiveCommand(scene.env, "tail", "--json", "--count", "2", "tasks");
    // Added again and again until the command has begun to look.
    const first = tail.line();
    let isSeen = false;
    void first.then(() => {
      isSeen = true;
    });
    while (!isSeen) {
      queue.add({ n: 1 }, { priority: 4 });
      await Bun.sleep(2);
    }
    expect(JSON.parse((await first) ?? "")).toEqual({
      queue: "tasks",
      id: expect.any(Number),
      priority: 4,
      bytes: 7,
      record: { n: 1 },
    });
    expect(await tail.end()).toBe(0);
    expect(queue.metrics).toMatchObject({ taken: 0, inFlight: 0 });
    expect(scene.state("tasks").waiting).toBe(queue.metrics.added);
  });

  test("tail counts the jobs that were done too soon", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue("tasks", ["before"]);
    const host = createFakeHost();
    const ended = runIsthmus(["tail", "--from-start", "--count", "2", "tasks"], host);
    await until(() => host.written.stdout !== "", "the first job");
    queue.tryTake()?.done();
    for (let id = 2; id <= 6; id++) {
      queue.add(id);
      queue.tryTake()?.done();
    }
    expect(await ended).toBe(0);
    const { stdout, stderr } = host.written;
    expect(stdout).toBe('job 1 priority 0 8 B  "before"\njob 6 priority 0 1 B  6\n');
    expect(stderr.replace(/\s+/g, " ")).toContain("4 jobs were done before they could be copied");
  });
});

describe("jobs as text", () => {
  test("JSON becomes what a struct takes, however deep", () => {
    const Deep = struct({
      big: u64,
      list: types.array(types.i64, 2),
      inner: struct({ data: types.bytes(4), n: u32 }),
      x: types.f64,
    });
    const value = {
      big: "18446744073709551615",
      list: [1, "-2"],
      inner: { data: "AQI=", n: 3 },
      x: "-Infinity",
    };
    expect(structInput(Deep, value)).toEqual({
      big: 2n ** 64n - 1n,
      list: [1n, -2n],
      inner: { data: new Uint8Array([1, 2]), n: 3 },
      x: Number.NEGATIVE_INFINITY,
    });
    const other = { big: "x", list: 1, inner: null, more: 1 };
    expect(structInput(Deep, other)).toEqual(other);
    expect(structInput(Deep, null)).toBe(null);
  });

  test("lines end where they end, in whatever pieces they come", async () => {
    const text = "one\n\ntwo\r\nthree";
    for (let size = 1; size <= text.length; size++) {
      const chunks = (text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? []).map((part) =>
        Buffer.from(part),
      );
      const lines: string[] = [];
      for await (const line of linesOf(chunks)) lines.push(String(Buffer.from(line)));
      expect(lines).toEqual(["one", "two\r", "three"]);
    }
  });
});

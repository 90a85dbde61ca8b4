/** Programs as workers: what becomes of jobs when they fail, are killed, or the command itself is. */
import { describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { bytes, json, NamedMutex, WorkQueue } from "@isthmus/ipc";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { Order, orderOf } from "../support/order.ts";
import { runCliInShell } from "../support/run-cli.ts";
import { untilGone, WorkScene } from "./support.ts";

describe("isthmus worker", () => {
  test("a shell script gets each job on its standard input, and its output is its own", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue("tasks", [{ path: "one.png" }, "two", [3]]);
    queue.add("urgent", { priority: 5 });
    const script = scene.script(
      "work.sh",
      'echo "$ISTHMUS_QUEUE $ISTHMUS_JOB_ID $ISTHMUS_JOB_ATTEMPTS $ISTHMUS_JOB_PRIORITY $# $1 $(cat)"',
    );
    const flags = ["--queue", "tasks", "--until-empty", "--json"];
    const { stdout, stderr, exitCode } = await scene.work(...flags, "--", script, "--json");
    const lines = stdout.trim().split("\n");
    expect(lines.slice(0, 4)).toEqual([
      'tasks 4 1 5 1 --json "urgent"',
      'tasks 1 1 0 1 --json {"path":"one.png"}',
      'tasks 2 1 0 1 --json "two"',
      "tasks 3 1 0 1 --json [3]",
    ]);
    expect(JSON.parse(lines[4] ?? "")).toEqual({
      role: "worker",
      queue: "tasks",
      done: 4,
      failed: 0,
      dead: 0,
      returned: 0,
      elapsed_ms: expect.any(Number),
    });
    expect({ rest: lines.length, exitCode }).toEqual({ rest: 5, exitCode: 0 });
    expect(stderr).toMatch(/^isthmus worker: takes jobs of tasks\nisthmus worker: job 4 is done, /);
    expect(scene.state("tasks")).toMatchObject({ waiting: 0, done: 4, deadLetters: 0 });
  });

  test("jobs of bytes come as they are, structs as a line of JSON", async () => {
    await using scene = new WorkScene();
    using raw = WorkQueue.createNew("raw", { schema: bytes });
    raw.addAll([new Uint8Array([0, 255, 13, 10]), new Uint8Array()]);
    const flags = ["--until-empty", "--quiet", "--"];
    const hex = ["sh", "-c", "od -An -tx1; echo ."];
    expect(await scene.work("--queue", "raw", ...flags, ...hex)).toEqual({
      stdout: " 00 ff 0d 0a\n.\n.\n",
      stderr: "",
      exitCode: 0,
    });
    using orders = WorkQueue.createNew("orders", { schema: Order });
    orders.add({ ...orderOf(2), price: Number.NaN });
    const { stdout } = await scene.work("--queue", "orders", ...flags, "cat");
    const order = { id: 2, price: "NaN", symbol: "S\x1b2", side: "sell", tag: "Av8=" };
    expect(JSON.parse(stdout)).toEqual({ ...order, at: String(2n ** 60n + 2n) });
  });

  test("a program that fails is tried as often as the queue says; then retry and drop", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", [1, 2, 3], { maxAttempts: 2 });
    const script = scene.script(
      "fail.sh",
      "read -r job",
      '[ "$job" = 2 ] && exit 0',
      '[ "$job" = 3 ] && kill -9 $$',
      "echo no such file >&2",
      // Also by name: standard error is a pipe that can be opened.
      'echo "cannot do $job" > /dev/stderr',
      "exit 7",
    );
    const work = ["--queue", "tasks", "--until-empty", "--", script];
    const { stdout, stderr, exitCode } = await scene.work(...work);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toContain(
      "no such file\ncannot do 1\nisthmus worker: job 1 failed, attempt 1 of 2: exit code 7: cannot do 1\n",
    );
    expect(stderr).toContain(
      "isthmus worker: job 3 failed, attempt 2 of 2: killed by SIGKILL; it is a dead letter now\n",
    );
    expect(stderr).toMatch(/: 1 job done in .*, 4 attempts failed, 2 dead letters\n$/);
    const letter = { attempts: 2, priority: 0, bytes: 1 };
    expect(await scene.json("queue", "tasks")).toMatchObject([
      {
        done: 1,
        failed: 4,
        dead_letters: 2,
        dead: [
          { ...letter, id: 1, value: 1, last_error: "exit code 7: no such file\ncannot do 1" },
          { ...letter, id: 3, value: 3, last_error: "killed by SIGKILL" },
        ],
      },
    ]);
    const text = await scene.command("queue", "tasks");
    expect(text.stdout).toContain("exit code 7: no such file | ");
    expect(await scene.json("queue", "tasks", "retry", "3")).toEqual([
      { queue: "tasks", retried: 1 },
    ]);
    expect(scene.state("tasks")).toMatchObject({ waiting: 1, deadLetters: 1 });
    expect(await scene.command("queue", "tasks", "drop", "3")).toEqual({
      stdout: "",
      stderr: 'isthmus: No dead letter of "tasks" has the number 3\n',
      exitCode: 3,
    });
    expect((await scene.command("queue", "tasks", "drop")).stdout).toBe("dropped 1 dead letter\n");
    expect((await scene.command("queue", "tasks", "retry")).stdout).toBe(
      "retried 0 dead letters\n",
    );
  });

  test("of a long standard error the last lines are kept", async () => {
    await using scene = new WorkScene();
    const queue = scene.queue("tasks", [1], { maxAttempts: 1 });
    const talkative = ["sh", "-c", "seq 100000 100999 >&2; exit 1"];
    await scene.command("worker", "--queue", "tasks", "--until-empty", "--", ...talkative);
    const error = queue.dead.list()[0]?.lastError ?? "";
    expect(error).toMatch(/^exit code 1: 100\d{3}\n(?:100\d{3}\n)+100999$/);
    expect(error.length).toBeGreaterThan(900);
  });

  test("--retry-delay-ms: nobody gets a job that failed for so long", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", [1]);
    const flags = ["--queue", "tasks", "--count", "1", "--retry-delay-ms", "600000"];
    expect((await scene.command("worker", ...flags, "--", "false")).exitCode).toBe(0);
    expect(scene.state("tasks")).toMatchObject({ delayed: 1, waiting: 0, failed: 1 });
  });

  test("Ctrl-C in the middle of a job: the program and what it has started end, the job is given back", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", [1, 2]);
    const script = scene.script(
      "slow.sh",
      "trap 'echo 1 > heard; exit 1' INT",
      // In the background a shell has its programs ignore the signal.
      "sleep 600 & echo $! > sleeper",
      "echo $$ > shell",
      "wait",
    );
    const run = scene.worker("--queue", "tasks", "--json", "--", script);
    const pids = [await scene.left("sleeper"), await scene.left("shell")];
    run.signal("SIGINT");
    const { stdout, stderr, exitCode } = await run.end();
    expect(JSON.parse(stdout)).toMatchObject({ done: 0, failed: 0, returned: 1 });
    expect(stderr).toEndWith("isthmus worker: job 1 is given back\nisthmus: interrupted\n");
    expect(exitCode).toBe(130);
    expect(await scene.left("heard")).toBe(1);
    for (const pid of pids) await untilGone(pid);
    expect(scene.state("tasks")).toMatchObject({ waiting: 2, inFlight: 0, returned: 1 });
    {
      using queue = WorkQueue.openExisting("tasks", { schema: json });
      expect(queue.tryTake()).toMatchObject({ id: 1, attempts: 1, lastError: undefined });
    }
    expect(scene.files()).toEqual(["tasks"]);
  });

  test("a program that does not hear the signal is killed; one that ends well has done its job", async () => {
    await using scene = new WorkScene();
    const script = scene.script(
      "work.sh",
      "read -r job",
      '[ "$job" = 1 ] && trap "" TERM',
      `[ "$job" = 2 ] && trap 'exit 0' TERM`,
      "echo $$ > pid$job",
      "while :; do sleep 0.01; done",
    );
    for (const [job, graceMs, result] of [
      [1, "200", { done: 0, failed: 0, returned: 1 }],
      [2, "600000", { done: 1, failed: 0, returned: 0 }],
    ] as const) {
      scene.queue(`tasks${job}`, [job]);
      const flags = ["--queue", `tasks${job}`, "--grace-ms", graceMs, "--json"];
      const run = scene.worker(...flags, "--", script);
      const pid = await scene.left(`pid${job}`);
      run.signal("SIGTERM");
      const { stdout, exitCode } = await run.end();
      expect(JSON.parse(stdout)).toMatchObject(result);
      expect(exitCode).toBe(143);
      await untilGone(pid);
      const left = { waiting: result.returned, inFlight: 0, done: result.done };
      expect(scene.state(`tasks${job}`)).toMatchObject(left);
    }
  });

  test("a worker that is killed: its job goes to the next one at once, its program ends", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", ["job"]);
    const slow = scene.script(
      "slow.sh",
      "sleep 600 & echo $! > sleeper",
      "echo $$ > shell",
      "wait",
    );
    const first = scene.worker("--queue", "tasks", "--", slow);
    const pids = [await scene.left("sleeper"), await scene.left("shell")];
    const worker = { pid: first.pid, name: "main.ts" };
    const jobs = (isAlive: boolean) => [
      { id: 1, attempts: 1, priority: 0, worker: { ...worker, alive: isAlive } },
    ];
    expect(await scene.json("queue", "tasks")).toMatchObject([{ in_flight: 1, jobs: jobs(true) }]);
    first.signal("SIGKILL");
    await first.end();
    for (const pid of pids) await untilGone(pid);
    // Nobody has cleared up yet.
    expect(await scene.json("queue", "tasks")).toMatchObject([{ in_flight: 1, jobs: jobs(false) }]);
    const text = await scene.command("queue", "tasks");
    expect(text.stdout).toMatch(new RegExp(`1 {2}main.ts \\(${first.pid}\\) dead  1 `));
    const quick = scene.script("quick.sh", 'echo "$ISTHMUS_JOB_ATTEMPTS $(cat)"');
    const { stdout, exitCode } = await scene.work("--queue", "tasks", "--count", "1", "--", quick);
    expect({ stdout, exitCode }).toEqual({ stdout: '2 "job"\n', exitCode: 0 });
    expect(scene.state("tasks")).toMatchObject({ inFlight: 0, orphaned: 1, done: 1 });
  });

  test("a program that cannot be run takes no job, or ends the worker", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", [1]);
    const work = ["worker", "--queue", "tasks", "--quiet", "--"];
    expect(await scene.command(...work, "no-such-program")).toEqual({
      stdout: "",
      stderr: 'isthmus: There is no program "no-such-program" in $PATH\n',
      exitCode: 3,
    });
    expect((await scene.command(...work, "./no-such-program")).exitCode).toBe(3);
    const script = scene.script("plain.sh");
    chmodSync(script, 0o644);
    const plain = await scene.command(...work, script);
    expect(plain.stderr).toContain("it may not be executed");
    expect(plain.exitCode).toBe(1);
    expect((await scene.command("worker", "--queue", "tasks")).exitCode).toBe(2);
    expect(scene.state("tasks")).toMatchObject({ waiting: 1, taken: 0 });
    writeFileSync(script, "echo no first line\n");
    chmodSync(script, 0o755);
    const other = await scene.work("--queue", "tasks", "--", script);
    expect(other.stderr).toContain("a script needs #!/bin/sh or the like in its first line\n");
    expect(other.exitCode).toBe(1);
    expect(scene.state("tasks")).toMatchObject({ waiting: 1, taken: 1, failed: 0 });
  });

  test("either side may be first; waits have an end when asked for", async () => {
    await using scene = new WorkScene();
    const run = scene.worker("--queue", "tasks", "--count", "1", "--", "cat");
    await run.says(/waiting for a queue tasks\n/);
    scene.queue("tasks", [1]);
    expect(await run.end()).toMatchObject({ stdout: "1\n", exitCode: 0 });
    using _mutex = NamedMutex.createNew("lock");
    const late = ["--timeout-ms", "50", "--", "cat"];
    for (const [name, expected, message] of [
      ["tasks", 4, 'Cannot take a job from "tasks" within 50'],
      ["missing", 4, 'There is no queue "missing" after 50'],
      ["lock", 1, 'Cannot use "lock": its kind must be queue'],
    ] as const) {
      const { stdout, stderr, exitCode } = await scene.command("worker", "--queue", name, ...late);
      expect({ name, stdout, exitCode }).toEqual({ name, stdout: "", exitCode: expected });
      expect(stderr.replace(/\s+/g, " ")).toContain(`isthmus: ${message}`);
    }
  });

  test("a queue that was removed and made anew is found again", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks");
    const run = scene.worker("--queue", "tasks", "--count", "1", "--", "cat");
    await run.says(/takes jobs/);
    await scene.command("rm", "--force", "tasks");
    scene.queue("tasks", [1]);
    const { stdout, stderr } = await run.end();
    expect(stdout).toBe("1\n");
    expect(stderr).toContain("isthmus worker: tasks leads to another queue now\n");
  });

  test("when nobody reads the output any more, no job fails for it", async () => {
    await using scene = new WorkScene();
    // More than are worked on while the reader is still on its way out.
    scene.queue(
      "tasks",
      Array.from({ length: 2000 }, (_, id) => id + 1),
    );
    const line = '"$BUN" "$MAIN" worker --queue tasks --quiet -- cat | head -n 1';
    const { stdout, exitCode } = await runCliInShell(line, { env: scene.env });
    expect({ stdout, exitCode }).toEqual({ stdout: "1\n", exitCode: 0 });
    const { waiting, done, ...rest } = scene.state("tasks");
    expect(rest).toMatchObject({ failed: 0, inFlight: 0, deadLetters: 0 });
    expect(waiting).toBeGreaterThan(0);
    expect(waiting + done).toBe(2000);
  });

  testIf(isLinux, "/proc")("no job leaves a descriptor open", async () => {
    await using scene = new WorkScene();
    const jobs = Array.from({ length: 30 }, (_, id) => id);
    scene.queue("tasks", jobs);
    const count = ["sh", "-c", "cat > /dev/null; ls /proc/$PPID/fd | wc -l"];
    const flags = ["--queue", "tasks", "--until-empty", "--quiet"];
    const { stdout } = await scene.work(...flags, "--", ...count);
    const counts = stdout.trim().split("\n").map(Number);
    expect(counts).toHaveLength(30);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(10);
  });

  test("--concurrency: several programs at a time", async () => {
    await using scene = new WorkScene();
    scene.queue("tasks", [1, 2, 3]);
    // Each waits for the others.
    const script = scene.script(
      "meet.sh",
      "touch here$ISTHMUS_JOB_ID",
      "while [ ! -e here1 ] || [ ! -e here2 ] || [ ! -e here3 ]; do sleep 0.01; done",
    );
    const flags = ["--queue", "tasks", "--concurrency", "3", "--until-empty", "--json", "--quiet"];
    const { stdout } = await scene.work(...flags, "--", script);
    expect(JSON.parse(stdout)).toMatchObject({ done: 3 });
  });
});

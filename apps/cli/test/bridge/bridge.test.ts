/** `isthmus bridge`: two machines with a real server between them, and what it says. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { Consumer, json, NamedMutex, Producer } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import {
  hasOpenssl,
  makeCertificates,
} from "../../../../packages/bridge/test/support/certificates.ts";
import { spreadNames } from "../../src/bridge/bridge-flags.ts";
import { JournalScene, linesOf, type Running } from "../journal/support.ts";
import { type Machine, TwoMachines } from "./two-machines.ts";

/** Opens what another process is about to make. */
async function consumerAt(machine: Machine, name: string): Promise<Consumer<typeof json>> {
  return await until(() => {
    try {
      return machine.here(() => Consumer.openExisting(name, { schema: json }));
    } catch {
      return undefined;
    }
  }, `the channel "${name}"`);
}

async function receive(consumer: Consumer<typeof json>, count: number): Promise<unknown[]> {
  return await Array.fromAsync({ length: count }, async () => await consumer.receiveAsync());
}

/** The numbers from one to before another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

async function isTold({ written }: Running, text: string, times = 1): Promise<void> {
  const count = () => written.stderr.replace(/\s+/g, " ").split(text).length - 1;
  await until(() => count() >= times, `"${text}" in: ${written.stderr}`);
}

describe("isthmus bridge", () => {
  serverTest("carries records to another machine, and goes on where it ended", async () => {
    using machines = new TwoMachines();
    const { one, other } = machines;
    await using server = await NatsServer.start();
    using producer = one.here(() => Producer.createNew("orders", { schema: json }));
    const start = (machine: Machine, way: string) =>
      machine.start("bridge", "--server", server.url, way, "orders");
    await using first = start(one, "--out");
    await using receiving = start(other, "--in");
    for (const id of range(0, 100)) producer.send(id);
    using consumer = await consumerAt(other, "orders");
    expect(await receive(consumer, 100)).toEqual(range(0, 100));
    expect(await first.end("SIGINT")).toBe(130);
    expect(first.stdout).toMatch(/^orders out: 100 records, .*\n$/);
    for (const id of range(100, 150)) producer.send(id);
    await using second = start(one, "--out");
    expect(await receive(consumer, 50)).toEqual(range(100, 150));
    expect(await second.end("SIGTERM")).toBe(143);
    expect(second.stdout).toMatch(/^orders out: 50 records, .*\n$/);
    expect(await receiving.end("SIGINT")).toBe(130);
    expect(receiving.stdout).toMatch(/^orders in: 150 records, .*\n$/);
  });

  serverTest("waits for the server and for names, says what changes, and is seen", async () => {
    using scene = new JournalScene();
    await using server = await NatsServer.start();
    await server.kill();
    const run = scene.start("bridge", "--json", "--server", server.url, "--out", "late");
    await isTold(run, "late out: waits for the server, or for something of this name");
    using producer = Producer.createNew("late", { schema: json });
    await server.restart();
    await isTold(run, "late out: live");
    producer.send("x");
    const [seen] = await until(async () => {
      const [found] = await scene.json("inspect", "bridge-late");
      const { ends } = (found?.["bridge"] ?? { ends: [] }) as { ends: Record<string, unknown>[] };
      return ends[0]?.["records"] === 1 && ends[0]["lag"] === 0 && [found];
    }, "the record");
    const end = { direction: "out", source: "channel", server: server.url, away: false };
    expect(seen).toMatchObject({ kind: "bridge", bridge: { target: "late", ends: [end] } });
    const { stdout } = await scene.command("inspect", "bridge-late");
    expect(stdout).toMatch(/\nBridge\n +carries +late\n +out +channel to nats:\S+\n +live\n/);
    expect(stdout).toMatch(/\nEnds\n.*RECORDS.*\n.*channel out .* 1 /);
    await server.kill();
    await isTold(run, "late out: the connection is lost; it comes back by itself");
    const top = (await scene.json("top", "--count", "1")).filter(({ kind }) => kind === "bridge");
    expect(top).toMatchObject([{ name: "bridge-late", ends: [{ away: true }] }]);
    expect((await scene.command("top", "--count", "1")).stdout).toMatch(/bridge-late .* away /);
    await server.restart();
    await isTold(run, "late out: live", 2);
    run.interrupt();
    expect(await run.ended).toBe(130);
    expect(linesOf(run.written.stdout)).toMatchObject([
      { name: "late", role: "out", state: "closed", records: 1, lost: 0, error: null },
    ]);
  });

  test("is alone on its machine", async () => {
    using scene = new JournalScene();
    {
      using mutex = NamedMutex.createOrOpen("isthmus-bridge");
      using _lock = mutex.acquire();
      const { exitCode, stderr } = await scene.command("bridge", "--in", "prices");
      expect(exitCode).toBe(1);
      expect(stderr.replace(/\s+/g, " ")).toContain(
        `Cannot be the bridge of this machine: process ${process.pid} is; end it, or name there what is to be carried`,
      );
    }
    const run = scene.start("bridge", "--in", "prices", "--server", "127.0.0.1:1");
    await isTold(run, "prices in: waits");
    run.interrupt();
    expect(await run.ended).toBe(130);
  });

  test("makes the folder in which records are to wait", async () => {
    using scene = new JournalScene();
    using _producer = Producer.createNew("orders", { schema: json });
    const spill = ["--spill", scene.at("not/yet/there")];
    const run = scene.start("bridge", "--out", "orders", ...spill, "--server", "127.0.0.1:1");
    await until(() => existsSync(scene.at("not/yet/there/orders")), "the journal of what waits");
    run.interrupt();
    expect(await run.ended).toBe(130);
  });

  serverTest("fails when nothing can go on, and says why; by TLS, with credentials", async () => {
    using scene = new JournalScene();
    using directory = new TemporaryDirectory();
    const files = hasOpenssl ? makeCertificates(directory) : undefined;
    const tls =
      files === undefined
        ? ""
        : `tls { cert_file: "${files.serverCertificate}", key_file: "${files.serverKey}" }`;
    const settings = `authorization { token: "s3cret" }\n${tls}`;
    await using server = await NatsServer.start({ settings });
    await Bun.write(scene.at("credentials"), `{"token": "wrong"}`);
    const trusting = files === undefined ? [] : ["--ca", files.ca];
    const who = ["--credentials", scene.at("credentials"), ...trusting];
    const args = ["--server", server.url, ...who, "--out", "a"];
    const { exitCode, stderr } = await scene.command("bridge", ...args);
    expect(exitCode).toBe(1);
    expect(stderr.replace(/\s+/g, " ")).toContain("it wants other credentials");
    await Bun.write(scene.at("credentials"), `{"token": "s3cret"}`);
    using _producer = Producer.createNew("a", { schema: json });
    const run = scene.start("bridge", ...args);
    await isTold(run, "a out: live");
    run.interrupt();
    expect(await run.ended).toBe(130);
  });

  test("says in one line which file it has not found: 3", async () => {
    using scene = new JournalScene();
    const args = ["--out", "a", "--credentials", scene.at("none"), "--quiet"];
    const { exitCode, stderr } = await scene.command("bridge", ...args);
    expect(stderr).toStartWith(`isthmus: a out: Cannot read the file of credentials "`);
    expect(exitCode).toBe(3);
  });

  test.each([
    [["--server", "nats://me:s3cret@broker", "--out", "a"], "must have no user name"],
    [["--server", "http://broker", "--out", "a"], "must be nats://HOST:PORT"],
    [["--out", "a", "--when-away", "spill"], "needs --spill DIR"],
    [["--out", "a", "--journal", "b=c"], '"b", which is not carried'],
    [["--out", "a", "--journal", "b"], "it must be NAME=DIR"],
    [["--out", "a", "a"], '"a" is to be carried twice'],
    [["--in", "a", "--both", "a"], '"a" is to be carried twice'],
    [["--out", ".a"], 'does not begin with "."'],
    [["--both", "a", "--journal", "a=b"], "topic"],
    [[], "there is nothing to carry"],
  ])("does not understand %j", async (args, text) => {
    using scene = new JournalScene();
    const { exitCode, stderr, stdout } = await scene.command("bridge", ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.replace(/\s+/g, " ")).toContain(text);
    expect(stderr).not.toContain("s3cret");
  });
});

describe("spreadNames()", () => {
  test.each([
    ["bridge --out a", "bridge --out a"],
    ["bridge --out a b --in c", "bridge --out a --out b --in c"],
    ["bridge --out a b --json", "bridge --out a --out b --json"],
    ["bridge --out a --quiet b", "bridge --out a --quiet b"],
    ["bridge --out=a b", "bridge --out=a b"],
    ["bridge --server u --both a b c", "bridge --server u --both a --both b --both c"],
    ["bridge --out a -- b c", "bridge --out a -- b c"],
    ["bridge", "bridge"],
  ])("%s", (given, expected) => {
    expect(spreadNames(given.split(" "))).toEqual(expected.split(" "));
  });
});

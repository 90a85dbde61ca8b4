/**
 * Readings from one machine to another, over a link that is cut, a bridge and a server that are killed:
 * `bun examples/two-machines/main.ts [--readings 30000] [--rate 2000] [--cut 8000]`.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, type Place, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable } from "../shared/report.ts";
import { makeMachines } from "./machines.ts";
import { NOTHING, type Progress } from "./readings.ts";
import { isInstalled, Server } from "./server.ts";

/** How many, how many a second, and for how many milliseconds the link is cut. */
const { readings, rate, cut } = numberOptions({ readings: 30_000, rate: 2_000, cut: 8_000 });

/** How long the server is away. */
const RESTART_MS = 500;

/** What somebody says of how far it is; the last word counts. */
class Watch<T> {
  latest: T;
  #isOver = false;

  constructor(program: Program, first: T) {
    this.latest = first;
    void this.#follow(program);
  }

  /** Waits until it is so far; how long that took, in milliseconds. */
  async until(isFar: (latest: T) => boolean, signal: AbortSignal): Promise<number> {
    const startMs = performance.now();
    while (!isFar(this.latest) && !this.#isOver) {
      signal.throwIfAborted();
      await Bun.sleep(5);
    }
    return performance.now() - startMs;
  }

  async #follow(program: Program): Promise<void> {
    try {
      for (;;) this.latest = await program.next<T>();
    } catch {
      // It has ended, or everything is to end.
      this.#isOver = true;
    }
  }
}

await runExample(async (signal) => {
  if (!isInstalled) {
    console.log("There is no nats-server to start (Debian has it in the package nats-server)");
    return;
  }
  using directory = mkdtempDisposableSync(join(tmpdir(), "two-machines-"));
  await using machines = await makeMachines(directory.path);
  const { one, other } = machines;
  await using server = new Server(join(directory.path, "server"), machines.host, machines.hub);
  await server.start(signal);
  await machines.connect(server.port);
  console.log(`${count(readings)} readings, ${count(rate)} a second, between ${machines.what}`);

  const start = (place: Place, file: string, ...args: (string | number)[]): Program =>
    new Program(signal, { file: join(import.meta.dir, file), ...place }, ...args);
  const [near, far] = [one.serverUrl(server.port), other.serverUrl(server.port)];
  await using consumer = start(other.place, "consumer.ts");
  await using incoming = start(other.place, "carrier.ts", far, "in");
  await using subscriber = start(other.place, "plain.ts", far, "receive");
  await using carriers = new AsyncDisposableStack();
  const carrier = carriers.use(start(one.place, "carrier.ts", near, "out"));
  // Starting a process takes longer than what is measured here.
  for (const program of [incoming, subscriber, carrier]) await program.next();
  const [carried, plain] = [new Watch(consumer, NOTHING), new Watch(subscriber, NOTHING)];
  await using producer = start(one.place, "producer.ts", readings, rate);
  await using _publisher = start(one.place, "plain.ts", near, "send", readings, rate);
  await producer.next();
  const sent = new Watch(producer, 0);

  const sentPart = async (part: number): Promise<number> =>
    await sent.until((latest) => latest >= readings * part, signal);
  const tellRecovery = async (what: string): Promise<void> => {
    const target = sent.latest;
    const missing = target - carried.latest.received;
    const ms = await carried.until(({ received }) => received >= target, signal);
    console.log(`  ${what}: ${count(missing)} to catch up with, done in ${duration(ms)}`);
  };

  await sentPart(0.25);
  machines.cut();
  console.log("  the link is cut");
  await Bun.sleep(cut);
  machines.heal();
  await tellRecovery("the link is healed");

  await sentPart(0.6);
  await carrier.kill();
  carriers.use(start(one.place, "carrier.ts", near, "out"));
  await tellRecovery("the bridge was killed, and started again");

  await sentPart(0.8);
  await server.kill();
  await Bun.sleep(RESTART_MS);
  await server.start(signal);
  await tellRecovery("the server was killed, and started again");

  await carried.until(({ received }) => received === readings, signal);
  const { received, twice, late } = carried.latest;
  strictEqual(received, readings);
  strictEqual(twice + late, 0);
  const row = (name: string, { received: got, twice: again, medianMs }: Progress): string[] => [
    name,
    count(got),
    count(readings - got),
    count(again),
    duration(medianMs),
  ];
  printTable([
    [`of ${count(readings)} readings`, "arrived", "lost", "twice", "half within"],
    row("published with the client library", plain.latest),
    row("over a bridge", carried.latest),
  ]);
});

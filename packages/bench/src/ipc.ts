/**
 * What locks, structs and waking cost beside the bare calls under them: `bun run bench:ipc`.
 *
 * @module
 */
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareMutexPairs, syncPlatform } from "@isthmus/core/internal";
import { f64, NamedEvent, NamedMutex, NamedSemaphore, SharedStruct, struct } from "@isthmus/ipc";

const PAIRS = 100_000;
const ROUNDS = 15;
const ROUND_TRIPS = 5000;

const directory = mkdtempSync(join(tmpdir(), "isthmus-bench-"));
process.env["ISTHMUS_DIR"] = join(directory, "named");
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

/** What is measured, in nanoseconds for one of it. */
interface Sample {
  readonly name: string;
  readonly run: (count: number) => void;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs all samples in turn, many rounds, so that a busy moment of the machine meets all of them alike. */
function compare(title: string, samples: readonly Sample[]): void {
  const times = samples.map(() => [] as number[]);
  for (const { run } of samples) for (let i = 0; i < 5; i++) run(PAIRS);
  for (let round = 0; round < ROUNDS; round++) {
    samples.forEach(({ run }, index) => {
      const start = Bun.nanoseconds();
      run(PAIRS);
      times[index]?.push((Bun.nanoseconds() - start) / PAIRS);
    });
  }
  print(`\n${title}`);
  samples.forEach(({ name }, index) => {
    const own = times[index] as number[];
    // Each round has its own ratio to its own baseline: the machine's mood cancels out.
    const ratio = median(own.map((time, round) => time / (times[0]?.[round] as number)));
    const spread = `${Math.min(...own).toFixed(1)} … ${Math.max(...own).toFixed(1)}`;
    print(
      `  ${name.padEnd(44)} ${median(own).toFixed(1).padStart(8)} ns (${spread})  ${ratio.toFixed(2)}x`,
    );
  });
}

function locks(): void {
  using mutex = NamedMutex.createNew("bench-mutex");
  using semaphore = NamedSemaphore.createNew("bench-semaphore", { initial: 1, max: 1 });
  compare("uncontended, against the bare pair", [
    { name: "pthread_mutex_lock + unlock through FFI", run: bareMutexPairs() },
    {
      name: "NamedMutex.acquire + release",
      run: (count) => {
        for (let i = 0; i < count; i++) mutex.acquire().release();
      },
    },
    {
      name: "NamedSemaphore.tryWait + release",
      run: (count) => {
        for (let i = 0; i < count; i++) {
          semaphore.tryWait();
          semaphore.release();
        }
      },
    },
  ]);
}

function structs(): void {
  const schema = struct({ a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
  using shared = SharedStruct.createNew("bench-struct", schema);
  let sum = 0;
  compare("a record of 64 bytes", [
    {
      name: "SharedStruct.read",
      run: (count) => {
        for (let i = 0; i < count; i++) sum += shared.read().a;
      },
    },
    {
      name: "SharedStruct.update of one field",
      run: (count) => {
        for (let i = 0; i < count; i++) {
          shared.update((current) => {
            current.a += 1;
          });
        }
      },
    },
  ]);
  const updates = PAIRS * (ROUNDS + 5);
  if (shared.read().a !== updates || !(sum > 0)) throw new Error("updates were lost");
}

function startPeer(...args: string[]) {
  const peer = join(import.meta.dir, "peers/doorbell.ts");
  const command = [process.execPath, peer, ...args];
  return Bun.spawn(command, { env: process.env, stdout: "pipe", stderr: "inherit" });
}

async function untilReady(child: ReturnType<typeof startPeer>): Promise<void> {
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the peer ended before it was ready");
}

async function roundTrips(once: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const start = Bun.nanoseconds();
    await once();
    times.push(Bun.nanoseconds() - start);
  }
  return times.toSorted((a, b) => a - b);
}

/** Round trips over two bare named pipes, read through the event loop. */
async function fifoRoundTrips(): Promise<number[]> {
  const ping = join(directory, "ping");
  const pong = join(directory, "pong");
  for (const path of [ping, pong]) syncPlatform().makeFifo(path);
  const inbox = openSync(pong, constants.O_RDWR | constants.O_NONBLOCK);
  const keepOpen = openSync(ping, constants.O_RDWR | constants.O_NONBLOCK);
  const child = startPeer("fifo", ping, pong);
  await untilReady(child);
  const outbox = openSync(ping, constants.O_WRONLY | constants.O_NONBLOCK);
  const reader = Bun.file(inbox).stream().getReader();
  const byte = new Uint8Array(1);
  const times = await roundTrips(() => {
    writeSync(outbox, byte);
    return reader.read();
  });
  writeSync(outbox, new Uint8Array([1]));
  await child.exited;
  await reader.cancel();
  for (const fd of [inbox, outbox, keepOpen]) closeSync(fd);
  return times;
}

/** Round trips over two named events. */
async function eventRoundTrips(): Promise<number[]> {
  using ping = NamedEvent.createNew("bench-ping", { reset: "auto" });
  using pong = NamedEvent.createNew("bench-pong", { reset: "auto" });
  using stop = NamedEvent.createNew("bench-stop", { reset: "manual" });
  const child = startPeer("event", "bench");
  await untilReady(child);
  const times = await roundTrips(() => {
    ping.set();
    return pong.waitAsync();
  });
  stop.set();
  ping.set();
  await child.exited;
  return times;
}

async function waking(): Promise<void> {
  const rounds = 3;
  const results = { fifo: [] as number[][], event: [] as number[][] };
  for (let i = 0; i < rounds; i++) {
    results.fifo.push(await fifoRoundTrips());
    results.event.push(await eventRoundTrips());
    for (const name of ["ping", "pong"]) rmSync(join(directory, name));
  }
  const at = (runs: number[][], share: number): number =>
    median(runs.map((times) => times[Math.floor(times.length * share)] as number)) / 1000;
  print(`\nround trip between two sleeping event loops, median of ${rounds} runs`);
  for (const [name, runs] of Object.entries(results)) {
    const ratio = at(runs, 0.5) / at(results.fifo, 0.5);
    const label = name === "fifo" ? "bare named pipes" : "NamedEvent.set + waitAsync";
    print(
      `  ${label.padEnd(44)} p50 ${at(runs, 0.5).toFixed(1)} us, p99 ${at(runs, 0.99).toFixed(1)} us  ${ratio.toFixed(2)}x`,
    );
  }
}

locks();
structs();
await waking();

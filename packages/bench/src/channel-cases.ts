/**
 * What the channel benchmark measures: each case runs once per call, with another process at the other end, and
 * gives one figure.
 *
 * @module
 */

import { heapStats } from "bun:jsc";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { bytes, Consumer, Producer } from "@isthmus/ipc";
import type { Subprocess } from "bun";
import {
  CAPACITY_BYTES,
  expectedSum,
  LARGE_BYTES,
  LARGE_CAPACITY_BYTES,
  Sample,
  type SampleFields,
  sampleOf,
  sumOf,
  warmUpOf,
} from "./channel-records.ts";

const PEER = join(import.meta.dir, "channel-peer.ts");
const PATIENCE = { timeoutMs: 60_000 };

let names = 0;

function newName(): string {
  return `bench-${process.pid}-${names++}`;
}

function start(role: string, name: string, count: number): Subprocess<"ignore", "pipe", "inherit"> {
  return Bun.spawn([process.execPath, PEER, role, name, String(count)], {
    env: process.env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    onExit: (_peer, exitCode) => {
      // What it was to send will never come.
      if (exitCode !== 0) process.exit(1);
    },
  });
}

/** Adds up what arrives, and takes the time from the end of the warm-up to the last record. */
class Meter {
  readonly #count: number;
  readonly #warmUp: number;
  #sum = 0;
  #seen = 0;
  #startedAt = 0;

  constructor(count: number) {
    this.#count = count;
    this.#warmUp = warmUpOf(count);
  }

  get isDone(): boolean {
    return this.#seen === this.#count;
  }

  /** Notes a record by the sum of its fields. */
  note(sum: number): void {
    this.#sum += sum;
    if (++this.#seen === this.#warmUp) this.#startedAt = performance.now();
  }

  /** Records per second. */
  rate(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const expected = expectedSum(0, this.#count);
    if (this.#sum !== expected) throw new Error(`sum ${this.#sum} instead of ${expected}`);
    return (this.#count - this.#warmUp) / seconds;
  }
}

/** Records per second through a named pipe, one write and one read each. */
export async function pipeRate(directory: string, count: number): Promise<number> {
  const path = join(directory, newName());
  Bun.spawnSync(["mkfifo", path]);
  const peer = start("writePipe", path, count);
  const fd = openSync(path, "r");
  const record = new Float64Array(8);
  const raw = new Uint8Array(record.buffer);
  const meter = new Meter(count);
  while (!meter.isDone) {
    for (let filled = 0; filled < 64; ) filled += readSync(fd, raw, filled, 64 - filled, null);
    let sum = 0;
    for (let field = 0; field < 8; field++) sum += record[field] as number;
    meter.note(sum);
  }
  const rate = meter.rate();
  closeSync(fd);
  await peer.exited;
  return rate;
}

/** Records per second through a channel, from producers that do as `role` says, to `poll`. */
export async function pollRate(role: string, count: number, senders = 1): Promise<number> {
  const name = newName();
  const options = { schema: Sample, capacityBytes: CAPACITY_BYTES };
  using consumer = Consumer.createNew(name, options);
  const peers = Array.from({ length: senders }, () => start(role, name, count / senders));
  const warmUp = warmUpOf(count);
  let sum = 0;
  let seen = 0;
  let startedAt = 0;
  const handle = (record: SampleFields): void => {
    sum += record.a + record.b + record.c + record.d + record.e + record.f + record.g + record.h;
    if (++seen === warmUp) startedAt = performance.now();
  };
  // Asleep until the first record, so that the other process has the CPU to start on.
  handle(consumer.receive(PATIENCE));
  while (seen < count) consumer.poll(handle);
  const seconds = (performance.now() - startedAt) / 1000;
  if (sum !== senders * expectedSum(0, count / senders)) throw new Error(`sum ${sum}`);
  await Promise.all(peers.map(({ exited }) => exited));
  return (count - warmUp) / seconds;
}

/** Records per second from `send` to `for await`. */
export async function followRate(count: number): Promise<number> {
  const name = newName();
  const options = { schema: Sample, capacityBytes: CAPACITY_BYTES };
  using consumer = Consumer.createNew(name, options);
  const peer = start("sends", name, count);
  const meter = new Meter(count);
  for await (const record of consumer) {
    meter.note(sumOf(record));
    if (meter.isDone) break;
  }
  const rate = meter.rate();
  await peer.exited;
  return rate;
}

/** Records per second through the IPC of `Bun.spawn`. */
export async function ipcRate(count: number): Promise<number> {
  const meter = new Meter(count);
  const { promise, resolve } = Promise.withResolvers<number>();
  const peer = Bun.spawn([process.execPath, PEER, "sendIpc", "", String(count)], {
    ipc: (record: SampleFields) => {
      meter.note(sumOf(record));
      if (meter.isDone) resolve(meter.rate());
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const rate = await promise;
  peer.kill();
  await peer.exited;
  return rate;
}

/** Nanoseconds of a round trip over two words, both sides spinning. */
export async function wordsRoundTrip(count: number): Promise<number> {
  const name = newName();
  using file = MemoryMappedFile.createNew(name, 4096);
  using view = file.createViewAccessor();
  const { buffer, byteOffset } = view.bytes();
  const words = new Int32Array(buffer, byteOffset, 64);
  const peer = start("echoWords", name, count);
  let startedAt = 0;
  for (let i = 1; i <= count; i++) {
    if (i === warmUpOf(count)) startedAt = performance.now();
    Atomics.store(words, 0, i);
    while (Atomics.load(words, 32) !== i);
  }
  const ms = performance.now() - startedAt;
  await peer.exited;
  return (ms * 1e6) / (count - warmUpOf(count));
}

/** Nanoseconds of a round trip of a record, both sides spinning on `poll`. */
export async function spinningRoundTrip(count: number): Promise<number> {
  const name = newName();
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const peer = start("echoSpinning", name, count);
  let startedAt = 0;
  let i = 0;
  let sum = 0;
  const write = (record: SampleFields): void => {
    record.a = i;
    record.b = i + 1;
    record.c = i + 2;
    record.d = i + 3;
    record.e = i + 4;
    record.f = i + 5;
    record.g = i + 6;
    record.h = i + 7;
  };
  const handle = ({ a }: SampleFields): void => {
    sum += a;
  };
  for (; i < count; i++) {
    if (i === warmUpOf(count)) startedAt = performance.now();
    producer.claim(write);
    while (consumer.poll(handle) === 0);
  }
  const ms = performance.now() - startedAt;
  if (sum !== (count * (count - 1)) / 2) throw new Error(`sum ${sum}`);
  await peer.exited;
  return (ms * 1e6) / (count - warmUpOf(count));
}

/** Nanoseconds of a round trip of a record, both sides asleep in the event loop. */
export async function asleepRoundTrip(count: number): Promise<number> {
  const name = newName();
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const peer = start("echoAsleep", name, count);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    producer.send(sampleOf(i));
    const record = await consumer.receiveAsync();
    if (i >= warmUpOf(count)) times.push(performance.now() - startedAt);
    if (sumOf(record) !== expectedSum(i, i + 1)) throw new Error(`record ${i} is another`);
  }
  await peer.exited;
  return medianOf(times) * 1e6;
}

/** Nanoseconds of a round trip of a byte over two named pipes, both sides asleep in the event loop. */
export async function bellRoundTrip(directory: string, count: number): Promise<number> {
  const name = join(directory, newName());
  Bun.spawnSync(["mkfifo", `${name}-ping`, `${name}-pong`]);
  const flags = constants.O_RDWR | constants.O_NONBLOCK;
  const ping = openSync(`${name}-ping`, flags);
  const pong = openSync(`${name}-pong`, flags);
  const peer = start("echoBell", name, count);
  const reader = Bun.file(pong).stream().getReader();
  const one = new Uint8Array(1);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    writeSync(ping, one);
    await reader.read();
    if (i >= warmUpOf(count)) times.push(performance.now() - startedAt);
  }
  await reader.cancel();
  closeSync(ping);
  await peer.exited;
  return medianOf(times) * 1e6;
}

/** Bytes per second of records of 1 MiB, copied in by one process and out by the other. */
export async function largeRate(count: number): Promise<number> {
  const name = newName();
  using consumer = Consumer.createNew(name, {
    schema: bytes,
    capacityBytes: LARGE_CAPACITY_BYTES,
  });
  const peer = start("large", name, count);
  const copy = new Uint8Array(LARGE_BYTES);
  const words = new Uint32Array(copy.buffer);
  let seen = 0;
  let startedAt = 0;
  const handle = (view: Uint8Array): void => {
    copy.set(view);
    // The ends of the copy stand for all of it: a checksum of every byte would take longer than the copy.
    if (words[0] !== seen || words.at(-1) !== seen) throw new Error(`record ${seen} is another`);
    if (++seen === warmUpOf(count)) startedAt = performance.now();
  };
  while (seen < count) if (consumer.poll(handle) === 0 && seen === 0) Bun.sleepSync(1);
  const ms = performance.now() - startedAt;
  await peer.exited;
  return ((count - warmUpOf(count)) * LARGE_BYTES * 1000) / ms;
}

/** Bytes per second of copying 1 MiB into shared memory and out again, in one process. */
export function copyRate(count: number): number {
  using file = MemoryMappedFile.createNew(newName(), LARGE_CAPACITY_BYTES);
  using view = file.createViewAccessor();
  const shared = view.bytes();
  const source = new Uint8Array(LARGE_BYTES).fill(7);
  const target = new Uint8Array(LARGE_BYTES);
  let startedAt = 0;
  for (let i = 0; i < count; i++) {
    if (i === warmUpOf(count)) startedAt = performance.now();
    const offset = (i % 8) * LARGE_BYTES;
    shared.set(source, offset);
    target.set(shared.subarray(offset, offset + LARGE_BYTES));
  }
  const ms = performance.now() - startedAt;
  return ((count - warmUpOf(count)) * LARGE_BYTES * 1000) / ms;
}

/** Bytes by which the heaps of both processes together have grown over the second half of so many claims and polls. */
export async function heapGrowth(count: number): Promise<number> {
  const name = newName();
  using consumer = Consumer.createNew(name, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  const peer = start("flatClaims", name, count);
  let seen = 0;
  let sum = 0;
  const handle = (record: SampleFields): void => {
    seen++;
    sum += sumOf(record);
  };
  const pollUntil = (end: number): void => {
    while (seen < end) if (consumer.poll(handle) === 0) handle(consumer.receive(PATIENCE));
  };
  pollUntil(count / 2);
  Bun.gc(true);
  const before = heapStats().heapSize;
  pollUntil(count);
  const consumerGrowth = heapStats().heapSize - before;
  if (sum > expectedSum(0, count)) throw new Error(`sum ${sum}`);
  const text = await new Response(peer.stdout).text();
  return Number(text) + consumerGrowth;
}

/** The middle of some figures. */
export function medianOf(values: readonly number[]): number {
  return values.toSorted((one, two) => one - two)[values.length >> 1] as number;
}

/**
 * Round trips one after the other: how long one waits for an answer when nothing else is going on.
 *
 * @module
 */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { platform } from "@isthmus/core/internal";
import { Consumer, NamedEvent, Producer, Requester, WorkQueue } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import {
  expectedSum,
  Sample,
  type SampleFields,
  SampleWriter,
  sampleOf,
  sumOf,
  warmUpOf,
} from "../sample.ts";
import { PLAIN_RING_BYTES, recordReceiver, recordSender, workOf } from "./plain-ring.ts";
import { startParticipant } from "./start-participant.ts";
import { LATENCY_FRAME_BYTES } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };

/** All ways to ask and to be answered. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  spinning,
  words,
  records,
  busyRecords,
  asleep,
  blocking,
  request,
  jobs,
  event,
  bell,
  pipe,
};

function newName(): string {
  return `round-${process.pid}`;
}

/** The median time of a round trip after the warm-up, for what sleeps in the event loop. */
async function medianOf(count: number, once: (i: number) => Promise<void>): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    await once(i);
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  return { value: median(times) };
}

/** As {@link medianOf}, for what blocks. */
function blockingMedianOf(count: number, once: (i: number) => void): Figure {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    once(i);
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  return { value: median(times) };
}

/** The mean time of a round trip after the warm-up: a clock would take longer than one. */
function meanOf(count: number, once: (i: number) => void): Figure {
  let startedAt = 0;
  for (let i = 0; i < count; i++) {
    if (i === warmUpOf(count)) startedAt = Bun.nanoseconds();
    once(i);
  }
  return { value: (Bun.nanoseconds() - startedAt) / (count - warmUpOf(count)) };
}

function mustBe(i: number, answer: SampleFields): void {
  if (sumOf(answer) !== sumOf(sampleOf(i))) throw new Error(`round trip ${i} brought ${answer.a}`);
}

/** Two words in shared memory, both sides spinning. */
async function words({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using file = MemoryMappedFile.createNew(name, 4096);
  using view = file.createViewAccessor();
  const { buffer, byteOffset } = view.bytes();
  const both = new Int32Array(buffer, byteOffset, 64);
  const count = sizes.spinningRoundTrips;
  const participant = startParticipant("echoWords", [name, count]);
  const figure = meanOf(count, (i) => {
    Atomics.store(both, 0, i + 1);
    while (Atomics.load(both, 32) !== i + 1);
  });
  await participant.exited;
  return figure;
}

/** A bare ring each way, both sides spinning: a record, and the position that tells of it. */
function records(context: CaseContext): Promise<Figure> {
  return bounce(context);
}

/** The same, where each side works as long for a record as a channel does for its `claim` and the `poll` that takes it. */
function busyRecords(context: CaseContext): Promise<Figure> {
  return bounce(context, ownWorkOf(context) / 2);
}

/** How long a `claim` and its `poll` take where both ends are in one process, so that no line travels: in nanoseconds. */
function ownWorkOf({ sizes }: CaseContext): number {
  const name = newName();
  using producer = Producer.createNew(name, { schema: Sample });
  using consumer = Consumer.openExisting(name, { schema: Sample });
  return polledTrips(producer, consumer, sizes.spinningRoundTrips).value;
}

/** The mean time from a `claim` to the `poll` that takes what comes back. */
function polledTrips(
  producer: Producer<typeof Sample>,
  consumer: Consumer<typeof Sample>,
  count: number,
): Figure {
  const writer = new SampleWriter();
  let sum = 0;
  const handle = ({ a }: SampleFields): void => {
    sum += a;
  };
  const figure = meanOf(count, (i) => {
    writer.number = i;
    producer.claim(writer.write);
    while (consumer.poll(handle) === 0);
  });
  if (sum !== (count * (count - 1)) / 2) throw new Error(`sum ${sum}`);
  return figure;
}

/**
 * Bounces records.
 *
 * @param workNs What either side does before it sends a record and behind one that it has received, in nanoseconds.
 */
async function bounce({ sizes }: CaseContext, workNs?: number): Promise<Figure> {
  const name = newName();
  using file = MemoryMappedFile.createNew(name, 2 * PLAIN_RING_BYTES);
  using ping = file.createViewAccessor({ size: PLAIN_RING_BYTES });
  using pong = file.createViewAccessor({ offset: PLAIN_RING_BYTES });
  const work = workNs === undefined ? undefined : workOf(workNs);
  const send = recordSender(ping.bytes(), work);
  const receive = recordReceiver(pong.bytes(), work);
  const count = sizes.spinningRoundTrips;
  const participant = startParticipant("echoRecords", [name, count, workNs ?? ""]);
  let sum = 0;
  const figure = meanOf(count, (i) => {
    send(i);
    sum += receive(i);
  });
  if (sum !== expectedSum(0, count)) throw new Error(`sum ${sum}`);
  await participant.exited;
  return figure;
}

/** Channels, both sides spinning on `poll`. */
async function spinning({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const count = sizes.spinningRoundTrips;
  const participant = startParticipant("echoPolling", [name, count]);
  const figure = polledTrips(producer, consumer, count);
  await participant.exited;
  return figure;
}

/** Channels, both sides asleep in the event loop. */
async function asleep({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const participant = startParticipant("echoChannel", [name, sizes.roundTrips]);
  const figure = await medianOf(sizes.roundTrips, async (i) => {
    producer.send(sampleOf(i));
    mustBe(i, await consumer.receiveAsync(PATIENCE));
  });
  await participant.exited;
  return figure;
}

/** Channels, both sides asleep in `receive`: as blocking a pipe's read is. */
async function blocking({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const participant = startParticipant("echoReceived", [name, sizes.roundTrips]);
  const figure = blockingMedianOf(sizes.roundTrips, (i) => {
    producer.send(sampleOf(i));
    mustBe(i, consumer.receive(PATIENCE));
  });
  await participant.exited;
  return figure;
}

/** A request and its response, both sides asleep in the event loop. */
async function request({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using requester = Requester.createNew(name, { request: Sample, response: Sample });
  const participant = startParticipant("respond", [name, sizes.roundTrips]);
  const figure = await medianOf(sizes.roundTrips, async (i) => {
    mustBe(i, await requester.request(sampleOf(i), PATIENCE));
  });
  await participant.exited;
  return figure;
}

/** A job each way, both sides asleep in the event loop. */
async function jobs({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using ping = WorkQueue.createNew(`${name}-ping`, { schema: Sample });
  using pong = WorkQueue.createNew(`${name}-pong`, { schema: Sample });
  const participant = startParticipant("echoJobs", [name, sizes.roundTrips]);
  const figure = await medianOf(sizes.roundTrips, async (i) => {
    ping.add(sampleOf(i));
    using job = await pong.take(PATIENCE);
    mustBe(i, job.value);
    job.done();
  });
  await participant.exited;
  return figure;
}

/** Two named events, both sides asleep in the event loop. */
async function event({ sizes }: CaseContext): Promise<Figure> {
  const name = newName();
  using ping = NamedEvent.createNew(`${name}-ping`, { reset: "auto" });
  using pong = NamedEvent.createNew(`${name}-pong`, { reset: "auto" });
  const participant = startParticipant("echoEvent", [name, sizes.roundTrips]);
  const figure = await medianOf(sizes.roundTrips, async () => {
    ping.set();
    await pong.waitAsync();
  });
  // Every setting has released exactly one waiter: none is left.
  if (ping.tryWait() || pong.tryWait()) throw new Error("an event was set once too often");
  await participant.exited;
  return figure;
}

/** A byte over two named pipes, both sides asleep in the event loop. */
async function bell(context: CaseContext): Promise<Figure> {
  const place = newPipes(context);
  const flags = constants.O_RDWR | constants.O_NONBLOCK;
  const ping = openSync(`${place}-ping`, flags);
  const pong = openSync(`${place}-pong`, flags);
  const participant = startParticipant("echoBell", [place, context.sizes.roundTrips]);
  const reader = Bun.file(pong).stream().getReader();
  const one = new Uint8Array(1);
  const figure = await medianOf(context.sizes.roundTrips, async () => {
    writeSync(ping, one);
    await reader.read();
  });
  await reader.cancel();
  closeSync(ping);
  await participant.exited;
  return figure;
}

/** Named pipes, both sides asleep in a blocking read. */
async function pipe(context: CaseContext): Promise<Figure> {
  const place = newPipes(context);
  const participant = startParticipant("echoPipeBlocking", [place, context.sizes.roundTrips]);
  const outbox = openSync(`${place}-ping`, "w");
  const inbox = openSync(`${place}-pong`, "r");
  const floats = new Float64Array(LATENCY_FRAME_BYTES / 8);
  const raw = new Uint8Array(floats.buffer);
  const figure = blockingMedianOf(context.sizes.roundTrips, (i) => {
    floats.fill(i);
    writeSync(outbox, raw);
    for (let filled = 0; filled < raw.length; )
      filled += readSync(inbox, raw, filled, raw.length - filled, null);
    if (floats[0] !== i) throw new Error(`round trip ${i} brought ${floats[0]}`);
  });
  closeSync(outbox);
  closeSync(inbox);
  await participant.exited;
  return figure;
}

/** Makes two named pipes; returns the path without its ending. */
function newPipes({ memoryDirectory }: CaseContext): string {
  const place = join(memoryDirectory, newName());
  for (const end of ["ping", "pong"]) platform().makeFifo(`${place}-${end}`);
  return place;
}

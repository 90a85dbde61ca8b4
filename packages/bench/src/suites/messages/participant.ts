/**
 * The process at the other end: `participant.ts ROLE ARGUMENT…` does one thing and ends.
 *
 * @module
 */
import { constants, openSync, readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import {
  bytes,
  Consumer,
  NamedEvent,
  Producer,
  Publisher,
  Responder,
  Subscriber,
  WorkQueue,
} from "@isthmus/ipc";
import type { Socket } from "bun";
import { pollSamples } from "../poll-samples.ts";
import {
  expectedSum,
  Sample,
  type SampleFields,
  SampleWriter,
  sampleOf,
  sumOf,
} from "../sample.ts";
import { Backlog } from "./backlog.ts";
import { BATCH_BYTES, fillEnds, fillSample } from "./frames.ts";
import { climbFar } from "./ladder.ts";
import {
  PLAIN_RING_BYTES,
  produceRecords,
  recordReceiver,
  recordSender,
  workOf,
} from "./plain-ring.ts";
import { SocketWriter } from "./socket-writer.ts";
import {
  CHANNEL_BYTES,
  LATENCY_FRAME_BYTES,
  PICTURE_BYTES,
  PICTURES_PER_SECOND,
} from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };
/** Records of one `batch`. */
const BATCH_RECORDS = 256;
const [role = "", place = "", countText = "0", extra = ""] = process.argv.slice(2);
const count = Number(countText);

/** Fills a buffer with as many samples as fit and gives them to a sink, until all have gone. */
async function inBatches(sink: (batch: Uint8Array) => unknown): Promise<void> {
  const floats = new Float64Array(BATCH_BYTES / 8);
  const raw = new Uint8Array(floats.buffer);
  const perBatch = floats.length / 8;
  for (let from = 0; from < count; from += perBatch) {
    const length = Math.min(perBatch, count - from);
    for (let i = 0; i < length; i++) fillSample(floats, i * 8, from + i);
    const pending = sink(raw.subarray(0, length * 64));
    if (pending instanceof Promise) await pending;
  }
}

/** Gives records of one size to a sink, one by one. */
async function ofSize(frameBytes: number, sink: (frame: Uint8Array) => unknown): Promise<void> {
  const floats = new Float64Array(frameBytes / 8);
  const raw = new Uint8Array(floats.buffer);
  for (let i = 0; i < count; i++) {
    fillEnds(floats, 0, floats.length, i);
    const pending = sink(raw);
    if (pending instanceof Promise) await pending;
  }
}

/** Where the other side waits for it. */
function sayReady(): void {
  process.send?.("ready");
}

function writeAll(fd: number, batch: Uint8Array): void {
  for (let done = 0; done < batch.length; ) done += writeSync(fd, batch, done);
}

function sends(): void {
  using producer = Producer.openExisting(place, { schema: Sample });
  for (let i = 0; i < count; i++) producer.send(sampleOf(i), PATIENCE);
}

function claims(): void {
  using producer = Producer.openExisting(place, { schema: Sample });
  const writer = new SampleWriter();
  for (; writer.number < count; writer.number++) producer.claim(writer.write, PATIENCE);
}

function batches(): void {
  using producer = Producer.openExisting(place, { schema: Sample });
  const writer = new SampleWriter();
  for (let from = 0; from < count; from += BATCH_RECORDS) {
    const to = Math.min(count, from + BATCH_RECORDS);
    producer.batch((batch) => {
      for (; writer.number < to; writer.number++) batch.claim(writer.write);
    });
  }
}

function writePipeEach(): void {
  const fd = openSync(place, "w");
  const floats = new Float64Array(8);
  const raw = new Uint8Array(floats.buffer);
  for (let i = 0; i < count; i++) {
    fillSample(floats, 0, i);
    writeAll(fd, raw);
  }
}

function sendSpawnIpc(): void {
  for (let i = 0; i < count; i++) process.send?.(sampleOf(i));
}

async function sendNodeIpc(): Promise<void> {
  const ipc = createRequire(join(extra, "package.json"))("node-ipc");
  const { promise, resolve } = Promise.withResolvers<void>();
  ipc.config.silent = true;
  ipc.connectTo("bench", place, () => {
    ipc.of.bench.on("connect", () => {
      for (let i = 0; i < count; i++) ipc.of.bench.emit("record", sampleOf(i));
    });
    ipc.of.bench.on("disconnect", resolve);
  });
  await promise;
  process.exit(0);
}

function echoWords(): void {
  const view = MemoryMappedFile.openExisting(place).createViewAccessor();
  const { buffer, byteOffset } = view.bytes();
  const words = new Int32Array(buffer, byteOffset, 64);
  for (let i = 1; i <= count; i++) {
    while (Atomics.load(words, 0) !== i);
    Atomics.store(words, 32, i);
  }
}

function echoRecords(): void {
  const file = MemoryMappedFile.openExisting(place);
  const work = extra === "" ? undefined : workOf(Number(extra));
  const ping = file.createViewAccessor({ size: PLAIN_RING_BYTES }).bytes();
  const receive = recordReceiver(ping, work);
  const send = recordSender(file.createViewAccessor({ offset: PLAIN_RING_BYTES }).bytes(), work);
  for (let i = 0; i < count; i++) {
    if (receive(i) !== sumOf(sampleOf(i))) throw new Error(`record ${i} is another one`);
    send(i);
  }
}

function echoPolling(): void {
  using consumer = Consumer.openExisting(`${place}-ping`, { schema: Sample });
  using producer = Producer.openExisting(`${place}-pong`, { schema: Sample });
  const writer = new SampleWriter();
  const answer = ({ a }: SampleFields): void => {
    writer.number = a;
    producer.claim(writer.write);
  };
  for (let done = 0; done < count; ) done += consumer.poll(answer);
}

async function echoBell(): Promise<void> {
  const inbox = openSync(`${place}-ping`, constants.O_RDWR | constants.O_NONBLOCK);
  const outbox = openSync(`${place}-pong`, constants.O_RDWR | constants.O_NONBLOCK);
  const one = new Uint8Array(1);
  let done = 0;
  for await (const chunk of Bun.file(inbox).stream()) {
    writeSync(outbox, one);
    done += chunk.length;
    // The pipe is open for writing here, too, and never ends by itself.
    if (done === count) process.exit(0);
  }
}

async function echoChannel(): Promise<void> {
  using consumer = Consumer.openExisting(`${place}-ping`, { schema: Sample });
  using producer = Producer.openExisting(`${place}-pong`, { schema: Sample });
  sayReady();
  let done = 0;
  for await (const record of consumer) {
    producer.send(record);
    if (++done === count) break;
  }
}

function echoReceived(): void {
  using consumer = Consumer.openExisting(`${place}-ping`, { schema: Sample });
  using producer = Producer.openExisting(`${place}-pong`, { schema: Sample });
  for (let i = 0; i < count; i++) producer.send(consumer.receive(PATIENCE));
}

async function echoJobs(): Promise<void> {
  using ping = WorkQueue.openExisting(`${place}-ping`, { schema: Sample });
  using pong = WorkQueue.openExisting(`${place}-pong`, { schema: Sample });
  for (let i = 0; i < count; i++) {
    using job = await ping.take();
    pong.add(job.value);
    job.done();
  }
}

async function echoPipe(): Promise<void> {
  const inbox = openSync(`${place}-ping`, constants.O_RDWR | constants.O_NONBLOCK);
  // A blocking write waits for room; there is nothing else to do meanwhile.
  const outbox = openSync(`${place}-pong`, constants.O_RDWR);
  sayReady();
  let bytesLeft = count * LATENCY_FRAME_BYTES;
  for await (const chunk of Bun.file(inbox).stream()) {
    writeAll(outbox, chunk);
    bytesLeft -= chunk.length;
    // The pipe is open for writing here, too, and never ends by itself.
    if (bytesLeft === 0) process.exit(0);
  }
}

function echoPipeBlocking(): void {
  const inbox = openSync(`${place}-ping`, "r");
  const outbox = openSync(`${place}-pong`, "w");
  const frame = new Uint8Array(LATENCY_FRAME_BYTES);
  for (let i = 0; i < count; i++) {
    for (let filled = 0; filled < frame.length; )
      filled += readSync(inbox, frame, filled, frame.length - filled, null);
    writeAll(outbox, frame);
  }
}

async function echoEvent(): Promise<void> {
  using ping = NamedEvent.openExisting(`${place}-ping`);
  using pong = NamedEvent.openExisting(`${place}-pong`);
  for (let i = 0; i < count; i++) {
    await ping.waitAsync();
    pong.set();
  }
}

/** Writes pictures in place, each when it is due. */
async function paint(): Promise<void> {
  using producer = Producer.openExisting(place, { schema: bytes });
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    const dueAt = startedAt + (i * 1000) / PICTURES_PER_SECOND;
    await Bun.sleep(Math.max(0, dueAt - performance.now()));
    const write = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): void => {
      const floats = new Float64Array(buffer, byteOffset, byteLength / 8);
      fillEnds(floats, 0, floats.length, i);
    };
    producer.claim(PICTURE_BYTES, write, PATIENCE);
  }
}

function publish(): void {
  using publisher = Publisher.openExisting(place, { schema: Sample });
  for (let i = 0; i < count; i++) publisher.send(sampleOf(i), PATIENCE);
}

function subscribe(): void {
  using subscriber = Subscriber.openExisting(place, { schema: Sample });
  sayReady();
  // Throws, and so ends this process badly, when it has got anything else than everybody else.
  pollSamples(subscriber, count, expectedSum(0, count));
  process.exit(0);
}

async function respond(): Promise<void> {
  using responder = Responder.openExisting(place, { request: Sample, response: Sample });
  const stop = new AbortController();
  sayReady();
  let done = 0;
  await responder.serve(
    (record) => {
      // The last answer must have gone before the responder goes.
      if (++done === count) setTimeout(() => stop.abort(), 100);
      return record;
    },
    { signal: stop.signal },
  );
}

async function echoSocket(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const backlog = new Backlog((bytes) => Math.max(0, socket.write(bytes)));
  const data = (_socket: Socket, chunk: Uint8Array): void => backlog.write(chunk);
  const socket = await Bun.connect({ unix: place, socket: { data, close: () => resolve() } });
  await promise;
  process.exit(0);
}

function echoSpawnIpc(): void {
  process.on("message", (message) => process.send?.(message));
  sayReady();
}

const roles: Readonly<Record<string, () => unknown>> = {
  writePipe: () => {
    const fd = openSync(place, "w");
    return inBatches((batch) => writeAll(fd, batch));
  },
  writeSocket: async () => {
    const writer = await SocketWriter.connect(place);
    await inBatches((batch) => writer.write(batch));
    await writer.flush();
    await writer.closed;
  },
  fillRing: () => produceRecords(Bun.mmap(place), count),
  sends,
  claims,
  batches,
  writePipeEach,
  sendSpawnIpc,
  sendNodeIpc,
  pipeOfSize: () => {
    const fd = openSync(place, "w");
    return ofSize(Number(extra), (frame) => writeAll(fd, frame));
  },
  socketOfSize: async () => {
    const writer = await SocketWriter.connect(place);
    await ofSize(Number(extra), (frame) => writer.write(frame));
    await writer.flush();
    await writer.closed;
  },
  channelOfSize: async () => {
    const options = { schema: bytes, capacityBytes: CHANNEL_BYTES };
    using producer = Producer.openExisting(place, options);
    await ofSize(Number(extra), (frame) => producer.send(frame, PATIENCE));
  },
  climb: () => climbFar(place, count, extra),
  echoWords,
  echoRecords,
  echoPolling,
  echoBell,
  echoChannel,
  echoJobs,
  echoReceived,
  echoPipe,
  echoPipeBlocking,
  echoEvent,
  paint,
  publish,
  subscribe,
  respond,
  echoSocket,
  echoSpawnIpc,
};

const act = roles[role];
if (act === undefined) throw new Error(`there is no role "${role}"`);
await act();

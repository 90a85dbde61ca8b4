/**
 * Records of 64 bytes from one process (or thread) to another, by everything that could carry them.
 *
 * @module
 */
import { closeSync, openSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { Consumer, Subscriber } from "@isthmus/ipc";
import { startWorker } from "@isthmus/programs";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { pollSamples } from "../poll-samples.ts";
import { CAPACITY_BYTES, expectedSum, Sample, type SampleFields, sumOf } from "../sample.ts";
import { BATCH_BYTES, FrameReader, sumSample } from "./frames.ts";
import { Meter } from "./meter.ts";
import { consumeRecords, PLAIN_RING_BYTES } from "./plain-ring.ts";
import { startParticipant, startReadyParticipant } from "./start-participant.ts";

const SAMPLE_BYTES = 64;

/** All ways to carry records. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  batch: ({ sizes }) => pollFrom("batches", sizes.records),
  claim: ({ sizes }) => pollFrom("claims", sizes.records),
  send: ({ sizes }) => pollFrom("sends", sizes.records / 2),
  fourSenders: ({ sizes }) => pollFrom("sends", sizes.records / 2, 4),
  follow,
  publish: (context) => publishTo(context, 1),
  publishTwo: (context) => publishTo(context, 2),
  pipe,
  pipeBatched,
  socket,
  spawnIpc,
  workerMessages,
  sharedArrayBuffer,
  bunMmap,
  nodeIpc,
};

function figure(value: number): Figure {
  return { value };
}

/** FIFOs and sockets live in the file system, but what goes through them never touches the disk. */
function scratch({ memoryDirectory }: CaseContext): string {
  return memoryDirectory;
}

function newPlace(context: CaseContext, name: string): string {
  return join(scratch(context), `${name}-${process.pid}`);
}

/** Channels from producers that do as `role` says, each its share, to `poll`. */
async function pollFrom(role: string, total: number, producers = 1): Promise<Figure> {
  const share = Math.floor(total / producers);
  const count = share * producers;
  const name = `channel-${process.pid}`;
  using consumer = Consumer.createNew(name, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  const participants = Array.from({ length: producers }, () =>
    startParticipant(role, [name, share]),
  );
  const perSecond = pollSamples(consumer, count, producers * expectedSum(0, share));
  await Promise.all(participants.map(({ exited }) => exited));
  return figure(perSecond);
}

async function follow({ sizes }: CaseContext): Promise<Figure> {
  const count = sizes.records / 8;
  const name = `channel-${process.pid}`;
  using consumer = Consumer.createNew(name, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  const participant = startParticipant("sends", [name, count]);
  const meter = new Meter(count);
  for await (const record of consumer) {
    meter.note(sumOf(record));
    if (meter.isDone) break;
  }
  await participant.exited;
  return figure(meter.rate());
}

/** This process is one of the subscribers; each of them gets and verifies every record. */
async function publishTo({ sizes }: CaseContext, subscribers: number): Promise<Figure> {
  const count = sizes.records / 2;
  const name = `topic-${process.pid}`;
  using subscriber = Subscriber.createNew(name, { schema: Sample, capacityBytes: CAPACITY_BYTES });
  const others = [];
  for (let i = 1; i < subscribers; i++) {
    others.push(await startReadyParticipant("subscribe", [name, count]));
  }
  const participant = startParticipant("publish", [name, count]);
  const perSecond = pollSamples(subscriber, count, expectedSum(0, count));
  await Promise.all([participant, ...others].map(({ exited }) => exited));
  return figure(perSecond);
}

/** A write and a read for each record. */
async function pipe(context: CaseContext): Promise<Figure> {
  const count = context.sizes.slowRecords;
  const path = newPlace(context, "pipe");
  platform().makeFifo(path);
  const participant = startParticipant("writePipeEach", [path, count]);
  const fd = openSync(path, "r");
  const record = new Float64Array(SAMPLE_BYTES / 8);
  const raw = new Uint8Array(record.buffer);
  const meter = new Meter(count);
  while (!meter.isDone) {
    for (let filled = 0; filled < SAMPLE_BYTES; )
      filled += readSync(fd, raw, filled, SAMPLE_BYTES - filled, null);
    meter.note(sumSample(record, 0));
  }
  closeSync(fd);
  await participant.exited;
  return figure(meter.rate());
}

async function pipeBatched(context: CaseContext): Promise<Figure> {
  const count = context.sizes.records / 4;
  const path = newPlace(context, "pipe");
  platform().makeFifo(path);
  const participant = startParticipant("writePipe", [path, count]);
  const fd = openSync(path, "r");
  const meter = new Meter(count);
  const frames = new FrameReader(SAMPLE_BYTES, (floats, at) => meter.note(sumSample(floats, at)));
  const buffer = new Uint8Array(BATCH_BYTES);
  while (!meter.isDone) frames.add(buffer.subarray(0, readSync(fd, buffer)));
  closeSync(fd);
  await participant.exited;
  return figure(meter.rate());
}

async function socket(context: CaseContext): Promise<Figure> {
  const count = context.sizes.records / 4;
  const path = newPlace(context, "socket");
  const meter = new Meter(count);
  const frames = new FrameReader(SAMPLE_BYTES, (floats, at) => meter.note(sumSample(floats, at)));
  const server = Bun.listen({ unix: path, socket: { data: (_socket, data) => frames.add(data) } });
  const participant = startParticipant("writeSocket", [path, count]);
  await meter.done;
  server.stop(true);
  await participant.exited;
  return figure(meter.rate());
}

async function spawnIpc({ sizes }: CaseContext): Promise<Figure> {
  const meter = new Meter(sizes.slowRecords);
  const onMessage = (message: unknown): void => meter.note(sumOf(message as SampleFields));
  const participant = startParticipant("sendSpawnIpc", ["", sizes.slowRecords], { onMessage });
  await meter.done;
  participant.kill();
  await participant.exited;
  return figure(meter.rate());
}

async function workerMessages({ sizes }: CaseContext): Promise<Figure> {
  const meter = new Meter(sizes.slowRecords);
  const worker = startWorker(import.meta.dirname, "worker.ts");
  worker.onmessage = ({ data }: MessageEvent<SampleFields>) => meter.note(sumOf(data));
  worker.postMessage({ role: "sendRecords", count: sizes.slowRecords });
  await meter.done;
  worker.terminate();
  return figure(meter.rate());
}

async function sharedArrayBuffer({ sizes }: CaseContext): Promise<Figure> {
  const memory = new Uint8Array(new SharedArrayBuffer(PLAIN_RING_BYTES));
  const worker = startWorker(import.meta.dirname, "worker.ts");
  worker.postMessage({ role: "fillRing", count: sizes.records, memory });
  const meter = new Meter(sizes.records);
  consumeRecords(memory, meter);
  await meter.done;
  worker.terminate();
  return figure(meter.rate());
}

async function bunMmap(context: CaseContext): Promise<Figure> {
  const path = newPlace(context, "ring");
  writeFileSync(path, "");
  truncateSync(path, PLAIN_RING_BYTES);
  const participant = startParticipant("fillRing", [path, context.sizes.records]);
  const meter = new Meter(context.sizes.records);
  consumeRecords(Bun.mmap(path), meter);
  await participant.exited;
  return figure(meter.rate());
}

async function nodeIpc(context: CaseContext): Promise<Figure> {
  const { peersDirectory, sizes } = context;
  if (peersDirectory === undefined) throw new SkipError("optional peers were not asked for");
  const count = sizes.slowRecords / 4;
  const ipc = createRequire(join(peersDirectory, "package.json"))("node-ipc");
  const path = newPlace(context, "node-ipc");
  const meter = new Meter(count);
  ipc.config.silent = true;
  ipc.serve(path, () => {
    ipc.server.on("record", (record: SampleFields) => meter.note(sumOf(record)));
    startParticipant("sendNodeIpc", [path, count, peersDirectory]);
  });
  ipc.server.start();
  await meter.done;
  ipc.server.stop();
  return figure(meter.rate());
}

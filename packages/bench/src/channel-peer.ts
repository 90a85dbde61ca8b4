/**
 * The other process of the channel benchmark: does one thing, as its arguments say, and ends.
 *
 * @module
 */

import { heapStats } from "bun:jsc";
import { constants, openSync, writeSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { bytes, Consumer, Producer } from "@isthmus/ipc";
import {
  BATCH_RECORDS,
  LARGE_BYTES,
  LARGE_CAPACITY_BYTES,
  Sample,
  type SampleFields,
  sampleOf,
} from "./channel-records.ts";

const PATIENCE = { timeoutMs: 60_000 };
const [role = "", name = "", countText = "0"] = process.argv.slice(2);
const count = Number(countText);

function opened(): Producer<typeof Sample> {
  return Producer.openExisting(name, { schema: Sample });
}

function writePipe(): void {
  const fd = openSync(name, "w");
  const record = new Float64Array(8);
  const raw = new Uint8Array(record.buffer);
  for (let i = 0; i < count; i++) {
    for (let field = 0; field < 8; field++) record[field] = i + field;
    writeSync(fd, raw);
  }
}

function batches(): void {
  using producer = opened();
  for (let from = 0; from < count; from += BATCH_RECORDS) {
    const to = Math.min(count, from + BATCH_RECORDS);
    producer.batch((batch) => {
      let i = from;
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
      for (; i < to; i++) batch.claim(write);
    });
  }
}

function claims(): void {
  using producer = opened();
  let i = 0;
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
  for (; i < count; i++) producer.claim(write, PATIENCE);
}

/** As `claims`, and says how much the heap has grown from the middle to the end. */
function flatClaims(): void {
  using producer = opened();
  let i = 0;
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
  for (; i < count / 2; i++) producer.claim(write, PATIENCE);
  Bun.gc(true);
  const before = heapStats().heapSize;
  for (; i < count; i++) producer.claim(write, PATIENCE);
  process.stdout.write(`${heapStats().heapSize - before}\n`);
}

function sends(): void {
  using producer = opened();
  for (let i = 0; i < count; i++) producer.send(sampleOf(i), PATIENCE);
}

function large(): void {
  using producer = Producer.openExisting(name, {
    schema: bytes,
    capacityBytes: LARGE_CAPACITY_BYTES,
  });
  const record = new Uint8Array(LARGE_BYTES).fill(7);
  const words = new Uint32Array(record.buffer);
  for (let i = 0; i < count; i++) {
    words[0] = i;
    words[words.length - 1] = i;
    producer.send(record, PATIENCE);
  }
}

function echoWords(): void {
  const view = MemoryMappedFile.openExisting(name).createViewAccessor();
  const { buffer, byteOffset } = view.bytes();
  const words = new Int32Array(buffer, byteOffset, 64);
  for (let i = 1; i <= count; i++) {
    while (Atomics.load(words, 0) !== i);
    Atomics.store(words, 32, i);
  }
}

function echoSpinning(): void {
  using consumer = Consumer.openExisting(`${name}-ping`, { schema: Sample });
  using producer = Producer.openExisting(`${name}-pong`, { schema: Sample });
  let value = 0;
  const write = (record: SampleFields): void => {
    record.a = value;
    record.b = value + 1;
    record.c = value + 2;
    record.d = value + 3;
    record.e = value + 4;
    record.f = value + 5;
    record.g = value + 6;
    record.h = value + 7;
  };
  const answer = ({ a }: SampleFields): void => {
    value = a;
    producer.claim(write);
  };
  for (let done = 0; done < count; ) done += consumer.poll(answer);
}

async function echoAsleep(): Promise<void> {
  using consumer = Consumer.openExisting(`${name}-ping`, { schema: Sample });
  using producer = Producer.openExisting(`${name}-pong`, { schema: Sample });
  let done = 0;
  for await (const record of consumer) {
    producer.send(record);
    if (++done === count) break;
  }
}

async function echoBell(): Promise<void> {
  const pipe = openSync(`${name}-ping`, constants.O_RDWR | constants.O_NONBLOCK);
  const back = openSync(`${name}-pong`, constants.O_RDWR | constants.O_NONBLOCK);
  const one = new Uint8Array(1);
  let done = 0;
  process.stdout.write("ready\n");
  for await (const chunk of Bun.file(pipe).stream()) {
    writeSync(back, one);
    done += chunk.length;
    if (done === count) process.exit(0);
  }
}

function sendIpc(): void {
  for (let i = 0; i < count; i++) process.send?.(sampleOf(i));
}

const roles: Readonly<Record<string, () => unknown>> = {
  writePipe,
  batches,
  claims,
  flatClaims,
  sends,
  large,
  echoWords,
  echoSpinning,
  echoAsleep,
  echoBell,
  sendIpc,
};

await roles[role]?.();

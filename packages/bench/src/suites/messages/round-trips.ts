/**
 * Round trips one after the other: how long one waits for an answer when nothing else is going on.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { syncPlatform } from "@isthmus/core/internal";
import { Consumer, NamedEvent, Producer, Requester } from "@isthmus/ipc";
import {
  asleepRoundTrip,
  bellRoundTrip,
  spinningRoundTrip,
  wordsRoundTrip,
} from "../../channel-cases.ts";
import { Sample, sampleOf, warmUpOf } from "../../channel-records.ts";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import { startParticipant } from "./start-participant.ts";
import { LATENCY_FRAME_BYTES } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };

/** All ways to ask and to be answered. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  spinning: async ({ sizes }) => ({
    value: await spinningRoundTrip(sizes.spinningRoundTrips),
  }),
  words: async ({ sizes }) => ({ value: await wordsRoundTrip(sizes.spinningRoundTrips) }),
  asleep: async ({ sizes }) => ({ value: await asleepRoundTrip(sizes.roundTrips) }),
  bell: async ({ sizes, memoryDirectory }) => ({
    value: await bellRoundTrip(memoryDirectory, sizes.roundTrips),
  }),
  blocking: blockingRoundTrip,
  event: eventRoundTrip,
  request: requestRoundTrip,
  pipe: pipeRoundTrip,
};

/** A request and its response, both sides asleep in the event loop. */
async function requestRoundTrip({ sizes }: CaseContext): Promise<Figure> {
  const name = `round-${process.pid}`;
  using requester = Requester.createNew(name, { request: Sample, response: Sample });
  const count = sizes.roundTrips;
  const participant = startParticipant("respond", [name, count]);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    const { a, h } = await requester.request(sampleOf(i), PATIENCE);
    if (a !== i || h !== i + 7) throw new Error(`request ${i} brought ${a} and ${h}`);
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  await participant.exited;
  return { value: median(times) };
}

/** Two named events, both sides asleep in the event loop. */
async function eventRoundTrip({ sizes }: CaseContext): Promise<Figure> {
  const name = `round-${process.pid}`;
  using ping = NamedEvent.createNew(`${name}-ping`, { reset: "auto" });
  using pong = NamedEvent.createNew(`${name}-pong`, { reset: "auto" });
  const count = sizes.roundTrips;
  const participant = startParticipant("echoEvent", [name, count]);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    ping.set();
    await pong.waitAsync();
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  // Every setting has released exactly one waiter: none is left.
  if (ping.tryWait() || pong.tryWait()) throw new Error("an event was set once too often");
  await participant.exited;
  return { value: median(times) };
}

/** Channels, both sides asleep in `receive`: as blocking a pipe's read is. */
async function blockingRoundTrip({ sizes }: CaseContext): Promise<Figure> {
  const name = `round-${process.pid}`;
  using producer = Producer.createNew(`${name}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${name}-pong`, { schema: Sample });
  const count = sizes.roundTrips;
  const participant = startParticipant("echoReceived", [name, count]);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    producer.send(sampleOf(i));
    const { a, h } = consumer.receive(PATIENCE);
    if (a !== i || h !== i + 7) throw new Error(`round trip ${i} brought ${a} and ${h}`);
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  await participant.exited;
  return { value: median(times) };
}

/** Both sides asleep in a blocking read. */
async function pipeRoundTrip({ sizes, memoryDirectory }: CaseContext): Promise<Figure> {
  const count = sizes.roundTrips;
  const place = join(memoryDirectory, `round-${process.pid}`);
  for (const end of ["ping", "pong"]) syncPlatform().makeFifo(`${place}-${end}`);
  const participant = startParticipant("echoPipeBlocking", [place, count]);
  const outbox = openSync(`${place}-ping`, "w");
  const inbox = openSync(`${place}-pong`, "r");
  const floats = new Float64Array(LATENCY_FRAME_BYTES / 8);
  const raw = new Uint8Array(floats.buffer);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const startedAt = Bun.nanoseconds();
    floats.fill(i);
    writeSync(outbox, raw);
    for (let filled = 0; filled < raw.length; )
      filled += readSync(inbox, raw, filled, raw.length - filled, null);
    if (floats[0] !== i) throw new Error(`round trip ${i} brought ${floats[0]}`);
    if (i >= warmUpOf(count)) times.push(Bun.nanoseconds() - startedAt);
  }
  closeSync(outbox);
  closeSync(inbox);
  await participant.exited;
  return { value: median(times) };
}

/**
 * Round trips of 64 bytes with a pause before each, so that both sides sleep in their event loops, and CPUs do other things
 * meanwhile: a way that is fast again and again need not be fast now and then. Both sides are compiled by as many
 * round trips without a pause before.
 *
 * @module
 */
import { join } from "node:path";
import { Consumer, Producer } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import { Sample, type SampleFields, sampleOf, sumOf } from "../sample.ts";
import { FrameReader, fillSample } from "./frames.ts";
import { startParticipant, startReadyParticipant } from "./start-participant.ts";
import { LATENCY_FRAME_BYTES } from "./transfer-sizes.ts";

const PAUSE_MS = 1;
const PATIENCE = { timeoutMs: 60_000 };

/** A pause takes as long as ten round trips without one, or more. */
const PAUSED_SHARE = 10;

/** All ways to ask and to be answered. */
export const cases: Readonly<Record<string, CaseFunction>> = { channel, socket, spawnIpc };

/** Asks question `i`; its answer is told to whoever waits for the next one. */
type Ask = (i: number) => void;

/** The answer that is waited for. */
class NextAnswer {
  #answer = Promise.withResolvers<number>();

  readonly tell = (i: number): void => this.#answer.resolve(i);

  async to(ask: Ask, i: number): Promise<number> {
    this.#answer = Promise.withResolvers<number>();
    ask(i);
    return await this.#answer.promise;
  }
}

async function channel({ sizes }: CaseContext): Promise<Figure> {
  const place = `paced-${process.pid}`;
  using producer = Producer.createNew(`${place}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${place}-pong`, { schema: Sample });
  const count = countOf(sizes);
  const participant = await startReadyParticipant("echoChannel", [place, count]);
  const figure = await medianOf(sizes, async (i) => {
    producer.send(sampleOf(i));
    const answer = await consumer.receiveAsync(PATIENCE);
    return sumOf(answer) === sumOf(sampleOf(i)) ? i : Number.NaN;
  });
  await participant.exited;
  return figure;
}

async function socket({ sizes, memoryDirectory }: CaseContext): Promise<Figure> {
  const place = join(memoryDirectory, `paced-${process.pid}`);
  const next = new NextAnswer();
  const frames = new FrameReader(LATENCY_FRAME_BYTES, (floats, at) =>
    next.tell(floats[at] as number),
  );
  const connected = Promise.withResolvers<Bun.Socket>();
  const data = (_socket: Bun.Socket, chunk: Uint8Array): void => frames.add(chunk);
  const server = Bun.listen({ unix: place, socket: { open: connected.resolve, data } });
  const participant = startParticipant("echoSocket", [place]);
  const client = await connected.promise;
  const floats = new Float64Array(LATENCY_FRAME_BYTES / 8);
  const raw = new Uint8Array(floats.buffer);
  const ask = (i: number): void => {
    fillSample(floats, 0, i);
    client.write(raw);
  };
  const figure = await medianOf(sizes, (i) => next.to(ask, i));
  server.stop(true);
  await participant.exited;
  return figure;
}

async function spawnIpc({ sizes }: CaseContext): Promise<Figure> {
  const next = new NextAnswer();
  const ready = Promise.withResolvers<void>();
  const participant = startParticipant("echoSpawnIpc", [], {
    onMessage: (message) => {
      if (message === "ready") ready.resolve();
      else next.tell((message as SampleFields).a);
    },
  });
  await ready.promise;
  const ask = (i: number): void => void participant.send(sampleOf(i));
  const figure = await medianOf(sizes, (i) => next.to(ask, i));
  participant.disconnect();
  await participant.exited;
  return figure;
}

function countOf({ roundTrips }: CaseContext["sizes"]): number {
  return roundTrips + Math.ceil(roundTrips / PAUSED_SHARE);
}

/** The median time of a round trip after a pause, which does not count. */
async function medianOf(
  sizes: CaseContext["sizes"],
  once: (i: number) => Promise<number>,
): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < countOf(sizes); i++) {
    const isPaused = i >= sizes.roundTrips;
    if (isPaused) await Bun.sleep(PAUSE_MS);
    const startedAt = Bun.nanoseconds();
    const answer = await once(i);
    if (isPaused) times.push(Bun.nanoseconds() - startedAt);
    if (answer !== i) throw new Error(`round trip ${i} brought ${answer}`);
  }
  return { value: median(times) };
}

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
import { quantile } from "../../statistics/statistics.ts";
import { Sample, type SampleFields, sampleOf, sumOf } from "../sample.ts";
import { FrameReader, fillSample } from "./frames.ts";
import { PAUSES_MS, PERCENTILES, pacedCase } from "./paced-cases.ts";
import { startParticipant, startReadyParticipant } from "./start-participant.ts";
import { LATENCY_FRAME_BYTES } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };

/** A pause takes as long as ten round trips without one, or more. */
const PAUSED_SHARE = 10;

/** Times round trips, the pauses before which are as long as is said. */
type Way = (context: CaseContext, pauseMs: number) => Promise<readonly number[]>;

const WAYS: Readonly<Record<string, Way>> = { channel, socket, spawnIpc };

/** All ways to ask and to be answered, with each pause. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  Object.entries(WAYS).flatMap(([name, way]) =>
    PAUSES_MS.flatMap((ms) => percentiles(name, way, ms)),
  ),
);

/** The percentiles of one run, by the names of their cases. */
function percentiles(name: string, way: Way, pauseMs: number): [string, CaseFunction][] {
  let times: ReturnType<Way> | undefined;
  return PERCENTILES.map((percentile) => [
    pacedCase(name, pauseMs, percentile),
    async (context): Promise<Figure> => {
      times ??= way(context, pauseMs);
      return { value: quantile(await times, percentile / 100) };
    },
  ]);
}

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

async function channel({ sizes }: CaseContext, pauseMs: number): Promise<number[]> {
  const place = `paced-${process.pid}`;
  using producer = Producer.createNew(`${place}-ping`, { schema: Sample });
  using consumer = Consumer.createNew(`${place}-pong`, { schema: Sample });
  const count = countOf(sizes);
  const participant = await startReadyParticipant("echoChannel", [place, count]);
  const times = await timesOf(sizes, pauseMs, async (i) => {
    producer.send(sampleOf(i));
    const answer = await consumer.receiveAsync(PATIENCE);
    return sumOf(answer) === sumOf(sampleOf(i)) ? i : Number.NaN;
  });
  await participant.exited;
  return times;
}

async function socket({ sizes, memoryDirectory }: CaseContext, pauseMs: number): Promise<number[]> {
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
  const times = await timesOf(sizes, pauseMs, (i) => next.to(ask, i));
  server.stop(true);
  await participant.exited;
  return times;
}

async function spawnIpc({ sizes }: CaseContext, pauseMs: number): Promise<number[]> {
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
  const times = await timesOf(sizes, pauseMs, (i) => next.to(ask, i));
  participant.disconnect();
  await participant.exited;
  return times;
}

function countOf({ roundTrips }: CaseContext["sizes"]): number {
  return roundTrips + Math.ceil(roundTrips / PAUSED_SHARE);
}

/** The times of round trips after a pause, which does not count. */
async function timesOf(
  sizes: CaseContext["sizes"],
  pauseMs: number,
  once: (i: number) => Promise<number>,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < countOf(sizes); i++) {
    const isPaused = i >= sizes.roundTrips;
    if (isPaused) await Bun.sleep(pauseMs);
    const startedAt = Bun.nanoseconds();
    const answer = await once(i);
    if (isPaused) times.push(Bun.nanoseconds() - startedAt);
    if (answer !== i) throw new Error(`round trip ${i} brought ${answer}`);
  }
  return times;
}

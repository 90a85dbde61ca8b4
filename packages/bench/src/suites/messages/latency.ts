/**
 * Latencies of a round trip on a fixed schedule: the side that answers sleeps in its event loop, the side that asks
 * listens in its own.
 *
 * @module
 */
import { constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { Consumer, Producer, Requester } from "@isthmus/ipc";
import { startWorker } from "@isthmus/programs";
import type { CaseContext, CaseFunction } from "../../runner/suite.ts";
import { Sample, type SampleFields, sampleOf } from "../sample.ts";
import { Backlog, type Sink } from "./backlog.ts";
import { FrameReader, fillSample } from "./frames.ts";
import { measureOpenLoop, questionCount } from "./open-loop.ts";
import { startParticipant, startReadyParticipant } from "./start-participant.ts";
import { LATENCY_FRAME_BYTES } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };

type OnAnswer = (i: number) => void;

/** All ways to ask and to be answered. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  channel: async (context) => {
    const place = `latency-${process.pid}`;
    using producer = Producer.createNew(`${place}-ping`, { schema: Sample });
    using consumer = Consumer.createNew(`${place}-pong`, { schema: Sample });
    await startReadyParticipant("echoChannel", [place, questionCount(context.sizes)]);
    return await measureOpenLoop(context.sizes, (onAnswer) => {
      void listen(consumer, onAnswer);
      return (i) => producer.send(sampleOf(i));
    });
  },

  request: async ({ sizes }) => {
    const name = `latency-${process.pid}`;
    using requester = Requester.createNew(name, { request: Sample, response: Sample });
    await startReadyParticipant("respond", [name, questionCount(sizes)]);
    return await measureOpenLoop(sizes, (onAnswer) => (i) => {
      void requester.request(sampleOf(i), PATIENCE).then(({ a }) => onAnswer(a));
    });
  },

  pipe: async (context) => {
    const place = placeOf(context);
    for (const end of ["ping", "pong"]) platform().makeFifo(`${place}-${end}`);
    const flags = constants.O_RDWR | constants.O_NONBLOCK;
    const outbox = openSync(`${place}-ping`, flags);
    const inbox = openSync(`${place}-pong`, flags);
    await startReadyParticipant("echoPipe", [place, questionCount(context.sizes)]);
    return await measureOpenLoop(context.sizes, (onAnswer) => {
      void listenStream(Bun.file(inbox).stream(), onAnswer);
      return framesTo((frame) => tryWrite(outbox, frame));
    });
  },

  socket: async (context) => {
    const place = placeOf(context);
    return await measureOpenLoop(context.sizes, async (onAnswer) => {
      const frames = new FrameReader(LATENCY_FRAME_BYTES, (floats, at) =>
        onAnswer(floats[at] as number),
      );
      const connected = Promise.withResolvers<Bun.Socket>();
      Bun.listen({
        unix: place,
        socket: {
          open: (socket) => connected.resolve(socket),
          data: (_socket, chunk) => frames.add(chunk),
        },
      });
      startParticipant("echoSocket", [place]);
      const socket = await connected.promise;
      return framesTo((frame) => Math.max(0, socket.write(frame)));
    });
  },

  spawnIpc: async ({ sizes }) => {
    return await measureOpenLoop(sizes, async (onAnswer) => {
      const ready = Promise.withResolvers<void>();
      const participant = startParticipant("echoSpawnIpc", [], {
        onMessage: (message) => {
          if (message === "ready") ready.resolve();
          else onAnswer((message as SampleFields).a);
        },
      });
      await ready.promise;
      return (i) => participant.send(sampleOf(i));
    });
  },

  workerMessages: async ({ sizes }) => {
    return await measureOpenLoop(sizes, async (onAnswer) => {
      const ready = Promise.withResolvers<void>();
      const worker = startWorker(import.meta.dirname, "worker.ts");
      worker.onmessage = ({ data }: MessageEvent<SampleFields | string>) => {
        if (typeof data === "string") ready.resolve();
        else onAnswer(data.a);
      };
      worker.postMessage({ role: "echo" });
      await ready.promise;
      return (i) => worker.postMessage(sampleOf(i));
    });
  },
};

function placeOf({ memoryDirectory }: CaseContext): string {
  return join(memoryDirectory, `latency-${process.pid}`);
}

async function listen(
  consumer: AsyncIterable<Readonly<SampleFields>>,
  onAnswer: OnAnswer,
): Promise<void> {
  for await (const { a } of consumer) onAnswer(a);
}

async function listenStream(stream: ReadableStream<Uint8Array>, onAnswer: OnAnswer): Promise<void> {
  const frames = new FrameReader(LATENCY_FRAME_BYTES, (floats, at) =>
    onAnswer(floats[at] as number),
  );
  for await (const chunk of stream) frames.add(chunk);
}

/** A pipe takes all of a record or nothing of it (POSIX, for up to PIPE_BUF bytes). */
function tryWrite(fd: number, frame: Uint8Array): number {
  try {
    return writeSync(fd, frame);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}

/** Asks by a record of 64 bytes. */
function framesTo(sink: Sink): (i: number) => void {
  const backlog = new Backlog(sink);
  const floats = new Float64Array(LATENCY_FRAME_BYTES / 8);
  const raw = new Uint8Array(floats.buffer);
  return (i) => {
    fillSample(floats, 0, i);
    backlog.write(raw);
  };
}

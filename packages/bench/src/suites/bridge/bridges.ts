/**
 * A bridge through a real server, beside what the client library does with each record. Both ends, who sends and who receives are in
 * one process; the server is another one, with its stream on a disk.
 *
 * @module
 */
import { type Bridge, bridge } from "@isthmus/bridge";
import { Consumer, Producer } from "@isthmus/ipc";
import { findNatsServer, NatsServer } from "@isthmus/programs/nats-server";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { Sizes } from "../../runner/sizes.ts";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { measureOpenLoop } from "../messages/open-loop.ts";
import { Sample, sampleOf } from "../sample.ts";

/** Records that are sent before others have their turn. */
const BURST = 256;
const PER_SECOND = 1000;
/** A record over a server takes ten times as long as one that stays here. */
const WARM_UP_PART = 10;
const OPTIONS = { schema: Sample, capacityBytes: 1 << 20 } as const;

/** The cases of both suites. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  channel: measureChannel,
  latency: measureLatency,
  publish: measurePublish,
  core: measureCore,
};

async function startServer(): Promise<NatsServer> {
  if (findNatsServer() === undefined) throw new SkipError("there is no nats-server");
  return await NatsServer.start();
}

/** Both ends of a bridge, and a channel before and behind it. */
async function bridged(
  stack: AsyncDisposableStack,
): Promise<{ producer: Producer<typeof Sample>; consumer: Consumer<typeof Sample> }> {
  const server = stack.use(await startServer());
  const [here, there] = [`bridge-${process.pid}`, `bridge-${process.pid}-there`];
  const producer = stack.use(Producer.createOrOpen(here, OPTIONS));
  const consumer = stack.use(Consumer.createOrOpen(there, OPTIONS));
  const begin = (role: "out" | "in", name: string): Promise<Bridge> =>
    bridge("measured", { server: server.url, role, here: name, schema: Sample });
  stack.use(await begin("out", here));
  stack.use(await begin("in", there));
  return { producer, consumer };
}

async function measureChannel(context: CaseContext): Promise<Figure> {
  await using stack = new AsyncDisposableStack();
  const { producer, consumer } = await bridged(stack);
  let next = 0;
  const run = async (count: number): Promise<void> => {
    const end = next + count;
    const sending = (async () => {
      for (let i = next; i < end; ) {
        for (const stop = Math.min(end, i + BURST); i < stop; i++) {
          await producer.sendAsync(sampleOf(i));
        }
      }
    })();
    while (next < end) {
      await consumer.pollAsync((record) => {
        if (record.a !== sampleOf(next).a) throw new Error(`record ${next} is another one`);
        next++;
      });
    }
    await sending;
  };
  const count = context.sizes.slowRecords;
  await run(count);
  const startedAt = Bun.nanoseconds();
  await run(count * 4);
  return { value: (Bun.nanoseconds() - startedAt) / (count * 4) };
}

async function measurePublish(context: CaseContext): Promise<Figure> {
  await using server = await startServer();
  await using nats = await connect({ servers: server.url });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: "MEASURED", subjects: ["measured"] });
  const client = jetstream(nats);
  const record = new Uint8Array(64);
  const run = async (count: number): Promise<void> => {
    let sent = 0;
    const publishAll = async (): Promise<void> => {
      while (sent++ < count) await client.publish("measured", record);
    };
    await Promise.all(Array.from({ length: BURST }, publishAll));
  };
  const count = Math.ceil(context.sizes.slowRecords / 4);
  await run(count);
  const startedAt = Bun.nanoseconds();
  await run(count);
  const value = (Bun.nanoseconds() - startedAt) / count;
  const { state } = await manager.streams.info("MEASURED");
  if (state.messages !== 2 * count) throw new Error(`${state.messages} messages are there`);
  return { value };
}

function pacedFrom(sizes: Sizes): Sizes {
  const roundTrips = Math.ceil(sizes.roundTrips / WARM_UP_PART);
  return { ...sizes, roundTrips, latencyPerSecond: PER_SECOND };
}

async function measureLatency({ sizes }: CaseContext): Promise<Figure> {
  await using stack = new AsyncDisposableStack();
  const { producer, consumer } = await bridged(stack);
  return await measureOpenLoop(pacedFrom(sizes), (onAnswer) => {
    let received = 0;
    void (async () => {
      for (;;) await consumer.pollAsync(() => onAnswer(received++));
    })().catch(() => {});
    return (i) => producer.send(sampleOf(i));
  });
}

async function measureCore({ sizes }: CaseContext): Promise<Figure> {
  await using server = await startServer();
  await using nats = await connect({ servers: server.url });
  return await measureOpenLoop(pacedFrom(sizes), async (onAnswer) => {
    let received = 0;
    nats.subscribe("measured", { callback: () => onAnswer(received++) });
    await nats.flush();
    const record = new Uint8Array(64);
    return () => nats.publish("measured", record);
  });
}

/**
 * Throughput against the size of a record. Every receiver copies each record into memory of its own and verifies
 * both of its ends.
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { bytes, Consumer } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { BATCH_BYTES, checkEnds, FrameReader } from "./frames.ts";
import { startParticipant } from "./start-participant.ts";
import { CHANNEL_BYTES, TRANSFER_SIZES } from "./transfer-sizes.ts";

const PATIENCE = { timeoutMs: 60_000 };

/** Every carrier with every size. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  TRANSFER_SIZES.flatMap((size): [string, CaseFunction][] => [
    [`channel-${size}`, (context) => throughChannel(context, size)],
    [`pipe-${size}`, (context) => throughPipe(context, size)],
    [`socket-${size}`, (context) => throughSocket(context, size)],
  ]),
);

/** Verifies records in their order and takes the time of those after the warm-up. */
class Transfer {
  readonly count: number;
  readonly #frameBytes: number;
  readonly #warmUp: number;
  #startedAt = 0;
  seen = 0;

  constructor({ sizes }: CaseContext, frameBytes: number) {
    const fitting = Math.floor(sizes.transferBytes / frameBytes);
    this.count = Math.max(16, Math.min(sizes.transferRecords, fitting));
    this.#frameBytes = frameBytes;
    this.#warmUp = this.count >> 2;
  }

  note(floats: Float64Array, start: number): void {
    checkEnds(floats, start, this.#frameBytes / 8, this.seen);
    if (++this.seen === this.#warmUp) this.#startedAt = Bun.nanoseconds();
  }

  /** Bytes per second; to be called when the last record has been noted. */
  figure(): Figure {
    const seconds = (Bun.nanoseconds() - this.#startedAt) / 1e9;
    return { value: ((this.count - this.#warmUp) * this.#frameBytes) / seconds };
  }
}

async function throughChannel(context: CaseContext, size: number): Promise<Figure> {
  const name = `transfer-${size}-${process.pid}`;
  const transfer = new Transfer(context, size);
  using consumer = Consumer.createNew(name, { schema: bytes, capacityBytes: CHANNEL_BYTES });
  const participant = startParticipant("channelOfSize", [name, transfer.count, size]);
  const floats = new Float64Array(size / 8);
  const copy = new Uint8Array(floats.buffer);
  const take = (record: Uint8Array): void => {
    copy.set(record);
    transfer.note(floats, 0);
  };
  take(consumer.receive(PATIENCE));
  while (transfer.seen < transfer.count) consumer.poll(take);
  const figure = transfer.figure();
  await participant.exited;
  return figure;
}

async function throughPipe(context: CaseContext, size: number): Promise<Figure> {
  const path = join(context.memoryDirectory, `transfer-${size}-${process.pid}`);
  const transfer = new Transfer(context, size);
  platform().makeFifo(path);
  const participant = startParticipant("pipeOfSize", [path, transfer.count, size]);
  const fd = openSync(path, "r");
  const frames = new FrameReader(size, (floats, start) => transfer.note(floats, start));
  const buffer = new Uint8Array(BATCH_BYTES);
  while (transfer.seen < transfer.count) frames.add(buffer.subarray(0, readSync(fd, buffer)));
  const figure = transfer.figure();
  closeSync(fd);
  await participant.exited;
  return figure;
}

async function throughSocket(context: CaseContext, size: number): Promise<Figure> {
  const path = join(context.memoryDirectory, `transfer-${size}-${process.pid}`);
  const transfer = new Transfer(context, size);
  const { promise, resolve } = Promise.withResolvers<Figure>();
  const frames = new FrameReader(size, (floats, start) => {
    transfer.note(floats, start);
    if (transfer.seen === transfer.count) resolve(transfer.figure());
  });
  const server = Bun.listen({ unix: path, socket: { data: (_socket, data) => frames.add(data) } });
  const participant = startParticipant("socketOfSize", [path, transfer.count, size]);
  const figure = await promise;
  server.stop(true);
  await participant.exited;
  return figure;
}

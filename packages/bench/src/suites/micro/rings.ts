/**
 * The byte ring by the size of a record: both sides in one process, so that only the algorithm and its copies count.
 *
 * @module
 */
import {
  ByteRingConsumer,
  ByteRingProducer,
  LANE_HEADER_BYTES,
  SharedWords,
} from "@isthmus/ipc/internal";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { measureThroughput, mustBe } from "./micro.ts";
import { RING_SIZES } from "./ring-sizes.ts";

const RING_BYTES: number = 4 << 20;

/** The ring and the two bare copies, with every size. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  RING_SIZES.flatMap((size): [string, CaseFunction][] => [
    [`ring-${size}`, (context) => throughRing(context, size)],
    [`copies-${size}`, (context) => twoCopies(context, size)],
  ]),
);

async function throughRing(context: CaseContext, size: number): Promise<Figure> {
  const memory = new Uint8Array(LANE_HEADER_BYTES + RING_BYTES);
  const words = new SharedWords(memory);
  const producer = new ByteRingProducer(words, 0, LANE_HEADER_BYTES / 4, RING_BYTES);
  const consumer = new ByteRingConsumer(words, 0, LANE_HEADER_BYTES / 4, RING_BYTES);
  const source = new Uint8Array(size).fill(7);
  const target = new Uint8Array(size);
  const record = { offset: 0, length: 0, tag: 0 };
  let tag = 0;
  let sum = 0;
  return await measureThroughput(context, size, {
    run: () => {
      const offset = producer.claim(size, ++tag & 0xffff);
      if (offset < 0) throw new Error("the ring is full");
      memory.set(source, LANE_HEADER_BYTES + offset);
      producer.commit();
      producer.publish();
      if (!consumer.take(record)) throw new Error("the ring is empty");
      const start = LANE_HEADER_BYTES + record.offset;
      target.set(memory.subarray(start, start + record.length));
      consumer.release();
      sum += record.length + (target[size - 1] as number);
      if (record.tag !== (tag & 0xffff)) throw new Error(`record ${tag} is another`);
    },
    verify: (calls) => {
      mustBe(sum, calls * (size + 7));
      mustBe(
        target.every((byte) => byte === 7),
        true,
      );
    },
  });
}

async function twoCopies(context: CaseContext, size: number): Promise<Figure> {
  const memory = new Uint8Array(RING_BYTES);
  const source = new Uint8Array(size).fill(7);
  const target = new Uint8Array(size);
  let offset = 0;
  let sum = 0;
  return await measureThroughput(context, size, {
    run: () => {
      memory.set(source, offset);
      target.set(memory.subarray(offset, offset + size));
      offset = (offset + size) % RING_BYTES;
      sum += target[size - 1] as number;
    },
    verify: (calls) => {
      mustBe(sum, calls * 7);
      mustBe(
        target.every((byte) => byte === 7),
        true,
      );
    },
  });
}

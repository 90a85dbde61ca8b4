/**
 * Records of bytes, of random lengths and with a checksum: those of `isthmus producer`.
 *
 * @module
 */
import { type BytesSchema, bytes } from "@isthmus/ipc";
import { HEADER_BYTES } from "../../transfer/record-format.ts";
import { RecordReader } from "../../transfer/record-reader.ts";
import { RecordWriter } from "../../transfer/record-writer.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Sending } from "./sending.ts";
import type { Reading, Wire } from "./wire.ts";

/** Most records are short; one in so many is long. */
const SHORT_BYTES = 200;
const LONG_BYTES = 20_000;
const ONE_IN_LONG = 30;

const reader = new RecordReader();

/** Records of 24 to 20,000 bytes. */
export const bytesWire: Wire<BytesSchema> = {
  schema: bytes,
  capacityBytes: 1 << 16,
  make,
  tear(stream, sequence, random) {
    const record = make(stream, sequence, random);
    record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
    return record;
  },
  claim({ sink, stream, random }: Sending<BytesSchema>, sequence, inside) {
    const record = make(stream, sequence, random);
    const write = (place: Uint8Array): void => {
      const half = record.length >> 1;
      place.set(record.subarray(0, half));
      inside();
      place.set(record.subarray(half), half);
    };
    sink.claim(record.length, write);
  },
  read(record, into: Reading) {
    const isWhole = reader.read(record);
    into.stream = reader.producer >>> 0;
    into.sequence = reader.sequence;
    return isWhole;
  },
};

function make(stream: number, sequence: number, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const extra = random.below(random.oneIn(ONE_IN_LONG) ? LONG_BYTES : SHORT_BYTES);
  return new RecordWriter(HEADER_BYTES + extra, stream, process.pid).data(sequence);
}

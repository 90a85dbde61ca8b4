/**
 * How records of a schema are made and checked, so that every role can work with any schema.
 *
 * @module
 */
import {
  type Batch,
  type BytesSchema,
  bytes,
  type ChannelSchema,
  type FieldType,
  f64,
  type Producer,
  type Publisher,
  type RecordCursor,
  type RecordInput,
  type StructSchema,
  struct,
  u32,
} from "@isthmus/ipc";
import { HEADER_BYTES, RecordReader, RecordWriter } from "@isthmus/programs/checked-record";
import type { SeededRandom } from "@isthmus/programs/seeded-random";

/** The stream and number of the record that was read last. */
export interface Reading {
  stream: number;
  sequence: number;
}

/** What makes and checks the records of one schema. */
export interface Wire<S extends ChannelSchema> {
  readonly schema: S;
  /** Room for the records of one sender, in bytes: so little that it is often full. */
  readonly capacityBytes: number;
  /** Makes a record. */
  make(stream: number, sequence: number, random: SeededRandom): RecordInput<S>;
  /** Makes a record whose parts do not belong together. */
  tear(stream: number, sequence: number, random: SeededRandom): RecordInput<S>;
  /** Writes a record in place; calls `inside`, which passes time, when half of it is written. */
  claim(sending: Sending<S>, sequence: number, inside: () => void): void;
  /** Reads a record or its cursor; returns whether it is whole. */
  read(record: RecordCursor<S>, into: Reading): boolean;
}

/** Where a record goes: a producer, a publisher, or a batch of either; and its stream. */
export interface Sending<S extends ChannelSchema> {
  readonly sink: Pick<Producer<S>, "claim"> | Pick<Publisher<S>, "claim"> | Batch<S>;
  readonly stream: number;
  readonly random: SeededRandom;
}

type Name = "stream" | "check" | "sequence" | "twice" | "thrice";
type Numbered = StructSchema<Readonly<Record<Name, FieldType<number>>>>;
type Fields = Record<Name, number>;

const NUMBERED: Numbered = struct({
  stream: u32,
  check: u32,
  sequence: f64,
  twice: f64,
  thrice: f64,
});

/** Records of 32 bytes. */
export const structWire: Wire<Numbered> = {
  schema: NUMBERED,
  capacityBytes: 1 << 15,
  make: (stream, sequence) => fieldsOf(stream, sequence),
  tear: (stream, sequence) => ({ ...fieldsOf(stream, sequence), thrice: 3 * sequence + 1 }),
  claim({ sink, stream }: Sending<Numbered>, sequence, inside) {
    // All sinks take the same function here; their types differ in the parameters that may follow.
    (sink as Batch<Numbered>).claim((record) => {
      const { check, twice, thrice } = fieldsOf(stream, sequence);
      record.stream = stream;
      record.check = check;
      inside();
      record.sequence = sequence;
      record.twice = twice;
      record.thrice = thrice;
    });
  },
  read({ stream, check, sequence, twice, thrice }: Readonly<Fields>, into: Reading) {
    into.stream = stream;
    into.sequence = sequence;
    return check === checkOf(stream, sequence) && twice === 2 * sequence && thrice === 3 * sequence;
  },
};

function fieldsOf(stream: number, sequence: number): Fields {
  const check = checkOf(stream, sequence);
  return { stream, check, sequence, twice: 2 * sequence, thrice: 3 * sequence };
}

function checkOf(stream: number, sequence: number): number {
  return (Math.imul(stream + 1, 0x9e37_79b1) ^ Math.imul(sequence + 1, 0x85eb_ca6b)) >>> 0;
}

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

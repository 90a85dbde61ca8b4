/**
 * Records of a struct: their number, and fields that follow from it.
 *
 * @module
 */
import { type Batch, type FieldType, f64, type StructSchema, struct, u32 } from "@isthmus/ipc";
import type { Sending } from "./sending.ts";
import type { Reading, Wire } from "./wire.ts";

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
    // All ways out take the same function here; their types differ in what may follow it.
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

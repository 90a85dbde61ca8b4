/**
 * What a mirror leaves for the next one: how far bucket and memory were the same, beside what is mirrored, in a struct that stays.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  bytes,
  type FieldType,
  removeSegment,
  SharedStruct,
  struct,
  u53,
  utf8,
} from "@isthmus/ipc";
import type { BucketState } from "./bucket.ts";

/** What it is called, behind the name of what is mirrored. */
const SUFFIX = ".mirror";

/** Room for the name of a bucket, and for the time at which it was made as servers write it. */
const BUCKET_BYTES = 256;
const CREATED_BYTES = 40;

/** Of which creation of what is mirrored it is. */
const EPOCH_BYTES = 16;

interface MemoryFields {
  readonly [name: string]: FieldType<unknown>;
  readonly epoch: FieldType<string>;
  readonly bucket: FieldType<string>;
  readonly created: FieldType<string>;
  readonly lastRevision: FieldType<number>;
  readonly mark: FieldType<Uint8Array>;
}

/** The memory of the mirrors of one name. */
export class MirrorMemory implements Disposable {
  readonly #struct: SharedStruct<MemoryFields>;
  readonly #epoch: string;
  readonly #bucket: string;

  /**
   * @param name Of what is mirrored.
   * @param epoch The random number of its creation: what was noted of another one means nothing.
   * @param bucket With which bucket.
   * @param markBytes How much more is noted.
   */
  constructor(name: string, epoch: string, bucket: string, markBytes: number) {
    const fields: MemoryFields = {
      epoch: utf8(EPOCH_BYTES),
      bucket: utf8(BUCKET_BYTES),
      created: utf8(CREATED_BYTES),
      lastRevision: u53,
      mark: bytes(markBytes),
    };
    const schema = struct(fields);
    const open = (): SharedStruct<MemoryFields> =>
      SharedStruct.createOrOpen(`${name}${SUFFIX}`, schema, { lifetime: "persistent" });
    this.#epoch = epoch;
    this.#bucket = bucket;
    try {
      this.#struct = open();
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) throw error;
      // Of something of another size, which had this name.
      removeSegment(`${name}${SUFFIX}`);
      this.#struct = open();
    }
  }

  /** What was noted; undefined when that is nothing that means anything now. */
  recall(): (BucketState & { readonly mark: Uint8Array }) | undefined {
    const { epoch, bucket, created, lastRevision, mark } = this.#struct.read();
    return epoch === this.#epoch && bucket === this.#bucket
      ? { created, lastRevision, mark }
      : undefined;
  }

  /** Notes it, all or nothing. */
  note({ created, lastRevision }: BucketState, mark: Uint8Array): void {
    this.#struct.update((noted) => {
      noted.epoch = this.#epoch;
      noted.bucket = this.#bucket;
      noted.created = created;
      noted.lastRevision = lastRevision;
      noted.mark = mark;
    });
  }

  [Symbol.dispose](): void {
    this.#struct.dispose();
  }
}

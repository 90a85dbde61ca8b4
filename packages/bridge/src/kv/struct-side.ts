/**
 * A shared struct as one end of a mirror: a bucket with one key.
 *
 * @module
 */
import { type Fields, observe, type SharedStruct, type StructInput } from "@isthmus/ipc";
import { type SchemaShape, shapeOf } from "@isthmus/ipc/internal";
import { RecordBodies } from "../record-bodies.ts";
import type { BucketState, BucketValue } from "./bucket.ts";
import type { LocalChange, LocalSide, LocalValue, Remembered } from "./local-side.ts";
import { MirrorMemory } from "./mirror-memory.ts";

/** The key of a struct's value in its bucket. */
const STRUCT_KEY = "value";
/** Bytes of a version in a mirror's memory; what both sides had in common follows, where that is kept. */
const VERSION_BYTES = 8;
const FOR_EVER = { ttlMs: Infinity, staleMs: 0 };

/** A struct, and the versions of its value. */
export class StructSide<F extends Fields> implements LocalSide {
  readonly shape: SchemaShape;
  readonly origin: string;
  readonly #struct: SharedStruct<F>;
  readonly #bodies: RecordBodies;
  readonly #bucket: string;
  #memory: MirrorMemory | undefined;
  /** The version that the memory is about, or of now. */
  #since: number;

  /** @param bucket The bucket with which it is mirrored. */
  constructor(shared: SharedStruct<F>, bucket: string) {
    this.#struct = shared;
    this.shape = shapeOf(shared.schema);
    this.origin = observe(shared.name).epoch;
    this.#bodies = new RecordBodies(this.shape);
    this.#bucket = bucket;
    this.#since = shared.version;
  }

  keys(): Iterable<string> {
    return [STRUCT_KEY];
  }

  read(key: string): LocalValue | undefined {
    if (key !== STRUCT_KEY) return undefined;
    const { version, value } = this.#struct.readVersioned();
    return {
      bytes: this.encode(value),
      stamp: String(version),
      isInitial: version === 0,
      ...FOR_EVER,
    };
  }

  async replace(
    key: string,
    expected: LocalValue | undefined,
    value: BucketValue | undefined,
  ): Promise<LocalValue | undefined | "changed"> {
    // A struct always has a value: that the bucket has none any more changes nothing here.
    if (key !== STRUCT_KEY || value === undefined || expected === undefined) return expected;
    const version = Number(expected.stamp);
    const next = this.decode(value.bytes) as StructInput<F>;
    if (!(await this.#struct.compareAndSetAsync(version, next))) return "changed";
    return { bytes: value.bytes, stamp: String(version + 1), isInitial: false, ...FOR_EVER };
  }

  decode(bytes: Uint8Array): unknown {
    return this.#bodies.decode(bytes);
  }

  encode(value: unknown): Uint8Array<ArrayBuffer> {
    return this.#bodies.encode(value);
  }

  recall(): Remembered | undefined {
    const { name, schema } = this.#struct;
    const markBytes = VERSION_BYTES + schema.size;
    this.#memory = new MirrorMemory(name, this.origin, this.#bucket, markBytes);
    const found = this.#memory.recall();
    if (found === undefined || found.mark.length < VERSION_BYTES) return undefined;
    const { created, lastRevision, mark } = found;
    this.#since = new DataView(mark.buffer, mark.byteOffset).getFloat64(0, true);
    const changed = this.#struct.version === this.#since ? [] : [STRUCT_KEY];
    const common = mark.length > VERSION_BYTES ? mark.slice(VERSION_BYTES) : undefined;
    return { created, lastRevision, changed, common };
  }

  remember(state: BucketState, common: Uint8Array | undefined): void {
    const mark = new Uint8Array(VERSION_BYTES + (common?.length ?? 0));
    new DataView(mark.buffer).setFloat64(0, this.#since, true);
    if (common !== undefined) mark.set(common, VERSION_BYTES);
    this.#memory?.note(state, mark);
  }

  async *changes(signal: AbortSignal): AsyncGenerator<LocalChange, void> {
    const changes = this.#struct.changes({ signal, since: this.#since });
    for await (const _ of changes) {
      this.#since = this.#struct.version;
      yield [STRUCT_KEY];
    }
  }

  dispose(): void {
    this.#struct.dispose();
    this.#memory?.[Symbol.dispose]();
  }
}

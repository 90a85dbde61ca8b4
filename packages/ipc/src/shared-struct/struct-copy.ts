/**
 * A handle's own copy of a shared struct: what a reader has copied out, what a writer is about to publish.
 *
 * @module
 */
import { invalidType, refuseAsync } from "@isthmus/core/internal";
import type { SegmentMemory } from "../segment/segment-memory.ts";
import type {
  Fields,
  StructCursor,
  StructInput,
  StructSchema,
  StructValue,
} from "../struct/struct-schema.ts";
import { COPY_HEADER_BYTES, copyBytes } from "./cells-layout.ts";
import { cellsOf } from "./struct-segment.ts";
import type { VersionedCells } from "./versioned-cells.ts";

const TWO_POW_32 = 2 ** 32;

/** Makes a new value out of the last one. */
export type Change<F extends Fields> = (current: StructCursor<F>) => void;

/** The copy, and the cells from which it comes and into which it goes. Whoever changes the value holds its mutex. */
export class StructCopy<F extends Fields> {
  readonly #schema: StructSchema<F>;
  readonly #cells: VersionedCells;
  readonly #own: DataView<ArrayBuffer>;
  readonly #cursor: StructCursor<F>;
  #reading: StructCursor<F> | undefined;

  constructor(memory: SegmentMemory, schema: StructSchema<F>) {
    this.#schema = schema;
    this.#own = new DataView(new ArrayBuffer(copyBytes(schema.size)));
    this.#cursor = schema.cursor(this.#own, COPY_HEADER_BYTES);
    this.#cells = cellsOf(memory, this.#own);
  }

  /** Copies the current value, without waiting for anybody. */
  copyOut(): void {
    this.#cells.read();
  }

  /** The version of the copy. */
  get version(): number {
    return this.#own.getUint32(0, true) + (this.#own.getUint32(4, true) & 0x1f_ffff) * TWO_POW_32;
  }

  /** A cursor over the copy that cannot write; made when first asked for. */
  get reading(): StructCursor<F> {
    this.#reading ??= this.#schema.cursor(this.#own, COPY_HEADER_BYTES, { access: "read" });
    return this.#reading;
  }

  /** The copy as a value. */
  decode(): StructValue<F> {
    return this.#schema.decode(this.#own, COPY_HEADER_BYTES);
  }

  /** Changes the current value and publishes what it becomes; nothing when the change throws. Returns its version. */
  change(change: Change<F>): number {
    if (typeof change !== "function") throw invalidType("change", "a function", change);
    this.#cells.read();
    const version = this.version + 1;
    refuseAsync<unknown>(change(this.#cursor), "change");
    this.#own.setUint32(0, version % TWO_POW_32, true);
    this.#own.setUint32(4, Math.floor(version / TWO_POW_32), true);
    this.#cells.publish();
    return version;
  }

  /** The same if the value still has a certain version; returns whether. */
  changeIf(version: number, change: StructInput<F> | Change<F>): boolean {
    this.#cells.read();
    if (this.version !== version) return false;
    if (typeof change === "function") this.change(change);
    else this.change(() => this.#schema.encode(this.#own, COPY_HEADER_BYTES, change));
    return true;
  }
}

/**
 * A segment whose lanes are rings of records: what channels and topics have in common.
 *
 * @module
 */

import type { OpenVerb } from "../segment/segment.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import { LanedSegment, type LanedSpec } from "./laned-segment.ts";
import { DATA_CELL, SPACE_CELL } from "./record-layout.ts";
import type { SchemaShape } from "./record-schema.ts";

/** The sizes of a segment of records. */
export interface RecordGeometry {
  readonly laneCount: number;
  /** Bytes of one lane's ring. */
  readonly ringBytes: number;
  /** Distance of two records of one size in bytes; 0 for records of any size. */
  readonly slotBytes: number;
  readonly recordBytes: number;
  readonly laneBytes: number;
  /** Bytes of the time with every record: 8 or 0. */
  readonly timestampBytes: number;
}

/** A segment of records that this process has joined. */
export abstract class RecordSegment extends LanedSegment {
  abstract readonly shape: SchemaShape;
  abstract readonly geometry: RecordGeometry;
  /** Woken when there are records. */
  readonly data: WaitCell;
  /** Woken when there may be room. */
  readonly space: WaitCell;

  /** See `LanedSegment`. */
  constructor(verb: OpenVerb, spec: LanedSpec) {
    super(verb, spec);
    this.data = this.segment.cell(DATA_CELL);
    this.space = this.segment.cell(SPACE_CELL);
  }

  /** Where a lane's ring begins, in bytes from the start of the segment. */
  ringOffset(lane: number): number {
    return this.laneMemoryOffset(lane);
  }

  /** The bytes of a lane's ring, of which records are handed out in place. */
  ringOf(lane: number): Uint8Array<ArrayBuffer> {
    return this.segment.memory.mapping.bytesApart(this.ringOffset(lane), this.geometry.ringBytes);
  }
}

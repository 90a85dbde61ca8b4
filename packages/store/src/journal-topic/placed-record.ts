/**
 * A record where it lies.
 *
 * @module
 */
import type { RecordMemory } from "@isthmus/ipc/internal";

/** A record that has been found whole, in private memory. */
export interface PlacedRecord {
  readonly sequence: number;
  /** When it was appended, in milliseconds since 1970. */
  readonly time: number;
  readonly memory: RecordMemory;
  /** Where in the memory its payload begins, and its length. */
  readonly payloadAt: number;
  readonly payloadBytes: number;
}

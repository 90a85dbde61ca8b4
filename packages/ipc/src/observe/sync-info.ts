/**
 * What an observer sees of a semaphore, an event and a struct.
 *
 * @module
 */
import type { ParticipantInfo } from "./segment-info.ts";

/** Units that somebody has. */
export interface PermitsInfo {
  readonly participant: ParticipantInfo;
  readonly permits: number;
}

/** A semaphore at one moment. */
export interface SemaphoreInfo {
  /** The most permits there can be. */
  readonly max: number;
  /** Units that can be taken. */
  readonly available: number;
  /** Whether the permits of a holder that dies come back, so that it is known who has them. */
  readonly returnsOnDeath: boolean;
  /** Who has permits. Empty where that is not kept. */
  readonly held: readonly PermitsInfo[];
}

/** An event at one moment. */
export interface EventInfo {
  readonly reset: "auto" | "manual";
  readonly isSet: boolean;
  /** How often it has been set, modulo 2^31. */
  readonly setCount: number;
}

/** A shared struct at one moment. For its value see `observeStruct`. */
export interface StructInfo {
  /** The version of the current value: 0 at first, 1 more with every update. */
  readonly version: number;
  /** The most bytes that its record can have. */
  readonly recordBytesMax: number;
}

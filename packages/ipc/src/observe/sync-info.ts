/**
 * What an observer sees of a semaphore, an event and a struct.
 *
 * @module
 */
import type { Figures } from "../figures/figure.ts";
import type { STRUCT_FIGURES } from "../shared-struct/struct-figures.ts";
import type { EVENT_FIGURES, SEMAPHORE_FIGURES } from "../sync/sync-figures.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** Permits that somebody has. */
export interface PermitsInfo extends Figures<typeof SEMAPHORE_FIGURES.held> {
  readonly participant: ParticipantInfo;
}

/** A semaphore at one moment. */
export interface SemaphoreInfo extends Figures<typeof SEMAPHORE_FIGURES.segment> {
  /** Who has permits. Empty where that is not kept. */
  readonly held: readonly PermitsInfo[];
}

/** An event at one moment. */
export interface EventInfo extends Figures<typeof EVENT_FIGURES.segment> {
  readonly reset: "auto" | "manual";
}

/** A shared struct at one moment. For its value see `observeStruct`. */
export interface StructInfo extends Figures<typeof STRUCT_FIGURES.segment> {}

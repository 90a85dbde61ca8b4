/**
 * What the server says first on every stream.
 *
 * @module
 */
import type { DemonstrationState } from "./demonstration-state.ts";

/** The header that carries the token of {@link Hello} on every `POST`. */
export const TOKEN_HEADER = "x-isthmus-token";

/** What a figure is. */
export interface FigureWords {
  /** The kind of segment that has it; `lock` for a mutex, `segment` for wait cells. */
  readonly kind: string;
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit: string;
  /** What it says, as a sentence. */
  readonly help: string;
}

/** Who serves, and what a page needs to know to talk to it. */
export interface Hello {
  /** Another one means that the server was started anew: what a page knows of the old one is history. */
  readonly boot: string;
  readonly version: string;
  readonly bun: string;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly interval_ms: number;
  /** What a person types to run `isthmus` where the server was started. */
  readonly command_name: string;
  /** Where named memory lives. */
  readonly directory: string;
  /** What each figure of a frame is, by its name there, in the order in which they are shown. */
  readonly figures: Readonly<Record<string, FigureWords>>;
  /** Must come with every `POST`; other origins cannot read it. */
  readonly token: string;
  readonly demonstration: DemonstrationState;
}

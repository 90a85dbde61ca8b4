/**
 * What the server says first on every stream.
 *
 * @module
 */
import type { DemonstrationState } from "./demonstration-state.ts";

/** The header that carries the token of {@link Hello} on every `POST`. */
export const TOKEN_HEADER = "x-isthmus-token";

/** Who serves, and what a page needs to know to talk to it. */
export interface Hello {
  /** Another one means that the server was started anew: what a page knows of the old one is history. */
  readonly boot: string;
  readonly version: string;
  readonly bun: string;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly interval_ms: number;
  /** Where named memory lives. */
  readonly directory: string;
  /** Must come with every `POST`; other origins cannot read it. */
  readonly token: string;
  readonly demonstration: DemonstrationState;
}

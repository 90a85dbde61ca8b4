/**
 * The flags that every command has.
 *
 * @module
 */

/** The values of {@link COMMON_FLAGS}. */
export interface CommonFlags {
  /** Print data for programs: one JSON object per line. */
  readonly json: boolean;
  /**
   * Never colour. Read from the raw arguments by `run.ts`, because it also concerns usage errors.
   */
  readonly noColor?: boolean;
}

/** stricli's definition of {@link CommonFlags}, to be spread into a command's `flags`. */
export const COMMON_FLAGS = {
  json: {
    kind: "boolean",
    brief: "Print one JSON object per line instead of text",
    default: false,
    withNegated: false,
  },
  noColor: {
    kind: "boolean",
    brief: "Never print colours (also: NO_COLOR=1)",
    optional: true,
    withNegated: false,
  },
} as const;

/** stricli's definition of `quiet`, for commands that show their progress. */
export const QUIET_FLAG = {
  kind: "boolean",
  brief: "Show no progress on stderr",
  default: false,
  withNegated: false,
} as const;

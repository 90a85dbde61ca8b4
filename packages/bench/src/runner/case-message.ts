/**
 * What a measuring process tells the command, one line of JSON each.
 *
 * @module
 */

/** The outcome of one case in one round. */
export type CaseMessage = {
  /** Name of the case. */
  readonly name: string;
} & (
  | {
      readonly value: number;
      /** Bytes of a histogram, base64. */
      readonly histogram?: string;
      readonly peakGrowthBytes?: number;
    }
  | { readonly skipped: string }
  | { readonly failed: string }
);

/** Begins every line that is a message: what else appears on stdout belongs to a library. */
const MESSAGE_PREFIX = "isthmus-bench ";

/** Writes a message as a line. */
export function encodeMessage(message: CaseMessage): string {
  return `${MESSAGE_PREFIX}${JSON.stringify(message)}\n`;
}

/** The messages among the lines of a process. */
export function decodeMessages(output: string): CaseMessage[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith(MESSAGE_PREFIX))
    .map((line) => JSON.parse(line.slice(MESSAGE_PREFIX.length)) as CaseMessage);
}

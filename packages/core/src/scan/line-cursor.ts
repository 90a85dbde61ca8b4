/**
 * What is said of a line. A file of its own, because users' compilers read it: those for ES2023 know no class `Iterator`.
 *
 * @module
 */

/** One line, and where it is. It is the same object for every line: what it tells holds until the next one is asked for. */
export interface LineCursor {
  /** What holds the line, and others beside it. */
  readonly bytes: Uint8Array;
  /** Index in `bytes` of its first byte. */
  readonly start: number;
  /** Index in `bytes` of its line feed, or of the end; a "\r" before it belongs to the line. */
  readonly end: number;
  /** Where it begins in the map, in bytes. */
  readonly offset: number;
  /** The line as text, decoded from UTF-8, without "\r". */
  text(): string;
}

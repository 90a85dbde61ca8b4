/**
 * Looking at a work queue's dead letters from outside.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { checkInteger, checkOptions, type OptionNames, SECTION } from "@isthmus/core/internal";
import { KIND, QUEUE } from "../queue/queue-layout.ts";
import { readSchema } from "../struct/schema-reading.ts";
import type { OpenedSegment } from "./describe-segment.ts";
import { lookAtSegment } from "./observe.ts";
import { type CellFacts, CellReader, QUEUE_HEADER_BYTES, readQueueSizes } from "./queue-state.ts";
import { decodeRecord } from "./record-value.ts";
import { readState, type StateBytes } from "./state-bytes.ts";

/** A dead letter as an observer sees it. */
export interface DeadLetterInfo {
  /** Number of the job. */
  readonly id: number;
  /** How often it was taken before it became one. */
  readonly attempts: number;
  readonly priority: number;
  /** Why it came back the last time; see `Job.lastError`. */
  readonly lastError: string | undefined;
  /** Length of its record in bytes. */
  readonly lengthBytes: number;
  /** A copy of its record, from the beginning; all of it, unless it is longer than was asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The job; undefined for bytes, for a record that was cut off, and when its schema is not known. */
  readonly value: unknown;
}

/** How to look. */
export interface ObserveDeadLettersOptions {
  /** How many at most. Default 100. */
  readonly limit?: number | undefined;
  /** How many bytes of a record to copy at most. Default 64 KiB. */
  readonly maxBytes?: number | undefined;
}

const OPTIONS: OptionNames<ObserveDeadLettersOptions> = { limit: true, maxBytes: true };

const DEFAULT_BYTES_MAX: number = 64 * 1024;

/** How often to look again when the list has changed meanwhile. */
const LOOKS_MAX = 8;

/**
 * Reads the dead letters of a work queue, the first one first, without joining it: nothing is taken, and nobody waits.
 *
 * @param name The queue's name.
 * @param options How to look.
 * @throws {SystemError} `ENOENT` when there is no such name; `EACCES`, `ELOOP`, … when it cannot be opened.
 * @throws {CorruptSegmentError} When the file is not a segment of this version, or is something else than a queue.
 *
 * @example
 * ```ts
 * import { json, observeDeadLetters, WorkQueue } from "@isthmus/ipc";
 *
 * using queue = WorkQueue.createNew("looked-at-letters", { schema: json, maxAttempts: 1 });
 * queue.add({ path: "one.png" });
 * queue.tryTake()?.fail("no such file");
 * const [letter] = observeDeadLetters("looked-at-letters");
 * console.log(letter?.value, letter?.lastError); // { path: "one.png" } no such file
 * ```
 */
export function observeDeadLetters(
  name: string,
  options?: ObserveDeadLettersOptions,
): DeadLetterInfo[] {
  const { limit = 100, maxBytes = DEFAULT_BYTES_MAX } = checkOptions("options", options, OPTIONS);
  checkInteger("options.limit", limit, 0);
  checkInteger("options.maxBytes", maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return lookAtSegment(name, (opened) => readLetters(opened, name, limit, maxBytes));
}

function readLetters(
  { identity, reader }: OpenedSegment,
  name: string,
  limit: number,
  maxBytes: number,
): DeadLetterInfo[] {
  const { kind, fingerprint } = identity;
  if (kind !== "queue") {
    throw new CorruptSegmentError(
      `Cannot observe "${name}": its kind must be queue: found ${kind}`,
    );
  }
  const header = (): StateBytes => readState({ reader, name }, QUEUE_HEADER_BYTES);
  const sizes = readQueueSizes(header(), reader.lengthOf(SECTION.state));
  const cells = new CellReader((...part) => reader.peek(SECTION.state, ...part), sizes);
  const { record: struct } = readSchema({ kind, fingerprint, reader });
  const decoded = (lengthBytes: number, bytes: Uint8Array<ArrayBuffer>): unknown => {
    try {
      return decodeRecord({ lengthBytes, bytes }, sizes.mode, struct);
    } catch (error) {
      if (error instanceof CorruptSegmentError) return undefined;
      throw error;
    }
  };
  const describe = (link: number, cell: CellFacts): DeadLetterInfo => {
    const { id, attempts, priority, lengthBytes } = cell;
    const bytes = cells.record(link, cell, maxBytes) ?? new Uint8Array();
    const facts = { id, attempts, priority, lengthBytes, bytes };
    return { ...facts, lastError: cells.errorText(cell), value: decoded(lengthBytes, bytes) };
  };
  for (let look = 1; ; look++) {
    const letters: DeadLetterInfo[] = [];
    let link = header().word(QUEUE.deadFirst);
    while (link !== 0 && letters.length < Math.min(limit, sizes.cellCount)) {
      const cell = cells.facts(link);
      if (cell?.kind !== KIND.dead) break;
      const letter = describe(link, cell);
      // Nothing of it was tried anew, or dropped, before all of it was copied.
      const after = cells.facts(link);
      if (after?.kind !== KIND.dead || after.id !== cell.id) break;
      letters.push(letter);
      link = cell.next;
    }
    const isComplete = link === 0 || letters.length >= limit;
    if (isComplete || look === LOOKS_MAX) return letters;
  }
}

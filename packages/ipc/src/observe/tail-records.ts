/**
 * Following records in the event loop.
 *
 * @module
 */
import {
  checkNumber,
  checkOptions,
  invalidType,
  isTurnDue,
  type OptionNames,
  takeTurn,
} from "@isthmus/core/internal";
import { pause } from "../wait/pause.ts";
import { checkSignal } from "../wait/wait-for.ts";
import type { TailedRecord } from "./lane-tail.ts";
import { RecordTail, type TailOptions } from "./record-tail.ts";

/** How to follow. */
export interface FollowOptions extends TailOptions {
  /** How long to pause when nothing has passed, in milliseconds. Default 20. */
  readonly intervalMs?: number | undefined;
  /** Ends it, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
  /** Is told, in what positions count, when records have passed too fast to be copied. */
  readonly onMissed?: ((missed: number) => void) | undefined;
}

const FOLLOW_OPTIONS: OptionNames<FollowOptions> = {
  from: true,
  maxBytes: true,
  intervalMs: true,
  signal: true,
  onMissed: true,
};

const DEFAULT_INTERVAL_MS = 20;
const INTERVAL_MS_MAX = 60_000;

/**
 * Gives the records of a channel, topic, service or queue as they pass, without disturbing: see {@link RecordTail}. Who only looks cannot be
 * woken by those who send, so that it has to look now and then.
 *
 * It begins with the first record that is asked for, and ends when the name no longer leads to this segment and
 * nothing is left in it.
 *
 * @param name The segment's name.
 * @param options What to follow, and how.
 * @throws {SystemError} With the first record: `ENOENT` when there is no such name, and as {@link RecordTail} does.
 *
 * @example The next record
 * ```ts
 * import { json, Producer, tailRecords } from "@isthmus/ipc";
 *
 * using producer = Producer.createOrOpen("followed-channel", { schema: json });
 * producer.send({ id: 1 });
 * for await (const { bytes } of tailRecords("followed-channel", { from: "held" })) {
 *   console.log(new TextDecoder().decode(bytes)); // {"id":1}
 *   break;
 * }
 * ```
 */
export function tailRecords(
  name: string,
  options?: FollowOptions,
): AsyncGenerator<TailedRecord, void> {
  const {
    intervalMs = DEFAULT_INTERVAL_MS,
    onMissed,
    signal,
    ...tail
  } = checkOptions("options", options, FOLLOW_OPTIONS);
  checkNumber("options.intervalMs", intervalMs, 1, INTERVAL_MS_MAX);
  checkSignal(signal);
  if (onMissed !== undefined && typeof onMissed !== "function") {
    throw invalidType("options.onMissed", "a function", onMissed);
  }
  // Opened with the first record: a generator that is never begun is never ended either.
  return follow(() => new RecordTail(name, tail), intervalMs, signal, onMissed);
}

async function* follow(
  open: () => RecordTail,
  intervalMs: number,
  signal: AbortSignal | undefined,
  onMissed: ((missed: number) => void) | undefined,
): AsyncGenerator<TailedRecord, void> {
  signal?.throwIfAborted();
  using tail = open();
  const records: TailedRecord[] = [];
  let missed = 0;
  for (;;) {
    signal?.throwIfAborted();
    // Asked first: what was published before the name went is polled after it.
    const { isCurrent } = tail;
    records.length = 0;
    tail.poll((record) => records.push(record));
    if (tail.missed > missed) {
      onMissed?.(tail.missed - missed);
      missed = tail.missed;
    }
    for (const record of records) {
      yield record;
      if (!isTurnDue()) continue;
      await takeTurn();
      signal?.throwIfAborted();
    }
    if (records.length > 0) continue;
    if (!isCurrent) return;
    await pause(intervalMs, signal);
  }
}

/**
 * A scan of a file by several threads.
 *
 * ```text
 *   file     │ piece 0 │ piece 1 │ piece 2 │ …      cut behind line feeds, where lines matter
 *   Workers      A         B         A              each is given the mapping of its piece, and gives it back
 *   result     0   ──────►  1  ──────►  2           put together in the file's order
 * ```
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { platform } from "../../native/platform.ts";
import {
  checkInteger,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "../../validate.ts";
import type { ViewSource } from "../../view.ts";
import { indexOf } from "../search.ts";
import { type Crew, type Piece, runHere, soloCrew, workerCrew } from "./crew.ts";
import { longText } from "./long-text.ts";
import { mergerOf } from "./merge.ts";
import { beginWork, type NeedleFound, type Task } from "./piece-work.ts";
import type { ScanJob } from "./scan-jobs.ts";
import { workPlan } from "./work-plan.ts";

/** How far a scan is. */
export interface ScanProgress {
  /** Bytes that are done. */
  readonly doneBytes: number;
  /** Bytes in all. */
  readonly totalBytes: number;
}

/** How a scan is done. */
export interface ScanOptions {
  /**
   * How many threads at most, 1 to 1024. With 1, and for files that are too small to be worth a thread, the calling
   * thread does it all, and its event loop turns now and then. Default: as many as the process has CPUs.
   */
  readonly workers?: number | undefined;
  /** Ends the scan early. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every few MiB, in the file's order. */
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
}

/** The sizes that decide how a scan is divided, in bytes; tests have their own. */
export interface ScanSizes {
  /** What one thread does at a time. */
  readonly pieceBytes: number;
  /** How much a thread must have to do. */
  readonly workerBytesMin: number;
}

const LINE_FEED = 0x0a;
const SIZES: ScanSizes = { pieceBytes: 8 << 20, workerBytesMin: 16 << 20 };
const WORKERS_MAX = 1024;
/** The longest piece that is looked at as a whole. */
const PIECE_BYTES_MAX = 2 ** 30;

const SCAN_OPTIONS: OptionNames<ScanOptions> = { workers: true, signal: true, onProgress: true };

/** Does a job; see `MemoryMappedFile.scan`. */
export async function scan<Result>(
  source: ViewSource,
  job: ScanJob<Result>,
  options?: ScanOptions,
  { pieceBytes, workerBytesMin }: ScanSizes = SIZES,
): Promise<Result> {
  const { task } = checkJob(job);
  const checked = checkOptions("options", options, SCAN_OPTIONS);
  const { workers = availableParallelism(), signal, onProgress } = checked;
  checkInteger("workers", workers, 1, WORKERS_MAX);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType("signal", "an AbortSignal", signal);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidType("onProgress", "a function", onProgress);
  }
  signal?.throwIfAborted();
  const { backing, capacity: totalBytes } = source;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const onAbort = (): void => stopped.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  backing.retain();
  try {
    const plan = workPlan(task);
    const threads = Math.min(workers, Math.floor(totalBytes / workerBytesMin));
    // Without buffers that own their memory, a Worker's could outlive it.
    const isSolo = threads < 2 || platform().ownedBuffer === undefined;
    using crew: Crew = isSolo
      ? soloCrew(source, plan)
      : workerCrew(source, plan, threads, stopped.reject);
    const merger = mergerOf(task);
    const take = async ({ piece, found }: UnderWay): Promise<void> => {
      await merger.add(await Promise.race([found, stopped.promise]), (needle, limit, from) =>
        findAgain(source, { kind: "find", needles: [needle], limit }, { ...piece, from }),
      );
      signal?.throwIfAborted();
      onProgress?.({ doneBytes: piece.to, totalBytes });
    };
    const queue: UnderWay[] = [];
    for (const piece of pieces(source, task, pieceBytes)) {
      const found = findIn(source, task, crew, piece);
      // Whoever waits for an earlier piece must not miss it.
      found.catch(() => undefined);
      queue.push({ piece, found });
      if (queue.length >= crew.depth) await take(queue.shift() as UnderWay);
    }
    for (const underWay of queue) await take(underWay);
    const kept = await Promise.race([crew.finish(), stopped.promise]);
    return (await merger.finish(kept, totalBytes)) as Result;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    backing.release();
  }
}

interface UnderWay {
  readonly piece: Piece;
  readonly found: Promise<unknown>;
}

function checkJob<Result>(job: ScanJob<Result>): ScanJob<Result> {
  if (typeof job?.task?.kind === "string") return job;
  throw invalidType("job", "a job of scanJobs", job);
}

async function findIn(source: ViewSource, task: Task, crew: Crew, piece: Piece): Promise<unknown> {
  const length = piece.to - piece.from;
  if (length <= PIECE_BYTES_MAX) return crew.run(piece);
  if (task.kind === "text") return longText(source, piece);
  const expected = `<= ${PIECE_BYTES_MAX} bytes`;
  throw outOfRange(`length of the line at byte ${piece.from}`, expected, length);
}

/** The needle again, where a match from the piece before reaches in. */
async function findAgain(source: ViewSource, task: Task, piece: Piece): Promise<NeedleFound> {
  if (piece.from >= piece.to) return { count: 0, first: -1, offsets: [], end: 0 };
  const work = beginWork(workPlan(task));
  const [found] = (await runHere(source, work, piece)) as NeedleFound[];
  return found as NeedleFound;
}

/** Cuts a map: anywhere for bytes and needles, behind a line feed for what looks at lines. */
function* pieces(source: ViewSource, task: Task, pieceBytes: number): Generator<Piece, void> {
  const { capacity } = source;
  const isByLines = looksAtLines(task);
  const overlap = overlapOf(task);
  for (let from = 0, to = 0; from < capacity; from = to) {
    to = Math.min(from + pieceBytes, capacity);
    if (isByLines && to < capacity) {
      const found = indexOf(source, LINE_FEED, to - 1);
      to = found < 0 ? capacity : found + 1;
    }
    yield { from, to, reach: Math.min(to + overlap, capacity) };
  }
}

function looksAtLines(task: Task): boolean {
  if (task.kind === "all") return task.tasks.some(looksAtLines);
  return task.kind === "text" || task.kind === "topValues" || task.kind === "module";
}

function overlapOf(task: Task): number {
  if (task.kind === "all") return Math.max(0, ...task.tasks.map(overlapOf));
  if (task.kind === "count") return task.needle.length - 1;
  if (task.kind !== "find") return 0;
  return Math.max(...task.needles.map(({ length }) => length)) - 1;
}

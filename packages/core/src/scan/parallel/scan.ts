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
import { READ_WINDOW_BYTES, SCAN_WINDOW_BYTES } from "../windows.ts";
import {
  type Crew,
  type MappedPiece,
  mapPiece,
  type Piece,
  runHere,
  soloCrew,
  workerCrew,
} from "./crew.ts";
import { longText } from "./long-text.ts";
import { type FindTask, mergerOf, NeedleTotal } from "./merge.ts";
import { beginWork, type NeedleFound, type Task, type WorkPlan } from "./piece-work.ts";
import { checkJob, type ScanJob } from "./scan-jobs.ts";
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
   * thread does it all, and its event loop turns now and then. Default: as many as the process has CPUs. Threads that
   * ran no module wait 10 seconds for the next scan; they do not hold back the end of the process.
   */
  readonly workers?: number | undefined;
  /** Ends the scan early. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each piece of 8 to 64 MiB, in the file's order. */
  readonly onProgress?: ((progress: ScanProgress) => void) | undefined;
}

/** The sizes that decide how a scan is divided, in bytes; tests have their own. */
export interface ScanSizes {
  /** What one thread does at a time. */
  readonly pieceBytes: number;
  /** The most that a Worker does at a time of what is in the page cache and only read: to hand over a piece takes time. */
  readonly readBytesMax: number;
  /** How much a thread must have to do. */
  readonly workerBytesMin: number;
  /** The longest piece that is looked at as a whole. */
  readonly pieceBytesMax: number;
}

const LINE_FEED = 0x0a;
const SIZES: ScanSizes = {
  pieceBytes: 8 << 20,
  readBytesMax: READ_WINDOW_BYTES,
  workerBytesMin: 16 << 20,
  pieceBytesMax: 2 ** 30,
};
const WORKERS_MAX = 1024;
/** Errors that tell of a line which is too long for a piece. */
const TOO_LONG = new WeakSet<Error>();

const SCAN_OPTIONS: OptionNames<ScanOptions> = { workers: true, signal: true, onProgress: true };

/** Does a job; see `MemoryMappedFile.scan`. */
export async function scan<Result>(
  source: ViewSource,
  job: ScanJob<Result>,
  options?: ScanOptions,
  sizes: ScanSizes = SIZES,
): Promise<Result> {
  const { task } = checkJob("job", job);
  const checked = checkScanOptions(options);
  checked.signal?.throwIfAborted();
  source.backing.retain();
  try {
    return (await scanPieces(source, task, checked, sizes)) as Result;
  } catch (error) {
    if (task.kind !== "text" || !TOO_LONG.has(error as Error)) throw error;
    const { histogram, ...counts } = await longText(source, checked);
    return (task.histogram ? { ...counts, histogram } : counts) as Result;
  } finally {
    source.backing.release();
  }
}

async function scanPieces(
  source: ViewSource,
  task: Task,
  { workers = availableParallelism(), signal, onProgress }: ScanOptions,
  sizes: ScanSizes,
): Promise<unknown> {
  const { capacity: totalBytes } = source;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const onAbort = (): void => stopped.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const plan = workPlan(task);
    const threads = Math.min(workers, Math.floor(totalBytes / sizes.workerBytesMin));
    // Without buffers that own their memory, a Worker's could outlive it.
    const isSolo = threads < 2 || platform().ownedBuffer === undefined;
    using crew: Crew = isSolo
      ? soloCrew(source, plan)
      : workerCrew(source, plan, threads, stopped.reject);
    const merger = mergerOf(task);
    const take = async ({ piece, found }: UnderWay): Promise<void> => {
      await merger.add(await Promise.race([found, stopped.promise]), (again, from) =>
        findAgain(source, again, { ...piece, from }, { signal, sizes }),
      );
      signal?.throwIfAborted();
      onProgress?.({ doneBytes: piece.to, totalBytes });
    };
    const queue: UnderWay[] = [];
    const cut = { task, sizes, signal, readers: !isSolo && onlyReads(plan) ? threads : 0 };
    for await (const piece of pieces(source, cut)) {
      const found = crew.run(piece);
      // Whoever waits for an earlier piece must not miss it.
      found.catch(() => undefined);
      queue.push({ piece, found });
      if (queue.length >= crew.depth) await take(queue.shift() as UnderWay);
    }
    for (const underWay of queue) await take(underWay);
    const kept = await Promise.race([crew.finish(), stopped.promise]);
    return merger.finish(kept, totalBytes);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function checkScanOptions(options: ScanOptions | undefined): ScanOptions {
  const checked = checkOptions("options", options, SCAN_OPTIONS);
  const { workers = 1, signal, onProgress } = checked;
  checkInteger("workers", workers, 1, WORKERS_MAX);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType("signal", "an AbortSignal", signal);
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidType("onProgress", "a function", onProgress);
  }
  return checked;
}

interface UnderWay {
  readonly piece: Piece;
  readonly found: Promise<unknown>;
}

/** The needle again, where a match from the piece before reaches in: bit by bit, for the event loop of the calling thread goes on. */
async function findAgain(
  source: ViewSource,
  task: FindTask,
  { from, to, reach }: Piece,
  { signal, sizes }: { readonly signal: AbortSignal | undefined; readonly sizes: ScanSizes },
): Promise<NeedleFound> {
  const work = beginWork(workPlan(task));
  const total = new NeedleTotal();
  for (let at = from; at < to; ) {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const end = Math.min(at + sizes.pieceBytes, to);
    const part = { from: at, to: end, reach: Math.min(end + overlapOf(task), reach) };
    const [found] = (await runHere(source, work, mapPiece(source, part))) as [NeedleFound];
    total.add(found, task.limit);
    at = Math.max(end, total.end);
  }
  return total;
}

/** How a map is cut. */
interface Cut {
  readonly task: Task;
  readonly sizes: ScanSizes;
  readonly signal: AbortSignal | undefined;
  /** How many Workers only read the pieces; 0 when they are looked at where they are mapped. */
  readonly readers: number;
}

/** Cuts a map: anywhere for bytes and needles, behind a line feed for what looks at lines. */
async function* pieces(
  source: ViewSource,
  { task, sizes, signal, readers }: Cut,
): AsyncGenerator<MappedPiece, void> {
  const { capacity } = source;
  const isByLines = looksAtLines(task);
  const overlap = overlapOf(task);
  let mustMapUntil = readers > 0 ? 0 : capacity;
  for (let from = 0, to = 0; from < capacity; from = to) {
    const isLong = from >= mustMapUntil;
    const size = isLong ? readBytes(capacity - from, readers, sizes) : sizes.pieceBytes;
    to = Math.min(from + size, capacity);
    if (isByLines && to < capacity) {
      for await (const end of lineEnd(source, from, to - 1, sizes.pieceBytesMax)) {
        signal?.throwIfAborted();
        to = end;
      }
    }
    signal?.throwIfAborted();
    const piece = mapPiece(source, { from, to, reach: Math.min(to + overlap, capacity) });
    if (isLong && piece.place === undefined) {
      piece.mapping.dispose();
      mustMapUntil = to;
      to = from;
    } else yield piece;
  }
}

/** The less is left, the shorter are the pieces, so that all Workers end at about the same time. */
function readBytes(leftBytes: number, readers: number, sizes: ScanSizes): number {
  const share = Math.floor(leftBytes / (2 * readers));
  return Math.max(sizes.pieceBytes, Math.min(share, sizes.readBytesMax));
}

/** Whether all that a Worker does to a piece is to copy it into memory of its own. */
function onlyReads({ work, needles, parts = [] }: WorkPlan): boolean {
  if (work === "all") return parts.every(onlyReads);
  return work === "kernel" || (work === "find" && needles?.rest.length === 0);
}

/**
 * Looks for the end of the line that holds a byte, window by window; the last yielded is where it ends, with its line
 * feed.
 *
 * @param start Where the piece begins.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when the piece would become too long.
 */
async function* lineEnd(
  source: ViewSource,
  start: number,
  at: number,
  bytesMax: number,
): AsyncGenerator<number, void> {
  const { capacity } = source;
  for (let from = at, to = at; to < capacity; from = to) {
    to = Math.min(from + SCAN_WINDOW_BYTES, start + bytesMax + 1, capacity);
    const found = indexOf(source, LINE_FEED, { offset: from, length: to - from });
    const end = found < 0 ? to : found + 1;
    if (end - start > bytesMax) throw tooLong(start, bytesMax);
    yield end;
    if (found >= 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function tooLong(start: number, bytesMax: number): RangeError {
  const name = `length of the line at byte ${start}`;
  const error = outOfRange(name, `<= ${bytesMax} bytes`, "more");
  TOO_LONG.add(error);
  return error;
}

function looksAtLines(task: Task): boolean {
  if (task.kind === "all") return task.tasks.some(looksAtLines);
  return task.kind === "text" || task.kind === "topValues" || task.kind === "module";
}

function overlapOf(task: Task): number {
  if (task.kind === "all") return Math.max(0, ...task.tasks.map(overlapOf));
  if (task.kind === "count") return task.needle.length - 1;
  if (task.kind !== "find") return 0;
  // Not by one call: there may be more needles than it takes arguments.
  return task.needles.reduce((most, { length }) => Math.max(most, length), 1) - 1;
}

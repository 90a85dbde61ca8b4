/**
 * A file that grows, line by line, also over truncation and rotation.
 *
 * What the system tells of a directory is a hint and no more: after each the file is read to its end, and whether the name
 * still leads to it is looked up. So nothing hangs on which event it was, or on how many were merged into one.
 *
 * @module
 */
import {
  closeSync,
  type FSWatcher,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  watch,
} from "node:fs";
import { dirname } from "node:path";
import { fromNodeError } from "../native/errno.ts";
import { fileSystemOf } from "../native/file-system.ts";
import { isTurnDue, takeTurn } from "../turns.ts";
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "../validate.ts";

const LINE_FEED = 0x0a;

/** How much is read at a time, in bytes. */
const READ_BYTES = 1 << 18;

/** The longest line in bytes, as of `lines()`. */
const LINE_BYTES_MAX = 2 ** 29 - 1;

/** How often to look where the system does not tell, in milliseconds. */
const LOOK_MS = 1000;

/** What happened to a followed file. */
export interface FollowEvent {
  /**
   * `"truncated"`: the file has become shorter than what was read of it; it is read from its start again.
   * `"rotated"`: the name leads to another file, which is read from its start. What is still written to the old one comes,
   * too, until the next rotation.
   */
  readonly event: "truncated" | "rotated";
  /** The path that is followed. */
  readonly path: string;
  /** How far the file had been read before, in bytes. */
  readonly position: number;
}

/** How a file is followed. */
export interface FollowOptions {
  /** Where to begin: at the end (default), or at a byte. 0: at the start. */
  readonly from?: "end" | number | undefined;
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How a path is followed. */
export interface FollowPathOptions extends FollowOptions {
  /** Whether to wait for a file that is not there yet; it is read from its start then. Default false. */
  readonly wait?: boolean | undefined;
}

const FOLLOW_OPTIONS: OptionNames<FollowOptions> = { from: true, signal: true };
const FOLLOW_PATH_OPTIONS: OptionNames<FollowPathOptions> = { ...FOLLOW_OPTIONS, wait: true };

/** Follows a path; see `MemoryMappedFile.follow`. */
export function followPath(
  path: string,
  options?: FollowPathOptions,
): AsyncGenerator<string | FollowEvent, void> {
  const { wait = false, ...rest } = checkOptions("options", options, FOLLOW_PATH_OPTIONS);
  checkBoolean("wait", wait);
  return follow(path, undefined, rest, wait);
}

/**
 * Follows a file; see `MemoryMappedFile.follow`.
 *
 * @param path Where it is.
 * @param own A descriptor of it, which this closes; undefined to open the path.
 * @param isAwaited Whether to wait for the path.
 */
export function follow(
  path: string,
  own: number | undefined,
  options: FollowOptions | undefined,
  isAwaited = false,
): AsyncGenerator<string | FollowEvent, void> {
  try {
    const { from = "end", signal } = checkOptions("options", options, FOLLOW_OPTIONS);
    if (from !== "end") checkInteger("from", from);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidType("signal", "an AbortSignal", signal);
    }
    if (own === undefined && !isAwaited) statOf(path);
    return new Following(path, signal).run(own, from);
  } catch (error) {
    if (own !== undefined) closeSync(own);
    throw error;
  }
}

/** One open file, and what was read of it. */
class Tail {
  readonly stats: Stats;
  position: number;
  readonly #fd: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(fd: number, from: "end" | number) {
    this.#fd = fd;
    this.stats = fstatSync(fd);
    this.position = from === "end" ? this.stats.size : from;
  }

  /** Whether the file has become shorter than what was read. */
  get isTruncated(): boolean {
    return fstatSync(this.#fd).size < this.position;
  }

  /** Reads on; returns the lines that are whole, or undefined at the end of the file. */
  read(): string[] | undefined {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const count = readSync(this.#fd, buffer, 0, READ_BYTES, this.position);
    if (count === 0) return undefined;
    this.position += count;
    const piece = buffer.subarray(0, count);
    const end = piece.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.#keep(piece);
      return [];
    }
    const text = Buffer.concat([...this.#rest, piece.subarray(0, end)]).toString("utf8");
    this.#rest = [];
    this.#restBytes = 0;
    if (end + 1 < count) this.#keep(piece.subarray(end + 1));
    return text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  /** Gives up waiting for the end of the last line; returns what there is of it. */
  takeRest(): string[] {
    if (this.#restBytes === 0) return [];
    const text = Buffer.concat(this.#rest).toString("utf8");
    this.#rest = [];
    this.#restBytes = 0;
    return [text];
  }

  close(): void {
    closeSync(this.#fd);
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > LINE_BYTES_MAX) {
      const what = `length of the line before byte ${this.position}`;
      throw outOfRange(what, `<= ${LINE_BYTES_MAX} bytes`, "more");
    }
    this.#rest.push(piece);
  }
}

/** One loop over a file that grows. */
class Following {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  /** The file, and the one before it, to which somebody may still write. */
  #tail: Tail | undefined;
  #old: Tail | undefined;
  /** Whether something may have happened since the last look. */
  #isDue = true;
  #wake: () => void = () => {};

  constructor(path: string, signal: AbortSignal | undefined) {
    this.#path = path;
    this.#signal = signal;
  }

  async *run(
    own: number | undefined,
    from: "end" | number,
  ): AsyncGenerator<string | FollowEvent, void> {
    this.#tail = own === undefined ? this.#open(from) : new Tail(own, from);
    const stop = this.#watch();
    try {
      for (;;) {
        this.#signal?.throwIfAborted();
        this.#isDue = false;
        yield* this.#drain(this.#old);
        yield* this.#drain(this.#tail);
        yield* this.#lookForTruncation();
        yield* this.#lookForRotation();
        await this.#sleep();
      }
    } finally {
      stop();
      this.#old?.close();
      this.#tail?.close();
    }
  }

  /** All that there is of a file. */
  async *#drain(tail: Tail | undefined): AsyncGenerator<string, void> {
    for (let lines = tail?.read(); lines !== undefined; lines = tail?.read()) {
      yield* lines;
      this.#signal?.throwIfAborted();
      if (isTurnDue()) await takeTurn();
    }
  }

  async *#lookForTruncation(): AsyncGenerator<string | FollowEvent, void> {
    const tail = this.#tail;
    if (!tail?.isTruncated) return;
    const { position } = tail;
    yield* tail.takeRest();
    tail.position = 0;
    this.#isDue = true;
    yield { event: "truncated", path: this.#path, position };
  }

  async *#lookForRotation(): AsyncGenerator<string | FollowEvent, void> {
    const before = this.#tail;
    const now = statOf(this.#path, true);
    if (now === undefined) return;
    if (before !== undefined && isSameFile(before.stats, now)) return;
    const next = this.#open(0);
    if (next === undefined || (before !== undefined && isSameFile(before.stats, next.stats))) {
      next?.close();
      return;
    }
    this.#isDue = true;
    // What was written to the old file before the name led elsewhere comes first.
    yield* this.#drain(this.#old);
    this.#old?.close();
    this.#old = before;
    this.#tail = next;
    if (before === undefined) return;
    yield* this.#drain(before);
    yield* before.takeRest();
    yield { event: "rotated", path: this.#path, position: before.position };
  }

  /** Opens what the path leads to; undefined while that is nothing. */
  #open(from: "end" | number): Tail | undefined {
    let fd: number;
    try {
      fd = openSync(this.#path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fromNodeError(error, `follow "${this.#path}"`);
    }
    return new Tail(fd, from);
  }

  /** Has every change in the directory looked at; returns how to stop. */
  #watch(): () => void {
    const directory = dirname(this.#path);
    const look = (): void => {
      this.#isDue = true;
      this.#wake();
    };
    let watcher: FSWatcher;
    try {
      watcher = watch(directory, look);
    } catch (error) {
      throw fromNodeError(error, `watch "${directory}"`);
    }
    watcher.on("error", look);
    this.#signal?.addEventListener("abort", look);
    const deaf = fileSystemOf(directory);
    const timer = deaf === undefined ? undefined : setInterval(look, LOOK_MS);
    if (deaf !== undefined) {
      process.emitWarning(
        `"${this.#path}" is on ${deaf}, which does not tell of all changes: it is looked at once a second`,
        { code: "ISTHMUS_FOLLOW_POLLS" },
      );
    }
    return () => {
      clearInterval(timer);
      watcher.close();
      this.#signal?.removeEventListener("abort", look);
    };
  }

  async #sleep(): Promise<void> {
    if (this.#isDue) {
      // Changes may come faster than they are read: others have their turn.
      if (isTurnDue()) await takeTurn();
      return;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

function statOf(path: string): Stats;
function statOf(path: string, isMissingFine: true): Stats | undefined;
function statOf(path: string, isMissingFine = false): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isMissingFine && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fromNodeError(error, `follow "${path}"`);
  }
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

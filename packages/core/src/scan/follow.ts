/**
 * A file that grows, line by line, also over truncation and rotation.
 *
 * What wakes this is a hint and no more: after each the file is read to its end, and what its name led to since is looked
 * up. So nothing hangs on which event it was, or on how many were merged into one.
 *
 * @module
 */
import { closeSync, statSync } from "node:fs";
import { fromNodeError } from "../native/errno.ts";
import { isTurnDue, takeTurn } from "../turns.ts";
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  invalidType,
  type OptionNames,
} from "../validate.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import {
  type FollowedLine,
  type LineForm,
  LineTail,
  PLACED_LINES,
  PLAIN_LINES,
} from "./line-tail.ts";
import { type Opened, Successors } from "./successors.ts";

/**
 * How soon to look once more after something was told or found, in milliseconds. Bun's watcher leaves out what happens to a file within
 * 2 ms of what it has told of it last.
 */
const AGAIN_MS = 10;

/** How soon to look again for a file of whose new name the system has not told yet, in milliseconds. */
const LATER_MS = 5;

/** What happened to a followed file. */
export interface FollowEvent {
  /**
   * `"truncated"`: the file has become shorter than what was read of it, or has other bytes there; it is read from its
   * start again.
   * `"rotated"`: the name led to another file next, which is read from its start. What is still written to the old one
   * comes, too, until the next rotation.
   * `"missed"`: the name led to a file next that could not be opened in time, or to several: it was deleted, has left the
   * directory, or more happened than the system keeps. Its lines are lost.
   */
  readonly event: "truncated" | "rotated" | "missed";
  /** The path that is followed. */
  readonly path: string;
  /** How far the file had been read before, in bytes. */
  readonly position: number;
}

/** How a file is followed. */
export interface FollowOptions {
  /** Where to begin: at the end (default), at the start, or at a byte, such as the `end` of the last line that was done. */
  readonly from?: "start" | "end" | number | undefined;
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether lines come with their places. */
export interface FollowPositions {
  /** Whether to yield {@link FollowedLine} objects instead of strings. Default false. */
  readonly positions: boolean;
}

/** How a path is followed. */
export interface FollowPathOptions extends FollowOptions {
  /** Whether to wait for a file that is not there yet; it is read from its start then. Default false. */
  readonly wait?: boolean | undefined;
}

type AnyOptions = FollowOptions & Partial<FollowPositions>;
type AnyPathOptions = FollowPathOptions & Partial<FollowPositions>;

/** What a loop yields; which lines, its options say. */
export type Followed = AsyncGenerator<string | FollowedLine | FollowEvent, void>;

const FOLLOW_OPTIONS: OptionNames<AnyOptions> = { from: true, signal: true, positions: true };
const FOLLOW_PATH_OPTIONS: OptionNames<AnyPathOptions> = { ...FOLLOW_OPTIONS, wait: true };

/** Follows a path; see `MemoryMappedFile.follow`. */
export function followPath(path: string, options?: AnyPathOptions): Followed {
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
  options: AnyOptions | undefined,
  isAwaited = false,
): Followed {
  try {
    const checked = checkOptions("options", options, FOLLOW_OPTIONS);
    const { from = "end", signal, positions = false } = checked;
    checkBoolean("positions", positions);
    const start = checkFrom(from);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidType("signal", "an AbortSignal", signal);
    }
    if (own === undefined && !isAwaited) checkThere(path);
    return positions
      ? new Following(path, signal, PLACED_LINES).run(own, start)
      : new Following(path, signal, PLAIN_LINES).run(own, start);
  } catch (error) {
    if (own !== undefined) closeSync(own);
    throw error;
  }
}

/** Where to begin: the end, or a byte. */
function checkFrom(from: unknown): "end" | number {
  if (from === "end") return "end";
  if (from === "start") return 0;
  if (typeof from !== "number") throw invalidType("from", 'a byte, "start" or "end"', from);
  return checkInteger("from", from);
}

/** One loop over a file that grows. */
class Following<L> {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #form: LineForm<L>;
  /** The file, and the one before it, to which somebody may still write. */
  #tail: LineTail<L> | undefined;
  #old: LineTail<L> | undefined;
  /** Whether something may have happened since the last look. */
  #isDue = true;
  /** Whether anything was told or found since it was last decided to look once more. */
  #isNews = false;
  #again: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(path: string, signal: AbortSignal | undefined, form: LineForm<L>) {
    this.#path = path;
    this.#signal = signal;
    this.#form = form;
  }

  async *run(own: number | undefined, from: "end" | number): AsyncGenerator<L | FollowEvent, void> {
    if (own !== undefined) this.#tail = new LineTail(own, from, this.#form);
    using stack = new DisposableStack();
    stack.defer(() => this.#tail?.close());
    stack.defer(() => this.#old?.close());
    const look = (): void => this.#look();
    this.#signal?.addEventListener("abort", look);
    stack.defer(() => this.#signal?.removeEventListener("abort", look));
    stack.defer(() => clearTimeout(this.#again));
    const onChange = (): void => {
      this.#isNews = true;
      look();
    };
    const directories = stack.use(new DirectoryWatch(this.#path, onChange, look));
    const successors = stack.adopt(new Successors(this.#path), (names) => names.close());
    this.#tail ??= this.#tailOf(successors.open(), from);
    for (;;) {
      this.#signal?.throwIfAborted();
      this.#isDue = false;
      directories.update();
      yield* this.#drain(this.#old);
      yield* this.#drain(this.#tail);
      yield* this.#lookForTruncation();
      yield* this.#lookForRotation(successors);
      if (this.#isNews) this.#lookAgain();
      await this.#sleep();
    }
  }

  /** All that there is of a file. */
  async *#drain(tail: LineTail<L> | undefined): AsyncGenerator<L, void> {
    for (let lines = tail?.read(); lines !== undefined; lines = tail?.read()) {
      this.#isNews = true;
      yield* lines;
      this.#signal?.throwIfAborted();
      if (isTurnDue()) await takeTurn();
    }
  }

  async *#lookForTruncation(): AsyncGenerator<L | FollowEvent, void> {
    const tail = this.#tail;
    if (!tail?.isTruncated) return;
    const { position } = tail;
    yield* tail.takeRest();
    tail.rewind();
    this.#isDue = true;
    yield { event: "truncated", path: this.#path, position };
  }

  async *#lookForRotation(successors: Successors): AsyncGenerator<L | FollowEvent, void> {
    const before = this.#tail;
    const next = successors.next(before?.stats);
    if (next === undefined) return;
    if (next === "later") {
      await new Promise((resolve) => setTimeout(resolve, LATER_MS));
      this.#isDue = true;
      return;
    }
    // There may be more of them.
    this.#isDue = true;
    if (next === "missed") {
      // What was written to the files before it comes first, as at a rotation.
      yield* this.#drain(this.#old);
      yield* this.#drain(before);
      yield { event: "missed", path: this.#path, position: before?.position ?? 0 };
      return;
    }
    const old = this.#old;
    this.#old = before;
    this.#tail = this.#tailOf(next, 0);
    try {
      // What was written to the old files before the name led elsewhere comes first.
      yield* this.#drain(old);
    } finally {
      old?.close();
    }
    if (before === undefined) return;
    yield* this.#drain(before);
    yield* before.takeRest();
    yield { event: "rotated", path: this.#path, position: before.position };
  }

  #tailOf(opened: Opened | undefined, from: "end" | number): LineTail<L> | undefined {
    return opened && new LineTail(opened.fd, from, this.#form);
  }

  #look(): void {
    this.#isDue = true;
    this.#wake();
  }

  #lookAgain(): void {
    this.#isNews = false;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#look(), AGAIN_MS);
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

/** @throws {SystemError} When the path leads to nothing. */
function checkThere(path: string): void {
  try {
    statSync(path);
  } catch (error) {
    throw fromNodeError(error, `follow "${path}"`);
  }
}

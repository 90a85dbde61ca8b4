/**
 * The files that a name leads to, one after the other: also those that came and went between two looks, as long as they
 * still have a name in the same directory.
 *
 * Where the system tells of every change of a name, in order, each file that comes to the name is followed from name to name
 * until it is opened. Elsewhere only what the name leads to at the moment is known.
 *
 * @module
 */
import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { NotSupportedError } from "../errors.ts";
import { conditionError, fromNodeError } from "../native/errno.ts";
import { type NameChange, type NameLog, platform } from "../native/platform.ts";

/** How a file is opened: a pipe without a writer is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** How often a file is looked for that is renamed while it is opened, or of whose new name nothing is known yet. */
const TRIES_MAX = 100;

/** A file that came to the name. */
interface Comer {
  /** What it is called now; undefined when nobody can open it any more, or while it moves. */
  name: string | undefined;
  /** The move that it is in. */
  move: number;
  /** How often it was not where it should be, with nothing told of it. */
  tries: number;
}

/** A file that was opened. */
export interface Opened {
  readonly fd: number;
  readonly stats: Stats;
}

/** What a name led to after a file that is known. */
export class Successors {
  readonly #path: string;
  readonly #directory: string;
  readonly #base: string;
  readonly #log: NameLog | undefined;
  /** The one that was opened last, and those that came after it, the oldest first. */
  #known: Comer | undefined;
  #comers: Comer[] = [];
  #hasOverflowed = false;

  /** @throws {SystemError} `ENOENT`, `EACCES`, … when the directory cannot be watched. */
  constructor(path: string) {
    this.#path = path;
    this.#directory = dirname(path);
    this.#base = basename(path);
    this.#log = platform().nameLog?.(this.#directory);
  }

  /** Opens what the path leads to; undefined while that is nothing. What it led to before is of no interest. */
  open(): Opened | undefined {
    for (let tries = 0; ; tries++) {
      const opened = this.#openNamed(this.#base);
      this.#take();
      const isLast = this.#comers.length === 0 || this.#leadsTo(opened?.stats);
      this.#comers = [];
      this.#known = newComer(this.#base);
      if (opened === undefined || isLast || tries === TRIES_MAX) return opened;
      closeSync(opened.fd);
    }
  }

  /**
   * Opens the file that the path led to after a known one.
   *
   * @param known Of the file that was opened last; undefined when none was.
   * @returns `"missed"` for one that nobody can open any more, or for some; `"later"` for one that has just lost its name,
   * of which the system will tell in a moment; undefined when there is none.
   */
  next(known: Stats | undefined): Opened | "missed" | "later" | undefined {
    this.#take();
    if (this.#hasOverflowed) {
      this.#hasOverflowed = false;
      if (!this.#leadsTo(known)) return "missed";
    }
    if (this.#comers.length === 0) {
      // Not told, or not yet. Between two files there is none: the next one will come.
      if (this.#stat() === undefined || this.#leadsTo(known)) return undefined;
      this.#comers.push(newComer(this.#base));
    }
    for (let comer = this.#comers[0]; comer !== undefined; comer = this.#comers[0]) {
      const opened = this.#openComer(comer);
      if (opened === "later") return opened;
      this.#known = this.#comers.shift();
      if (opened === undefined) return this.#log === undefined ? undefined : "missed";
      if (known === undefined || !isSameFile(opened.stats, known)) return opened;
      closeSync(opened.fd);
    }
    return undefined;
  }

  close(): void {
    this.#log?.close();
  }

  /**
   * Opens a file by the name that it has: who renames it meanwhile may have given that to another one. A change of a name
   * is there a moment before the system tells of it, and who makes it may have to wait just then.
   */
  #openComer(comer: Comer): Opened | "later" | undefined {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { name } = comer;
      const opened = name === undefined ? undefined : this.#openNamed(name);
      this.#take();
      if (opened !== undefined && comer.name === name) return opened;
      if (opened !== undefined) closeSync(opened.fd);
      if (comer.name === undefined && comer.move === 0) return undefined;
      if (comer.name === name) break;
    }
    return this.#log !== undefined && ++comer.tries < TRIES_MAX ? "later" : undefined;
  }

  #openNamed(name: string): Opened | undefined {
    const path = name === this.#base ? this.#path : join(this.#directory, name);
    let fd: number;
    try {
      fd = openSync(path, OPEN_FLAGS);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fromNodeError(error, `follow "${path}"`);
    }
    const stats = fstatSync(fd);
    if (stats.isFile()) return { fd, stats };
    closeSync(fd);
    if (stats.isDirectory()) throw conditionError("EISDIR", `follow "${path}"`, "open", path);
    throw new NotSupportedError(`Cannot follow "${path}": it is a pipe or a device, not a file`);
  }

  #leadsTo(known: Stats | undefined): boolean {
    const now = this.#stat();
    return now === undefined ? known === undefined : known !== undefined && isSameFile(now, known);
  }

  #stat(): Stats | undefined {
    try {
      return statSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fromNodeError(error, `follow "${this.#path}"`);
    }
  }

  /** Takes in what has happened to names. */
  #take(): void {
    if (this.#log === undefined) return;
    const changes = this.#log.take();
    if (changes === undefined) {
      this.#comers = [];
      this.#hasOverflowed = true;
    } else for (const change of changes) this.#note(change);
  }

  #note({ type, name, move }: NameChange): void {
    const all = this.#known === undefined ? this.#comers : [this.#known, ...this.#comers];
    const named = all.find((one) => one.name === name);
    if (type === "left") {
      if (named) Object.assign(named, { name: undefined, move });
      return;
    }
    // Nothing is made where something is: it was found before the system told of it.
    if (type === "made" && named) return;
    // Whoever had the name has lost it: it was deleted, or another one has come over it.
    if (named) Object.assign(named, { name: undefined, move: 0 });
    if (type === "deleted") return;
    const moved = type === "came" ? all.find((one) => one.move === move) : undefined;
    if (moved) Object.assign(moved, { name, move: 0 });
    else if (name === this.#base) this.#comers.push(newComer(name));
  }
}

function newComer(name: string): Comer {
  return { name, move: 0, tries: 0 };
}

/** Whether two are one file. */
function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/**
 * What is counted gets its numbers: once, whoever of several processes asks first.
 *
 * @module
 */
import { conditionError, invalidValue } from "@isthmus/core/internal";
import type { OwnerLocks } from "../owner-locks.ts";
import { type Definition, isSame, numberCount } from "./definition.ts";
import type { Directory, Family } from "./directory.ts";

/** The families and series of shared counters, as one handle asks for them. */
export class Registry {
  readonly #directory: Directory;
  readonly #locks: Pick<OwnerLocks, "lock" | "unlock">;
  readonly #name: string;

  /**
   * @param locks Lock 0 is that of the directory.
   * @param name The counters', for messages.
   */
  constructor(directory: Directory, locks: Pick<OwnerLocks, "lock" | "unlock">, name: string) {
    this.#directory = directory;
    this.#locks = locks;
    this.#name = name;
  }

  /**
   * The family of a definition, new or known.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` when the name is that of something else.
   * @throws {SystemError} `ENOSPC` when there is no room for one more.
   */
  define(definition: Definition): Family {
    const directory = this.#directory;
    const { name } = definition;
    directory.refresh();
    if (directory.find(name) === undefined) {
      this.#add(definition, 0, () => directory.takerOf(definition) !== undefined);
    }
    const family = directory.find(name);
    const taker = family?.definition.name ?? directory.takerOf(definition);
    if (family === undefined && taker === undefined) throw this.#full(name);
    if (family !== undefined && isSame(family.definition, definition)) {
      const isWithout = definition.labels.length === 0;
      if (!isWithout || this.numberOf(family, "", []) !== undefined) return family;
      throw this.#full(name);
    }
    const { type, labels } = (family ?? (directory.find(taker as string) as Family)).definition;
    const what = `the ${type} "${taker}" with the labels [${labels.join(", ")}]`;
    throw invalidValue("name", `one that is free: there is ${what}, defined otherwise`, name);
  }

  /** The first number of a series, new or known; undefined when there is no room for a new one. */
  numberOf(family: Family, key: string, values: readonly string[]): number | undefined {
    this.#directory.refresh();
    const find = (): number | undefined => family.series.get(key)?.number;
    const known = find();
    if (known !== undefined) return known;
    const isThere = (): boolean => find() !== undefined;
    this.#add({ of: family.index, values }, numberCount(family.definition), isThere);
    return find();
  }

  /** Adds to the directory, unless it is there by then, or there is no room. */
  #add(record: object, numbers: number, isThere: () => boolean): void {
    const directory = this.#directory;
    const text = Buffer.from(JSON.stringify(record));
    // Whoever asks for ever more series shall not hold the lock for it.
    if (!directory.hasRoom(text, numbers)) return;
    // Whoever had it and died has added its record or not.
    this.#locks.lock(0);
    try {
      directory.refresh();
      if (!isThere() && directory.hasRoom(text, numbers)) directory.append(text);
    } finally {
      this.#locks.unlock(0);
    }
  }

  #full(name: string): Error {
    const attempt = `define "${name}": there is no room for it in "${this.#name}"; create the counters with a higher capacityBytes`;
    return conditionError("ENOSPC", attempt, "mmap");
  }
}

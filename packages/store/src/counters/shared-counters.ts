/**
 * Counters, gauges and histograms that processes share, and that one scrape reads.
 *
 * @module
 */
import { checkString, conditionError, invalidValue, SECTION } from "@isthmus/core/internal";
import { type OpenVerb, type Segment, SharedWords } from "@isthmus/ipc/internal";
import { OwnerLocks } from "../owner-locks.ts";
import { Columns } from "./columns.ts";
import { DROPPED, directoryOffset, LOCK_OFFSET } from "./counters-layout.ts";
import { openCounters, readShape, type SharedCountersOptions } from "./counters-segment.ts";
import {
  type CounterOptions,
  type Definition,
  definitionOf,
  type GaugeOptions,
  type HistogramOptions,
  isSame,
  numberCount,
} from "./definition.ts";
import { Directory, type Family } from "./directory.ts";
import { exposition, type MetricFamily, readFamilies } from "./exposition.ts";
import { Counter, Gauge, Histogram, type SeriesSource } from "./metrics.ts";
import { writePythonFiles } from "./python-files.ts";

/** How full shared counters are. */
export interface SharedCountersMetrics {
  /** Combinations of labels that are counted, in all metrics together. */
  readonly series: number;
  /** Counts for which there was no room: a label had more values than there is memory for. */
  readonly dropped: number;
  /** Bytes of a process's numbers that are in use. */
  readonly bytes: number;
  /** Bytes that there are for them. */
  readonly capacityBytes: number;
}

/**
 * A registry of counters, gauges and histograms in named shared memory: every process of a server counts in it, and any of
 * them answers the scrape for all. Counting is one store into memory of its own: no lock, nobody is asked or waited for.
 *
 * What a process has counted stays counted when it leaves or dies, at most without the count that it was in the middle of; who
 * comes after it goes on counting. Gauges are different: they tell of the processes that live (see `GaugeOptions`).
 *
 * Series are never forgotten: give labels few values. When there is no memory for one more, what it counts is dropped and
 * `metrics.dropped` says so; what is there goes on counting.
 *
 * @example
 * ```ts
 * import { SharedCounters } from "@isthmus/store";
 *
 * using counters = SharedCounters.createOrOpen("example-counters");
 * const requests = counters.counter("requests_total", { help: "Requests.", labels: ["method"] });
 * const seconds = counters.histogram("request_seconds", { help: "Their time.", buckets: [0.1, 1] });
 * requests.inc({ method: "GET" });
 * requests.inc({ method: "GET" }, 2);
 * seconds.observe(0.25);
 * console.log(counters.text().split("\n")[2]); // requests_total{method="GET"} 3
 * ```
 */
export class SharedCounters implements Disposable {
  /** The type of what `text()` gives, for the header `Content-Type`. */
  static readonly contentType = "text/plain; version=0.0.4; charset=utf-8";

  readonly #segment: Segment;
  readonly #directory: Directory;
  readonly #columns: Columns;
  readonly #locks: OwnerLocks;
  readonly #source: SeriesSource;
  readonly #columnBytes: number;

  private constructor(verb: OpenVerb, name: string, options?: SharedCountersOptions) {
    const segment = openCounters(verb, name, options);
    this.#segment = segment;
    try {
      const { memory, superblock } = segment;
      const shape = readShape(memory, segment);
      const { buffer, byteOffset, byteLength } = memory.mapping.bytes(0, superblock.totalBytes);
      const { offset } = memory.section(SECTION.state);
      const words = new SharedWords(new Uint8Array(buffer, byteOffset, byteLength));
      this.#columnBytes = shape.columnBytes;
      this.#directory = new Directory({
        name: segment.name,
        words,
        bytes: Buffer.from(buffer, byteOffset, byteLength),
        state: offset / 4,
        offset: offset + directoryOffset(shape.placeCount),
        directoryBytes: shape.directoryBytes,
        columnNumbers: shape.columnBytes / 8,
      });
      this.#directory.refresh();
      const { families } = this.#directory;
      this.#columns = new Columns(segment, shape, (numbers, own) => {
        for (const { definition, series } of families) {
          if (definition.type !== "gauge") continue;
          for (const { number } of series.values()) numbers.fill(0, own + number, own + number + 2);
        }
      });
      const lock = (offset + LOCK_OFFSET) / 4;
      this.#locks = new OwnerLocks(segment, words, [lock], 1, "the counters");
      this.#source = {
        columns: this.#columns,
        numberOf: (family, key, values) => this.#numberOf(family, key, values),
      };
    } catch (error) {
      segment.dispose();
      throw error;
    }
    segment.whenForgotten(this);
  }

  /**
   * Creates counters.
   *
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no memory for them.
   */
  static createNew(name: string, options?: SharedCountersOptions): SharedCounters {
    return new SharedCounters("createNew", name, options);
  }

  /**
   * Opens counters.
   *
   * @throws {SystemError} `ENOENT` when nobody holds the name; `EAGAIN` when there is no place for one more process.
   * @throws {CorruptSegmentError} When it is something else, or damaged.
   */
  static openExisting(name: string): SharedCounters {
    return new SharedCounters("openExisting", name);
  }

  /** Opens counters, or creates them; see `createdNew`. Each process, and each Worker of it, has a place. */
  static createOrOpen(name: string, options?: SharedCountersOptions): SharedCounters {
    return new SharedCounters("createOrOpen", name, options);
  }

  /** The name. */
  get name(): string {
    return this.#segment.name;
  }

  /** Whether this call created the counters. */
  get createdNew(): boolean {
    return this.#segment.createdNew;
  }

  /** Whether the name still leads here; see `SharedStruct.isReachable`. One system call. */
  get isReachable(): boolean {
    this.#columns.check();
    return this.#segment.isReachable;
  }

  /** How full they are. */
  get metrics(): SharedCountersMetrics {
    this.#columns.check();
    this.#directory.refresh();
    const { families, usedNumbers } = this.#directory;
    return {
      series: families.reduce((sum, { series }) => sum + series.size, 0),
      dropped: this.#columns.count(this.#columns.everybodys(), DROPPED),
      bytes: usedNumbers * 8,
      capacityBytes: this.#columnBytes,
    };
  }

  /**
   * A counter: what only grows. The same name gives the same counter, in every process.
   *
   * @param name Letters, digits, `_` and `:`. By convention it ends with `_total`.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` when the name is something else, or has other labels.
   * @throws {SystemError} `ENOSPC` when there is no room for one more.
   */
  counter<const L extends string = never>(name: string, options?: CounterOptions<L>): Counter<L> {
    return new Counter(this.#source, this.#define(definitionOf("counter", name, options)));
  }

  /** A gauge: what goes up and down. Throws as `counter`. */
  gauge<const L extends string = never>(name: string, options?: GaugeOptions<L>): Gauge<L> {
    return new Gauge(this.#source, this.#define(definitionOf("gauge", name, options)));
  }

  /** A histogram: how often what was observed, in buckets. Throws as `counter`. */
  histogram<const L extends string = never>(
    name: string,
    options?: HistogramOptions<L>,
  ): Histogram<L> {
    return new Histogram(this.#source, this.#define(definitionOf("histogram", name, options)));
  }

  /**
   * Everything that was counted, of all processes together, in the order in which it was first named.
   *
   * Each number is whole; they are read one after another while others count.
   */
  read(): MetricFamily[] {
    this.#columns.check();
    this.#directory.refresh();
    return readFamilies(this.#columns, this.#directory.families);
  }

  /** The same as Prometheus reads it: the answer to a scrape, with {@link contentType}. */
  text(): string {
    return exposition(this.read());
  }

  /**
   * Writes everything into the files by which a Python server's processes tell their own, so that its scrape has it, too:
   * `prometheus_client`, 0.18 and newer, in multiprocess mode. Call it from time to time, in one process or in several: each
   * call puts the numbers of all processes in the place of the last ones. A counter's name gets the `_total` that it must have there.
   *
   * @param directory What `PROMETHEUS_MULTIPROC_DIR` says in the Python server. The files stay; that server begins with an
   * empty directory, as it must anyway.
   * @throws {SystemError} `ENOENT`, `EACCES`, `ENOSPC`, … when it cannot be written.
   */
  writePythonFiles(directory: string): void {
    checkString("directory", directory);
    const families = this.read();
    const definitions = this.#directory.families.map(({ definition }) => definition);
    writePythonFiles(directory, this.name, families, definitions);
  }

  /** Lets go of the counters. What was counted stays; gauges of this process are gone. */
  dispose(): void {
    this.#segment.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #define(definition: Definition): Family {
    this.#columns.check();
    const directory = this.#directory;
    const { name } = definition;
    directory.refresh();
    if (directory.find(name) === undefined) {
      this.#append(definition, 0, () => directory.takerOf(definition) !== undefined);
    }
    const family = directory.find(name);
    const taker = family?.definition.name ?? directory.takerOf(definition);
    if (family === undefined && taker === undefined) throw this.#full(name);
    if (family !== undefined && isSame(family.definition, definition)) {
      const isWithout = definition.labels.length === 0;
      if (!isWithout || this.#numberOf(family, "", []) !== undefined) return family;
      throw this.#full(name);
    }
    const { type, labels } = (family ?? (directory.find(taker as string) as Family)).definition;
    const what = `the ${type} "${taker}" with the labels [${labels.join(", ")}]`;
    throw invalidValue("name", `one that is free: there is ${what}, defined otherwise`, name);
  }

  #numberOf(family: Family, key: string, values: readonly string[]): number | undefined {
    const directory = this.#directory;
    directory.refresh();
    const find = (): number | undefined => family.series.get(key)?.number;
    const known = find();
    if (known !== undefined) return known;
    const isThere = (): boolean => find() !== undefined;
    this.#append({ of: family.index, values }, numberCount(family.definition), isThere);
    return find();
  }

  /** Adds to the directory, unless it is there by then, or there is no room. */
  #append(record: object, numbers: number, isThere: () => boolean): void {
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
    const attempt = `define "${name}": there is no room for it in "${this.name}"; create the counters with a higher capacityBytes`;
    return conditionError("ENOSPC", attempt, "mmap");
  }
}

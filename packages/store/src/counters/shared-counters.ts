/**
 * Counters, gauges and histograms that processes share, and that one scrape reads.
 *
 * @module
 */
import { checkString, SECTION } from "@isthmus/core/internal";
import type { CountersInfo } from "@isthmus/ipc";
import { NamedHandle, type OpenVerb, SharedWords } from "@isthmus/ipc/internal";
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
} from "./definition.ts";
import { Directory, type Family } from "./directory.ts";
import { exposition, type MetricFamily, readFamilies } from "./exposition.ts";
import { Counter, Gauge, Histogram } from "./metrics.ts";
import { writePythonFiles } from "./python-files.ts";
import { Registry } from "./registry.ts";
import type { SeriesSource } from "./series.ts";

/** How full shared counters are. Where `dropped` grows, a label has more values than there is memory for. */
export interface SharedCountersMetrics extends CountersInfo {}

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
export class SharedCounters extends NamedHandle {
  /** The type of what `text()` gives, for the header `Content-Type`. */
  static readonly contentType = "text/plain; version=0.0.4; charset=utf-8";

  readonly #directory: Directory;
  readonly #columns: Columns;
  readonly #registry: Registry;
  readonly #source: SeriesSource;
  readonly #columnBytes: number;

  private constructor(verb: OpenVerb, name: string, options?: SharedCountersOptions) {
    const segment = openCounters(verb, name, options);
    super(segment, "SharedCounters");
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
        state: offset / 4,
        start: (offset + directoryOffset(shape.placeCount)) / 4,
        directoryBytes: shape.directoryBytes,
        columnNumbers: shape.columnBytes / 8,
      });
      this.#directory.refresh();
      const numbers = new Float64Array(buffer, byteOffset, Math.floor(byteLength / 8));
      this.#columns = new Columns(segment, shape, numbers, this.#directory.families);
      const lock = (offset + LOCK_OFFSET) / 4;
      const locks = new OwnerLocks(segment, words, [lock], 1, "the counters");
      const registry = new Registry(this.#directory, locks, segment.name);
      this.#registry = registry;
      this.#source = {
        columns: this.#columns,
        numberOf: (family, key, values) => registry.numberOf(family, key, values),
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
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options Memory in bytes, and how many processes there can be.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no memory for them.
   */
  static createNew(name: string, options?: SharedCountersOptions): SharedCounters {
    return new SharedCounters("createNew", name, options);
  }

  /**
   * Opens counters.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @throws {SystemError} `ENOENT` when nobody holds the name; `EAGAIN` when there is no place for one more process.
   * @throws {CorruptSegmentError} When it is something else, or damaged.
   */
  static openExisting(name: string): SharedCounters {
    return new SharedCounters("openExisting", name);
  }

  /**
   * Opens counters, or creates them; see `createdNew`. Each process, and each Worker of it, has a place.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options As of `createNew`; ignored when they exist.
   * @throws {SystemError} `ENOSPC` when there is no memory for them; of what exists, as `openExisting`.
   */
  static createOrOpen(name: string, options?: SharedCountersOptions): SharedCounters {
    return new SharedCounters("createOrOpen", name, options);
  }

  /** How full they are. */
  get metrics(): SharedCountersMetrics {
    this.#columns.check();
    this.#directory.refresh();
    const { seriesCount, usedNumbers } = this.#directory;
    return {
      series: seriesCount,
      dropped: this.#columns.count(this.#columns.everybodys(), DROPPED),
      bytes: usedNumbers * 8,
      capacityBytes: this.#columnBytes,
    };
  }

  /**
   * A counter: what only grows. The same name gives the same counter, in every process.
   *
   * @param name Letters, digits, `_` and `:`. By convention it ends with `_total`.
   * @param options `help`: what it counts; `labels`: their names.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` when the name is something else, or has other labels.
   * @throws {SystemError} `ENOSPC` when there is no room for one more.
   */
  counter<const L extends string = never>(name: string, options?: CounterOptions<L>): Counter<L> {
    return new Counter(this.#source, this.#define(definitionOf("counter", name, options)));
  }

  /**
   * A gauge: what goes up and down. Throws as `counter`.
   *
   * @param name Letters, digits, `_` and `:`.
   * @param options `help`, `labels`, and how those of several processes become one: `aggregate`.
   */
  gauge<const L extends string = never>(name: string, options?: GaugeOptions<L>): Gauge<L> {
    return new Gauge(this.#source, this.#define(definitionOf("gauge", name, options)));
  }

  /**
   * A histogram: how often what was observed, in buckets. Throws as `counter`.
   *
   * @param name Letters, digits, `_` and `:`.
   * @param options `help`, `labels`, and the upper ends of its `buckets`.
   */
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
    this.segment.dispose();
  }

  #define(definition: Definition): Family {
    this.#columns.check();
    return this.#registry.define(definition);
  }
}

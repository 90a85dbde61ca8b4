/**
 * The jobs that `MemoryMappedFile.scan` knows, and how one's own is named.
 *
 * @module
 */
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkString,
  invalidType,
  invalidValue,
  type OptionNames,
} from "../../validate.ts";
import type { TextCounts, TextSummary } from "../kernel/text-statistics.ts";
import { type Needle, needleBytes } from "../needle.ts";
import type { Task } from "./piece-work.ts";

declare const RESULT: unique symbol;

/** A job for `MemoryMappedFile.scan`; made by {@link scanJobs}. */
export interface ScanJob<Result> {
  readonly task: Task;
  /** The type of what the scan returns; there is no such property. */
  readonly [RESULT]?: Result;
}

/** The results of several jobs. */
export type ScanResults<Jobs extends readonly ScanJob<unknown>[]> = {
  -readonly [Index in keyof Jobs]: Jobs[Index] extends ScanJob<infer Result> ? Result : never;
};

/** Where a needle was found. */
export interface ScanMatch {
  /** In bytes from the map's offset 0. */
  readonly offset: number;
  /** Which of the needles, from 0. */
  readonly needle: number;
}

/** What `scanJobs.find` found. */
export interface FindResult {
  /** How often each needle occurs; matches of one needle do not overlap. */
  readonly counts: readonly number[];
  /** Where each needle first occurs, in bytes from the map's offset 0, or -1. */
  readonly firsts: readonly number[];
  /** The first matches of all needles, by their offsets; as many as `limit` allows. */
  readonly matches: readonly ScanMatch[];
}

/** How `scanJobs.count` looks. */
export interface CountOptions {
  /** Whether "a" to "z" are also "A" to "Z"; other letters are only themselves. Default false. */
  readonly ignoreCase?: boolean | undefined;
}

/** What `scanJobs.text` counts. */
export interface TextOptions {
  /** Whether all byte values are counted, too, which takes most of the time. Default true. */
  readonly histogram?: boolean | undefined;
}

/** How `scanJobs.find` looks. */
export interface FindOptions extends CountOptions {
  /** How many matches are listed, 0 to 1,000,000; all are counted. Default 1000. */
  readonly limit?: number | undefined;
}

/** What `scanJobs.topValues` counts. */
export interface TopValuesOptions {
  /** Which column, from 1. */
  readonly column: number;
  /** One ASCII character between columns, as with `cut -d`. Default: spaces and tabs in any number, as in awk. */
  readonly separator?: string | undefined;
  /** How many values are listed, 1 to 1,000,000. Default 10. */
  readonly limit?: number | undefined;
}

/** What `scanJobs.topValues` found. */
export interface TopValues {
  /** The most frequent values; equal counts by the bytes of the value. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** How many different values there are. */
  readonly distinct: number;
  /** How many lines have no such column. */
  readonly lacking: number;
}

const COUNT_OPTIONS: OptionNames<CountOptions> = { ignoreCase: true };
const TEXT_OPTIONS: OptionNames<TextOptions> = { histogram: true };
const FIND_OPTIONS: OptionNames<FindOptions> = { ...COUNT_OPTIONS, limit: true };
const TOP_OPTIONS: OptionNames<TopValuesOptions> = { column: true, separator: true, limit: true };
const LIMIT_MAX = 1_000_000;

/**
 * The built-in jobs of `MemoryMappedFile.scan`.
 *
 * @example The addresses that ask most
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { MemoryMappedFile, scanJobs } from "@isthmus/core";
 *
 * writeFileSync("access.log", "10.0.0.1 GET /\n10.0.0.2 GET /\n10.0.0.1 GET /a\n");
 * using file = MemoryMappedFile.createFromFile("access.log", { access: "read" });
 * const { values } = await file.scan(scanJobs.topValues({ column: 1 }));
 * console.log(values[0]); // { value: "10.0.0.1", count: 2 }
 * ```
 */
export const scanJobs: {
  /** How often a byte, a text or a sequence of bytes occurs, as `MemoryMappedFile.count` says. */
  count(needle: Needle, options?: CountOptions): ScanJob<number>;
  /** Bytes, lines, words, longest line and, unless it is told not to, how often each byte occurs. */
  text(options: { readonly histogram: false }): ScanJob<TextCounts>;
  text(options?: TextOptions & { readonly histogram?: true | undefined }): ScanJob<TextSummary>;
  /** How often each of the 256 byte values occurs. */
  histogram(): ScanJob<Float64Array>;
  /** Where one or several needles occur, and how often: up to eight that are at most 64 bytes long in one pass. */
  find(needles: Needle | readonly Needle[], options?: FindOptions): ScanJob<FindResult>;
  /** The most frequent values of a column. Every different value is kept in memory until the scan ends. */
  topValues(options: TopValuesOptions): ScanJob<TopValues>;
  /** Several jobs in one pass. Gives their results in the same order. */
  all<const Jobs extends readonly ScanJob<unknown>[]>(jobs: Jobs): ScanJob<ScanResults<Jobs>>;
  /**
   * One's own job. The module exports `scan(bytes, { offset, options })`, called on pieces of whole lines (bytes are
   * valid until it, or the promise it returns, is done; copy them before they are decoded, where others may write to the
   * file), and `merge(left, right)`, called in the file's order with
   * what two neighbouring pieces gave. Both run in any thread; what `scan` returns must be cloneable.
   *
   * @param url Where the module is: `new URL("./job.ts", import.meta.url)`, for example.
   * @param options Given to every call as a copy; must be cloneable.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` for options that cannot be cloned.
   * @typeParam Result What `scan` and `merge` return. Undefined for an empty file.
   */
  module<Result>(url: URL | string, options?: unknown): ScanJob<Result | undefined>;
} = {
  count(needle, options) {
    const { ignoreCase = false } = checkOptions("options", options, COUNT_OPTIONS);
    checkBoolean("ignoreCase", ignoreCase);
    return { task: { kind: "count", needle: needleBytes(needle), ignoreCase } };
  },
  text(options?: TextOptions): ScanJob<TextSummary> {
    const { histogram = true } = checkOptions("options", options, TEXT_OPTIONS);
    return { task: { kind: "text", histogram: checkBoolean("histogram", histogram) } };
  },
  histogram: () => ({ task: { kind: "histogram" } }),
  find(needles, options) {
    const list = Array.isArray(needles) ? needles : [needles];
    if (list.length === 0) throw invalidValue("needles", "not empty", needles);
    const { limit = 1000, ignoreCase = false } = checkOptions("options", options, FIND_OPTIONS);
    checkInteger("limit", limit, 0, LIMIT_MAX);
    checkBoolean("ignoreCase", ignoreCase);
    return {
      task: { kind: "find", needles: list.map((one) => needleBytes(one)), ignoreCase, limit },
    };
  },
  topValues(options) {
    const {
      column,
      separator,
      limit = 10,
    } = checkOptions("options", options, TOP_OPTIONS) as TopValuesOptions;
    checkInteger("column", column, 1, 2 ** 31 - 1);
    checkInteger("limit", limit, 1, LIMIT_MAX);
    if (separator !== undefined && !isSeparator(checkString("separator", separator))) {
      throw invalidValue("separator", "one ASCII character that ends no line", separator);
    }
    return { task: { kind: "topValues", column, separator: separator?.charCodeAt(0), limit } };
  },
  all(jobs) {
    if (!Array.isArray(jobs)) throw invalidType("jobs", "an array of jobs of scanJobs", jobs);
    const tasks = jobs.map((job, index) => checkJob(`jobs[${index}]`, job).task);
    return { task: { kind: "all", tasks } };
  },
  module(url, options) {
    if (!(url instanceof URL) && typeof url !== "string")
      throw invalidType("url", "a URL or a string", url);
    return { task: { kind: "module", url: String(url), options: cloned(options) } };
  },
};

/** @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what is no job. */
export function checkJob<Result>(name: string, job: ScanJob<Result>): ScanJob<Result> {
  if (typeof job?.task?.kind === "string") return job;
  throw invalidType(name, "a job of scanJobs", job);
}

/** Copied now, for a Worker cannot be given what cannot be. */
function cloned(options: unknown): unknown {
  try {
    return structuredClone(options);
  } catch {
    throw invalidValue("options", "cloneable", options);
  }
}

function isSeparator(text: string): boolean {
  return text.length === 1 && text !== "\n" && text.charCodeAt(0) < 0x80;
}

/**
 * What was counted, in the files by which the processes of a Python server tell theirs (`prometheus_client`, 0.18 and newer,
 * in multiprocess mode).
 *
 * ```text
 * file     0 ┌ used         i32   bytes of the file in use
 *          4 │ zero         u32
 *          8 └ entries; the file is as long as it was made, 64 KiB or a power of two above
 *
 * entry    0 ┌ keyBytes     i32   without the padding
 *          4 │ key          JSON: [family, sample, labels, help]; then 1 to 8 spaces, up to a multiple of 8
 *            │ value        f64   of a bucket, what is in it alone
 *            └ timestamp    f64   seconds since 1970; decides among gauges of `mostrecent`
 * ```
 *
 * All numbers are as the machine has them.
 *
 * @module
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromNodeError } from "@isthmus/core/internal";
import type { Definition } from "./definition.ts";
import { type MetricFamily, numberText } from "./exposition.ts";

const FILE_BYTES_MIN = 65_536;
const HEADER_BYTES = 8;

/** One number as Python has it. */
interface PythonSample {
  readonly family: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly help: string;
  readonly value: number;
}

/**
 * Writes one file for each kind of metric, in place of those of the last time, each at once.
 *
 * @param directory What `PROMETHEUS_MULTIPROC_DIR` says there.
 * @param name What tells these from those of others: the counters' name.
 * @param families With their definitions, in the same order.
 * @throws {SystemError} `ENOENT`, `EACCES`, `ENOSPC`, …
 */
export function writePythonFiles(
  directory: string,
  name: string,
  families: readonly MetricFamily[],
  definitions: readonly Definition[],
): void {
  const files = new Map<string, PythonSample[]>();
  for (const [index, family] of families.entries()) {
    const kind = fileKind(definitions[index] as Definition);
    const samples = files.get(kind) ?? [];
    samples.push(...samplesOf(family));
    files.set(kind, samples);
  }
  const seconds = Date.now() / 1000;
  for (const [kind, samples] of files) {
    // Python splits the name at underscores; those behind the second one do not matter to it.
    const path = join(directory, `${kind}_isthmus-${name}.db`);
    const aside = `${path}.${process.pid}`;
    try {
      writeFileSync(aside, encode(samples, seconds));
      renameSync(aside, path);
    } catch (error) {
      rmSync(aside, { force: true });
      throw fromNodeError(error, `write "${path}"`);
    }
  }
}

/** The beginning of a file's name. A gauge is one number for all by now, which adds up with those of Python as it did. */
function fileKind({ type, aggregate }: Definition): string {
  if (type !== "gauge") return type;
  return `gauge_${aggregate === "average" || aggregate === "last" ? "mostrecent" : aggregate}`;
}

function samplesOf(family: MetricFamily): PythonSample[] {
  const { name, help } = family;
  if (family.type === "histogram") {
    return family.samples.flatMap(({ labels, sum, buckets }) => {
      let before = 0;
      const counts = buckets.map(({ le, count }) => {
        const value = count - before;
        before = count;
        const whole = { ...labels, le: numberText(le) };
        return { family: name, name: `${name}_bucket`, labels: whole, help, value };
      });
      return [{ family: name, name: `${name}_sum`, labels, help, value: sum }, ...counts];
    });
  }
  // There a counter's samples always end so, and its family never does.
  const base = family.type === "counter" ? name.replace(/_total$/, "") : name;
  const sample = family.type === "counter" ? `${base}_total` : name;
  return family.samples.map(({ labels, value }) => ({
    family: base,
    name: sample,
    labels,
    help,
    value,
  }));
}

function encode(samples: readonly PythonSample[], seconds: number): Uint8Array {
  const keys = samples.map(({ family, name, labels, help }) =>
    Buffer.from(JSON.stringify([family, name, labels, help])),
  );
  const used = keys.reduce((sum, key) => sum + entryBytes(key), HEADER_BYTES);
  const fileBytes = Math.max(FILE_BYTES_MIN, 2 ** Math.ceil(Math.log2(used)));
  const file = new Uint8Array(fileBytes);
  // Both have a view of their own because numbers are to be as the machine has them.
  const words = new Int32Array(file.buffer);
  const numbers = new Float64Array(file.buffer);
  words[0] = used;
  let at = HEADER_BYTES;
  for (const [index, key] of keys.entries()) {
    const end = at + entryBytes(key);
    words[at / 4] = key.length;
    file.fill(0x20, at + 4, end - 16);
    file.set(key, at + 4);
    numbers[end / 8 - 2] = (samples[index] as PythonSample).value;
    numbers[end / 8 - 1] = seconds;
    at = end;
  }
  return file;
}

/** Length, key, one space at least, and two numbers. */
function entryBytes(key: Uint8Array): number {
  return (Math.floor((4 + key.length) / 8) + 1) * 8 + 16;
}

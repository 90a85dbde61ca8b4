/**
 * One writer of prices and five readers: `bun examples/price-table/main.ts [--seconds 2]`.
 *
 * @module
 */
import { strictEqual } from "node:assert";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable, ratio } from "../shared/report.ts";
import { INSTRUMENTS, type Reading, type Writing } from "./prices.ts";

const READERS = 5;
const { seconds } = numberOptions({ seconds: 2 });
const ms = seconds * 1000;

function source(file: string): string {
  return join(import.meta.dir, file);
}

await runExample(async (signal) => {
  console.log(`${count(INSTRUMENTS)} prices, ${READERS} readers, ${seconds} s each way`);
  const perSecond = ({ updates, writeMs }: Writing): number => (updates / writeMs) * 1000;
  const tell = async (): Promise<Writing> => {
    await using writer = new Program(signal, source("telling-writer.ts"), READERS, ms);
    return await writer.next<Writing>();
  };
  const share = async (): Promise<{ readonly writing: Writing; readonly readings: Reading[] }> => {
    await using programs = new AsyncDisposableStack();
    const readers = Array.from({ length: READERS }, () => {
      return programs.use(new Program(signal, source("reader.ts")));
    });
    for (const reader of readers) strictEqual(await reader.next(), "ready");
    const writer = programs.use(new Program(signal, source("writer.ts"), ms));
    const writing = await writer.next<Writing>();
    for (const reader of readers) reader.end();
    return { writing, readings: await Promise.all(readers.map((one) => one.next<Reading>())) };
  };
  const told = await tell();
  const { writing, readings } = await share();
  const reads = readings.reduce((sum, reading) => sum + reading.reads, 0);
  const readMs = readings.reduce((sum, reading) => sum + reading.readMs, 0);
  for (const { torn } of readings) strictEqual(torn, 0);
  console.log(`${count(reads)} prices read, none of them torn`);
  printTable([
    ["prices", "updates of the writer", "a read takes"],
    ["told to each reader (process.send)", `${count(perSecond(told))}/s`, "–"],
    ["in a SharedTable", `${count(perSecond(writing))}/s`, duration(readMs / reads)],
    ["", ratio(perSecond(writing), perSecond(told)), ""],
  ]);
});

/**
 * Answers three questions about a log of several gigabytes: `bun examples/log-analyser/main.ts [--gib 2]`.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert";
import { mkdtempDisposableSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, printTable, ratio, size } from "../shared/report.ts";
import type { Analysis } from "./analyse.ts";
import { writeLog } from "./write-log.ts";

const ANALYSE = join(import.meta.dir, "analyse.ts");
const { gib } = numberOptions({ gib: 2 });

await runExample(async (signal) => {
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-log-"));
  const path = join(directory.path, "access.log");
  console.log(`Writing ${size(gib * 2 ** 30)} to ${path} …`);
  await writeLog(path, gib * 2 ** 30, signal);
  const analyse = async (way: string): Promise<Analysis> => {
    await using program = new Program(signal, ANALYSE, way, path);
    return await program.next<Analysis>();
  };
  const mapping = await analyse("mapping");
  const { findings } = mapping;
  const addresses = findings.addresses.map((one) => `${one.value} (${count(one.count)})`);
  console.log(`${count(findings.lines)} lines, ${count(findings.errors)} errors`);
  console.log(`who asks most: ${addresses.join(", ")}`);
  const readline = await analyse("readline");
  deepStrictEqual(readline.findings, findings);
  const bytes = statSync(path).size;
  const row = (name: string, { elapsedMs, peakBytes }: Analysis): string[] => [
    name,
    duration(elapsedMs),
    `${size((bytes / elapsedMs) * 1000)}/s`,
    size(peakBytes),
  ];
  printTable([
    ["the same answers by", "time", "rate", "peak memory"],
    row("MemoryMappedFile.scan", mapping),
    row("createReadStream and readline", readline),
    ["", ratio(readline.elapsedMs, mapping.elapsedMs), "", ""],
  ]);
});

/**
 * One analysis in a process of its own, so that its memory can be told: `analyse.ts mapping|readline FILE`.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { MemoryMappedFile, scanJobs } from "@isthmus/core";
import { endOfParent, say } from "../shared/processes.ts";

/** What is looked for in a line. */
const ERROR = " 500 ";
const ADDRESSES = 3;

/** How often memory is looked at. */
const LOOK_MS = 20;

/** What was found. */
export interface Findings {
  readonly lines: number;
  readonly errors: number;
  /** Who asks most. */
  readonly addresses: readonly { readonly value: string; readonly count: number }[];
}

/** What an analysis says. */
export interface Analysis {
  readonly findings: Findings;
  readonly elapsedMs: number;
  /** The most memory that the process had at any time. */
  readonly peakBytes: number;
}

/** The file is memory: several threads look at its bytes where they are, and no line becomes a string. */
async function byMapping(path: string): Promise<Findings> {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  const jobs = [
    scanJobs.text(),
    scanJobs.count(ERROR),
    scanJobs.topValues({ column: 1, limit: ADDRESSES }),
  ] as const;
  const [text, errors, { values }] = await file.scan(scanJobs.all(jobs));
  return { lines: text.lines, errors, addresses: values };
}

/** Line by line, as one would write it without. */
async function byReadline(path: string): Promise<Findings> {
  const counts = new Map<string, number>();
  let lines = 0;
  let errors = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lines += 1;
    if (line.includes(ERROR)) errors += 1;
    const address = line.slice(0, line.indexOf(" "));
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  const all = [...counts].map(([value, count]) => ({ value, count }));
  all.sort((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1));
  return { lines, errors, addresses: all.slice(0, ADDRESSES) };
}

// Who reads four gigabytes line by line need not go on when nobody waits for it.
endOfParent().addEventListener("abort", () => process.exit());
const [way, path = ""] = process.argv.slice(2);
let peakBytes = 0;
setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, LOOK_MS);
const startMs = performance.now();
const findings = await (way === "mapping" ? byMapping : byReadline)(path);
const elapsedMs = performance.now() - startMs;
peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
say({ findings, elapsedMs, peakBytes } satisfies Analysis);

/**
 * Reads a hundred prices every millisecond until it is told to end. Says when it begins, and at the end what it has read.
 *
 * @module
 */
import { SharedTable } from "@isthmus/store";
import { endOfParent, say } from "../shared/processes.ts";
import { INSTRUMENTS, isWhole, Price, type Reading, TABLE } from "./prices.ts";

const READS = 100;

const end = endOfParent();
using table = SharedTable.createOrOpen(TABLE, Price, { length: INSTRUMENTS });
let reads = 0;
let torn = 0;
let readMs = 0;
say("ready");
while (!end.aborted) {
  const startMs = performance.now();
  for (let read = 0; read < READS; read++) {
    // A copy that is whole, whatever the writer does meanwhile.
    if (!table.read((reads + read * 7) % INSTRUMENTS, isWhole)) torn += 1;
  }
  readMs += performance.now() - startMs;
  reads += READS;
  await Bun.sleep(1);
}
say({ reads, readMs, torn } satisfies Reading);

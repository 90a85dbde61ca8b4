/**
 * Writes prices into the table, as fast as it can: `writer.ts MS`.
 *
 * @module
 */
import { SharedTable } from "@isthmus/store";
import { endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { INSTRUMENTS, Price, setPrice, TABLE, type Writing } from "./prices.ts";

/** Between them the event loop has its turn. */
const BURST = 1000;

const end = endOfParent();
using table = SharedTable.createOrOpen(TABLE, Price, { length: INSTRUMENTS });
let updates = 0;
const startMs = nowMs();
while (nowMs() - startMs < Number(process.argv[2]) && !end.aborted) {
  for (let burst = 0; burst < BURST; burst++) {
    updates += 1;
    table.update(updates % INSTRUMENTS, (price) => setPrice(price, updates));
  }
  await Bun.sleep(0);
}
say({ updates, writeMs: nowMs() - startMs } satisfies Writing);

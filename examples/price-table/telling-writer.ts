/**
 * The same without shared memory: tells every price to every reader, which keeps a table of its own. `telling-writer.ts
 * READERS MS`.
 *
 * @module
 */
import { join } from "node:path";
import { endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { INSTRUMENTS, type Price, setPrice, type Writing } from "./prices.ts";

/** So many updates are told before the writer waits until all readers have them. */
const BURST = 100;

const end = endOfParent();
const [readers = 0, ms = 0] = process.argv.slice(2).map(Number);
let confirmed = Promise.withResolvers<void>();
let missing = 0;
const children = Array.from({ length: readers }, () => {
  return Bun.spawn([process.execPath, join(import.meta.dir, "told-reader.ts")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    serialization: "advanced",
    ipc: () => {
      missing -= 1;
      if (missing === 0) confirmed.resolve();
    },
  });
});
const tellAll = async (
  prices: readonly (readonly [index: number, price: Price])[],
): Promise<void> => {
  missing = readers;
  confirmed = Promise.withResolvers();
  for (const child of children) for (const price of prices) child.send(price);
  for (const child of children) child.send("confirm");
  await confirmed.promise;
};
await tellAll([]);
let updates = 0;
const startMs = nowMs();
while (nowMs() - startMs < ms && !end.aborted) {
  const prices = Array.from({ length: BURST }, () => {
    updates += 1;
    const price = { sequence: 0, bid: 0, ask: 0 };
    setPrice(price, updates);
    return [updates % INSTRUMENTS, price] as const;
  });
  await tellAll(prices);
}
say({ updates, writeMs: nowMs() - startMs } satisfies Writing);
for (const child of children) child.disconnect();
await Promise.all(children.map(({ exited }) => exited));

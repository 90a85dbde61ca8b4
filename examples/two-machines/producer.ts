/**
 * Takes readings on one machine: `producer.ts COUNT PER_SECOND`. It knows a channel, and nothing of other machines. Says twenty times a second how many it
 * has sent.
 *
 * @module
 */
import { Producer } from "@isthmus/ipc";
import { aborted, endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { CAPACITY_BYTES, NAME, Reading } from "./readings.ts";

const SAY_MS = 50;
const [count = 0, perSecond = 0] = process.argv.slice(2).map(Number);
const end = endOfParent();
const options = { schema: Reading, capacityBytes: CAPACITY_BYTES };
using producer = Producer.createOrOpen(NAME, options);
const startMs = performance.now();
let sent = 0;
say(sent);
const timer = setInterval(() => say(sent), SAY_MS);
while (sent < count && !end.aborted) {
  const dueMs = (sent * 1000) / perSecond - (performance.now() - startMs);
  if (dueMs > 1) await Bun.sleep(dueMs);
  await producer.sendAsync({ id: sent, atMs: nowMs() }, { signal: end }).catch(() => undefined);
  sent++;
}
clearInterval(timer);
say(sent);
await aborted(end);

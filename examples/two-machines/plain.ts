/**
 * What one would write otherwise: `plain.ts SERVER send COUNT PER_SECOND` publishes readings with the client library of the server,
 * `plain.ts SERVER receive` subscribes to them. Nothing acknowledges, nothing is kept.
 *
 * @module
 */
import { connect } from "@nats-io/transport-node";
import { endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { NOTHING, SUBJECT } from "./readings.ts";
import { Tally } from "./tally.ts";

const [servers = "", role = "", count = 0, perSecond = 0] = process.argv.slice(2);
// Also while there is no connection yet.
endOfParent().addEventListener("abort", () => process.exit());
const connection = await connect({
  servers,
  pingInterval: 2000,
  maxPingOut: 2,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  waitOnFirstConnect: true,
});
if (role === "receive") {
  const tally = new Tally();
  connection.subscribe(SUBJECT, { callback: (_error, message) => tally.add(message.json()) });
  await connection.flush();
}
say(NOTHING);
const startMs = performance.now();
for (let id = 0; id < Number(count); id++) {
  const dueMs = (id * 1000) / Number(perSecond) - (performance.now() - startMs);
  if (dueMs > 1) await Bun.sleep(dueMs);
  connection.publish(SUBJECT, JSON.stringify({ id, atMs: nowMs() }));
}

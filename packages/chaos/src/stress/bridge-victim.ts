/**
 * One end of a bridge, to be killed: `bridge-victim URL out|in HERE [SPILL]`. Says "ready" when it carries records, and ends with the
 * reason when it cannot go on.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { bridge } from "@isthmus/bridge";
import { BRIDGE_STREAM } from "./bridge-record.ts";

const [server = "", role = "", here = "", spill] = process.argv.slice(2);
const carrying = await bridge(BRIDGE_STREAM, {
  server,
  role: role as "out" | "in",
  here,
  spill,
  spillMaxBytes: 2 ** 26,
  // Little at a time, so that a kill finds much under way.
  batchBytes: 4096,
  stream: { maxBytes: 2 ** 24 },
  wait: true,
});
writeSync(1, "ready\n");
await carrying.closed;

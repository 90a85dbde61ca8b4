/**
 * A dashboard that says how much memory it really needs, when it is asked by SIGUSR2: `bun served.ts INTERVAL_MS`.
 *
 * What the heap holds between two collections says more about the collector than about the program.
 *
 * @module
 */
import { heapStats } from "bun:jsc";
import { DashboardServer } from "../src/server/index.ts";

const intervalMs = Number(process.argv[2]);
const server = await DashboardServer.start({
  port: 0,
  intervalMs,
  resultsDirectory: "nowhere",
  // Nobody starts the demonstration.
  commandName: "isthmus",
  command: [],
});
tell({ url: server.url });
process.on("SIGUSR2", () => {
  const { user, system } = process.cpuUsage();
  Bun.gc(true);
  tell({ cpu_seconds: (user + system) / 1e6, heap_bytes: heapStats().heapSize });
});

function tell(record: object): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

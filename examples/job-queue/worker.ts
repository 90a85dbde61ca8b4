/**
 * A worker: `worker.ts [SQLITE_FILE]`. Says when it is ready, and at the end what it has done.
 *
 * @module
 */
import { aborted, endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { openQueue, type Work } from "./jobs.ts";

const done: number[] = [];
let takenOverMs: number | undefined;
const end = endOfParent();
using queue = openQueue(process.argv[2] ?? "");
say("ready");
try {
  await queue.work(async ({ number, isStuck }, attempts) => {
    if (isStuck && attempts === 1) {
      say("stuck");
      await aborted(end);
    }
    if (isStuck) takenOverMs = nowMs();
    done.push(number);
  }, end);
} catch (error) {
  if (error !== end.reason) throw error;
}
say({ done, takenOverMs } satisfies Work);

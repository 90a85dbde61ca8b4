/**
 * Adds 1 again and again: `bun worker.ts PATH NAME PERSON TIMES PAUSE_MS`. Says how often, every 100 times, and at the end from when to when;
 * with a pause before each it says when it adds instead. Without a name it uses a table of SQLite.
 *
 * @module
 */
import { endOfParent, say } from "../shared/processes.ts";
import { nowMs } from "../shared/report.ts";
import { EventCounter } from "./event-counter.ts";
import { SqliteCounter } from "./sqlite-counter.ts";

const EVERY = 100;
const [path = "", name = "", person, times, pauseMs] = process.argv.slice(2);
const isSlow = Number(pauseMs) > 0;
const signal = endOfParent();
using counter = name === "" ? new SqliteCounter(path) : new EventCounter(path, name);
const startMs = nowMs();
for (let done = 1; done <= Number(times) && !signal.aborted; done++) {
  if (isSlow) {
    await Bun.sleep(Number(pauseMs));
    say(nowMs());
  }
  counter.add(Number(person), 1);
  if (isSlow || done % EVERY !== 0) continue;
  say(done);
  await Bun.sleep(0);
}
say({ startMs, endMs: nowMs() });
process.exit();

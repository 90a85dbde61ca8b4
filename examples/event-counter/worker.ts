/**
 * Adds 1 again and again: `bun worker.ts JOURNAL NAME PERSON TIMES [PAUSE_MS]`. Says how often, every 100 times and at the end; with a pause,
 * when it adds, in milliseconds since 1970. Without a name it uses a table of SQLite.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { EventCounter } from "./event-counter.ts";
import { SqliteCounter } from "./sqlite-counter.ts";

const [path = "", name = "", person = "0", times = "0", pauseMs = "0"] = process.argv.slice(2);
const counter = name === "" ? new SqliteCounter(path) : new EventCounter(path, name);
const say = (text: number | string): void => void writeSync(1, `${text}\n`);

say("ready");
// Until everybody is ready.
for await (const _ of console) break;
for (let done = 1; done <= Number(times); done++) {
  if (Number(pauseMs) > 0) {
    await Bun.sleep(Number(pauseMs));
    say(performance.timeOrigin + performance.now());
  }
  counter.add(Number(person), 1);
  if (done % 100 === 0 || done === Number(times)) say(done);
}
counter[Symbol.dispose]();
process.exit();

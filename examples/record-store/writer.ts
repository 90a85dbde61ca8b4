/**
 * Writes records until it is killed, and says now and then which is the last one: `bun writer.ts PATH FIRST`.
 *
 * @module
 */
import { endOfParent, say } from "../shared/processes.ts";
import { RecordStore } from "./record-store.ts";
import { recordOf } from "./records.ts";

const EVERY = 100;
const [path = "", first = "0"] = process.argv.slice(2);
const signal = endOfParent();
using store = new RecordStore(path);
for (let n = Number(first); !signal.aborted; n++) {
  const { key, value } = recordOf(n);
  store.put(key, value);
  if (n % EVERY !== 0) continue;
  say(n);
  await Bun.sleep(0);
}
process.exit();

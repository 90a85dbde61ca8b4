/**
 * One of those who append and wait for the disk: `sync-writer.ts STORE PATH COUNT` says when it is ready, and begins when it is told to.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { Journal } from "@isthmus/store";
import { recordOf, SqliteLog } from "./stores.ts";

const [store = "", path = "", count = ""] = process.argv.slice(2);
const target: { append(record: Uint8Array<ArrayBuffer>): unknown } =
  store === "journal"
    ? Journal.open(path, { schema: bytes, sync: "always" })
    : new SqliteLog(path, "FULL");
target.append(recordOf(0));
process.on("message", () => {
  for (let i = 1; i <= Number(count); i++) target.append(recordOf(i));
  process.exit();
});
process.send?.("ready");

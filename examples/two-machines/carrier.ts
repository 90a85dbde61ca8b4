/**
 * The bridge of one machine: `carrier.ts SERVER out|in`. `isthmus bridge --server SERVER --out readings` does the same.
 *
 * @module
 */
import { bridge } from "@isthmus/bridge";
import { aborted, endOfParent, say } from "../shared/processes.ts";
import { NAME } from "./readings.ts";

const [server = "", role = ""] = process.argv.slice(2);
const end = endOfParent();
await using carrier = await bridge(NAME, { server, role: role as "out" | "in", wait: true });
say(process.pid);
await Promise.race([aborted(end), carrier.closed]);

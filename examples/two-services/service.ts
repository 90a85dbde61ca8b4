/**
 * The service that is asked, over shared memory and over HTTP. Says the port of the latter.
 *
 * @module
 */
import { Responder } from "@isthmus/ipc";
import { endOfParent, say } from "../shared/processes.ts";
import { type Order, quote, SCHEMAS, SERVICE } from "./quotes.ts";

const end = endOfParent();
const responder = Responder.createOrOpen(SERVICE, SCHEMAS);
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => Response.json(quote((await request.json()) as Order)),
});
say(server.port);
try {
  await responder.serve(quote, { signal: end });
} catch (error) {
  if (error !== end.reason) throw error;
}
responder.dispose();
await server.stop(true);
process.exit();

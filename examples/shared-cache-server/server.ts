/**
 * One of several servers on one port: `server.ts shared|own LIMIT PORT`. Says its port.
 *
 * @module
 */
import { aborted, endOfParent, say } from "../shared/processes.ts";
import { ownState, sharedState } from "./state.ts";

/** Rendering a page is work: this much is hashed for it, some milliseconds. */
const WORK = new Uint8Array(4 << 20);

const end = endOfParent();
const [kind, limit, port] = process.argv.slice(2);
// Not `using`: a server lives until it is told to end, and then in this order.
const state = (kind === "shared" ? sharedState : ownState)(Number(limit));
const server = Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  reusePort: true,
  async fetch(request) {
    const client = request.headers.get("x-client") ?? "";
    if (!state.allows(client)) return new Response("Too many requests", { status: 429 });
    let isRendered = false;
    const page = await state.page(new URL(request.url).pathname, async () => {
      isRendered = true;
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", WORK));
      return `<h1>${digest.toHex()}, rendered by ${process.pid}</h1>`;
    });
    return new Response(page, { headers: { "x-rendered": String(isRendered) } });
  },
});
say(server.port);
await aborted(end);
await server.stop(true);
state[Symbol.dispose]();
process.exit();

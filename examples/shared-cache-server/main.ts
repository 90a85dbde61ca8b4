/**
 * Four servers on one port, with state of their own and with shared state:
 * `bun examples/shared-cache-server/main.ts [--pages 200] [--rounds 8] [--limit 100]`.
 *
 * @module
 */
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, printTable } from "../shared/report.ts";

const SERVER = join(import.meta.dir, "server.ts");
const SERVERS = 4;
/** How many requests are under way at a time. */
const CONCURRENCY = 32;
const { pages, rounds, limit } = numberOptions({ pages: 200, rounds: 8, limit: 100 });

interface Outcome {
  readonly renders: number;
  readonly perSecond: number;
  /** How many of the requests of one greedy client were answered. */
  readonly allowed: number;
}

async function serve(signal: AbortSignal, kind: "own" | "shared"): Promise<Outcome> {
  await using servers = new AsyncDisposableStack();
  const first = servers.use(new Program(signal, SERVER, kind, limit, 0));
  const port = await first.next<number>();
  const others = Array.from({ length: SERVERS - 1 }, () => {
    return servers.use(new Program(signal, SERVER, kind, limit, port));
  });
  await Promise.all(others.map((server) => server.next()));
  let renders = 0;
  const ask = async (path: string, client: string): Promise<number> => {
    // A connection for each request: the kernel gives it to any of the servers.
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { "x-client": client, connection: "close" },
      keepalive: false,
      signal,
    });
    await response.text();
    if (response.headers.get("x-rendered") === "true") renders += 1;
    return response.status;
  };
  const startMs = performance.now();
  await atOnce(pages * rounds, (request) => {
    // No client asks for so much that it is refused.
    return ask(`/page/${request % pages}`, `client-${request}`);
  });
  const perSecond = ((pages * rounds) / (performance.now() - startMs)) * 1000;
  let allowed = 0;
  await atOnce(SERVERS * limit, async () => {
    if ((await ask("/page/0", "greedy")) === 200) allowed += 1;
  });
  return { renders, perSecond, allowed };
}

/** Does things, so many at a time. */
async function atOnce(total: number, act: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < total) await act(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
}

await runExample(async (signal) => {
  console.log(
    `${SERVERS} servers on one port, ${count(pages)} pages, each asked for ${rounds} times`,
  );
  const own = await serve(signal, "own");
  const shared = await serve(signal, "shared");
  const row = (name: string, { renders, perSecond, allowed }: Outcome): string[] => [
    name,
    count(renders),
    `${count(perSecond)}/s`,
    `${count(allowed)} of ${count(limit)}`,
  ];
  printTable([
    ["state", "pages rendered", "answers", "one client got"],
    row("each server its own", own),
    row("shared memory", shared),
  ]);
});

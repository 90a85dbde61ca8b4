/**
 * A Redis of this suite's own, in memory only, on a Unix socket and on loopback.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { SkipError } from "../../runner/suite.ts";
import { type RedisAddress, RedisConnection } from "./redis-connection.ts";

/** How long it may take to start, in milliseconds. */
const START_MS = 10_000;

const LOOPBACK = "127.0.0.1";

/** Where the one that was started for a place listens: programs find it on loopback. */
export const redisAddress = {
  socket: (place: string): RedisAddress => ({ unix: `${place}.socket` }),
  loopback: (place: string): RedisAddress => ({
    hostname: LOOPBACK,
    port: Number(readFileSync(`${place}.port`, "utf8")),
  }),
} as const;

/**
 * Starts one; it ends with what is returned.
 *
 * @param place A path: the socket's without the ending.
 * @throws {SkipError} When there is no `redis-server`, or it does not start.
 */
export async function startRedis(place: string): Promise<Disposable> {
  const program = Bun.which("redis-server");
  if (program === null) throw new SkipError("there is no redis-server");
  const port = String(freePort());
  writeFileSync(`${place}.port`, port);
  const path = `${place}.socket`;
  const listening = { port, bind: LOOPBACK, unixsocket: path };
  const settings = { ...listening, save: "", appendonly: "no", daemonize: "no" };
  const server = Bun.spawn(
    [program, ...Object.entries(settings).flatMap(([n, v]) => [`--${n}`, v])],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const deadline = performance.now() + START_MS;
  for (;;) {
    // The socket is there a moment before anybody listens.
    const connection =
      existsSync(path) &&
      (await RedisConnection.connect(redisAddress.socket(place)).catch(() => false));
    if (connection instanceof RedisConnection) {
      connection.close();
      break;
    }
    if (server.exitCode !== null || performance.now() > deadline) {
      server.kill();
      throw new SkipError("redis-server does not start");
    }
    await Bun.sleep(5);
  }
  return { [Symbol.dispose]: () => server.kill() };
}

/** A port on which nobody listens. */
function freePort(): number {
  using listener = Bun.listen({ hostname: LOOPBACK, port: 0, socket: { data: () => undefined } });
  return listener.port;
}

/**
 * A Redis of this suite's own, in memory only, on a Unix socket.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { SkipError } from "../../runner/suite.ts";
import { RedisConnection } from "./redis-connection.ts";

/** How long it may take to start, in milliseconds. */
const START_MS = 10_000;

/**
 * Starts one; it ends with what is returned.
 *
 * @param place The path of its socket without the ending.
 * @throws {SkipError} When there is no `redis-server`, or it does not start.
 */
export async function startRedis(place: string): Promise<Disposable> {
  const program = Bun.which("redis-server");
  if (program === null) throw new SkipError("there is no redis-server");
  const path = `${place}.socket`;
  const settings = { port: "0", unixsocket: path, save: "", appendonly: "no", daemonize: "no" };
  const server = Bun.spawn(
    [program, ...Object.entries(settings).flatMap(([n, v]) => [`--${n}`, v])],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const deadline = performance.now() + START_MS;
  for (;;) {
    // The socket is there a moment before anybody listens.
    const connection = existsSync(path) && (await RedisConnection.connect(path).catch(() => false));
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

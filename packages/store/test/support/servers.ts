/**
 * Several processes that serve one port together.
 *
 * @module
 */
import { join } from "node:path";
import type { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { testEnvironment } from "@isthmus/testing/run-program";

type Server = Bun.Subprocess<"pipe", "pipe", "inherit">;

/** Four servers. They end when their standard input does. */
export class Servers implements AsyncDisposable {
  readonly port: string;
  readonly all: readonly Server[];

  private constructor(port: string, all: readonly Server[]) {
    this.port = port;
    this.all = all;
  }

  /**
   * Starts them.
   *
   * @param directory Of the test, whose `fixtures/server.ts` takes the arguments and a port, and prints the port.
   */
  static async start(home: Home, directory: string, ...args: string[]): Promise<Servers> {
    const path = join(directory, "fixtures", "server.ts");
    const env = testEnvironment({ ISTHMUS_DIR: home.path });
    const options = { env, stdin: "pipe", stdout: "pipe", stderr: "inherit" } as const;
    const start = async (port: string) => {
      const server = Bun.spawn([process.execPath, path, ...args, port], options);
      return { server, port: (await linesOf(server.stdout).next()).value as string };
    };
    const first = await start("0");
    const others = await Promise.all([1, 2, 3].map(() => start(first.port)));
    const ports = new Set(others.map(({ port }) => port));
    if (ports.size !== 1 || !ports.has(first.port)) throw new Error(`ports: ${[...ports]}`);
    return new Servers(
      first.port,
      [first, ...others].map(({ server }) => server),
    );
  }

  /** Asks one of them, over a connection of its own: the kernel chooses which. */
  async fetch(
    path: string,
    init: RequestInit & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const headers = { ...init.headers, connection: "close" };
    return await fetch(`http://127.0.0.1:${this.port}${path}`, { ...init, headers });
  }

  /** Kills one of them. */
  async kill(index: number): Promise<void> {
    this.all[index]?.kill("SIGKILL");
    await this.all[index]?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stdin } of this.all) await stdin.end();
    await Promise.all(this.all.map(({ exited }) => exited));
  }
}

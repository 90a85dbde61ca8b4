/**
 * The dashboard's server, whole.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { directoryPath } from "@isthmus/core/internal";
import type { Server } from "bun";
import packageJson from "../../package.json" with { type: "json" };
import type { Hello } from "../wire/hello.ts";
import { Broadcaster } from "./broadcaster.ts";
import { Demonstration } from "./demonstration.ts";
import { Guard } from "./guard.ts";
import { PageFiles } from "./page-files.ts";
import { respond, type Services } from "./routes.ts";
import { Sampler } from "./sampler.ts";
import { figureCatalogue } from "./segment-figures.ts";

/** Nobody but this machine can reach it. */
const HOST_NAME = "127.0.0.1";

/** Whatever is sent to it: what is longer is refused before anybody reads it. */
const BODY_BYTES_MAX = 16 * 1024;

/** How it is started. */
export interface DashboardOptions {
  /** Where it listens; 0: wherever there is room. */
  readonly port: number;
  /** Time between two looks at shared memory, in milliseconds. */
  readonly intervalMs: number;
  /** Where the benchmark leaves its results. */
  readonly resultsDirectory: string;
  /** What runs `isthmus`, for the demonstration: all that comes before its own arguments. */
  readonly command: readonly string[];
  /** What a person types to run it. */
  readonly commandName: string;
}

/** A running dashboard. */
export class DashboardServer implements AsyncDisposable {
  readonly #server: Server<undefined>;
  readonly #stack: AsyncDisposableStack;

  private constructor(server: Server<undefined>, stack: AsyncDisposableStack) {
    this.#server = server;
    this.#stack = stack;
  }

  /**
   * Starts it.
   *
   * @throws {Error} `EADDRINUSE` when somebody else has the port; then nothing is left behind.
   * @throws {AggregateError} When the page's source has errors.
   */
  static async start(options: DashboardOptions): Promise<DashboardServer> {
    const page = await PageFiles.bundle();
    await using stack = new AsyncDisposableStack();
    const token = randomBytes(24).toString("base64url");
    const boot = randomBytes(6).toString("hex");
    const startedAtMs = Date.now();
    const versions = { version: packageJson.version, bun: Bun.version };
    const sampler = stack.use(new Sampler(options));
    // Disposed in reverse: the processes before who looks at them, and the streams first, so that nobody waits for them.
    const demonstration = stack.use(
      new Demonstration(options.command, `demonstration-${process.pid}`, (state) =>
        broadcaster.announce(state),
      ),
    );
    const server = stack.adopt(
      Bun.serve({
        hostname: HOST_NAME,
        port: options.port,
        maxRequestBodySize: BODY_BYTES_MAX,
        fetch(request, server) {
          // A stream lasts until the page is closed.
          server.timeout(request, 0);
          return respond(request, services);
        },
      }),
      (server) => server.stop(true),
    );
    const broadcaster = stack.use(
      new Broadcaster(
        sampler,
        (): Hello => ({
          boot,
          ...versions,
          pid: process.pid,
          started_at_ms: startedAtMs,
          interval_ms: options.intervalMs,
          command_name: options.commandName,
          directory: directoryPath(),
          figures: figureCatalogue(),
          token,
          demonstration: demonstration.state,
        }),
      ),
    );
    const services: Services = {
      guard: new Guard(portOf(server), token),
      page,
      sampler,
      broadcaster,
      demonstration,
      resultsDirectory: options.resultsDirectory,
      figures: () => ({
        ...versions,
        startedAtMs,
        clients: broadcaster.clientCount,
        skipped: broadcaster.skipped,
      }),
    };
    return new DashboardServer(server, stack.move());
  }

  /** Where it listens. */
  get port(): number {
    return portOf(this.#server);
  }

  /** Where the page is. */
  get url(): string {
    return `http://${HOST_NAME}:${this.port}/`;
  }

  /** Ends it at once, with everybody who watches attached, and the demonstration's processes with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Only a server on a Unix socket has none. */
function portOf({ port }: Server<undefined>): number {
  return port as number;
}

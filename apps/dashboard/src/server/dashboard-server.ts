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

/** Nobody but this machine can reach it. */
const HOST_NAME = "127.0.0.1";

/** How it is started. */
export interface DashboardOptions {
  /** Where it listens; 0: wherever there is room. */
  readonly port: number;
  /** Time between two looks at shared memory, in milliseconds. */
  readonly intervalMs: number;
  /** Where the benchmark leaves its results. */
  readonly resultsDirectory: string;
}

/** A running dashboard. */
export class DashboardServer implements AsyncDisposable {
  readonly #server: Server<undefined>;
  readonly #stack = new AsyncDisposableStack();

  private constructor(options: DashboardOptions, page: PageFiles) {
    const { port, intervalMs, resultsDirectory } = options;
    const token = randomBytes(24).toString("base64url");
    const boot = randomBytes(6).toString("hex");
    const startedAtMs = Date.now();
    const sampler = this.#stack.use(new Sampler({ intervalMs }));
    const demonstration = new Demonstration(`demonstration-${process.pid}`, (state) =>
      broadcaster.announce(state),
    );
    const versions = { version: packageJson.version, bun: Bun.version };
    const broadcaster = new Broadcaster(
      sampler,
      (): Hello => ({
        boot,
        ...versions,
        pid: process.pid,
        started_at_ms: startedAtMs,
        interval_ms: intervalMs,
        directory: directoryPath(),
        token,
        demonstration: demonstration.state,
      }),
    );
    // Disposed in reverse: the streams first, so that nobody waits for them; the processes before who looks at them.
    this.#stack.use(demonstration);
    this.#server = this.#stack.adopt(
      Bun.serve({
        hostname: HOST_NAME,
        port,
        fetch(request, server) {
          // A stream lasts until the page is closed.
          server.timeout(request, 0);
          return respond(request, services);
        },
      }),
      (server) => server.stop(true),
    );
    this.#stack.use(broadcaster);
    const services: Services = {
      guard: new Guard(this.port, token),
      page,
      sampler,
      broadcaster,
      demonstration,
      resultsDirectory,
      figures: () => ({ ...versions, startedAtMs, clients: broadcaster.clientCount }),
    };
  }

  /**
   * Starts it.
   *
   * @throws {Error} `EADDRINUSE` when somebody else has the port.
   * @throws {AggregateError} When the page's source has errors.
   */
  static async start(options: DashboardOptions): Promise<DashboardServer> {
    return new DashboardServer(options, await PageFiles.bundle());
  }

  /** Where it listens. */
  get port(): number {
    // Only a server on a Unix socket has none.
    return this.#server.port as number;
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

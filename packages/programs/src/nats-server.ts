/**
 * A real NATS server of one's own: on loopback, with its own port and store; it can be killed, stopped and started again.
 *
 * @module
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { startProcess } from "./start-process.ts";

/** Where Debian has it, which is not in everybody's `PATH`. */
const DEBIAN = "/usr/sbin/nats-server";
/** Has it end with whoever started it, also when that one is killed, where the system can. */
const ENDING: readonly string[] =
  process.platform === "linux" && Bun.which("setpriv") !== null
    ? ["setpriv", "--pdeathsig", "KILL"]
    : [];
/** Nothing depends on how fast a machine is: what has not come by then never will. */
const PATIENCE_MS = 50_000;
const LOOK_MS = 5;
/** Fewer than a message has. */
const TORN_BYTES = 10;

/**
 * Looks for the server's program.
 *
 * @returns Its path, or undefined when there is none; a test is skipped then, and stderr says so.
 * @throws {Error} When there is none and `ISTHMUS_REQUIRE_NATS` is set.
 */
export function findNatsServer(): string | undefined {
  const path = Bun.which("nats-server") ?? (existsSync(DEBIAN) ? DEBIAN : undefined);
  if (path !== undefined) return path;
  const missing = "There is no nats-server (Debian has it in the package nats-server)";
  if (process.env["ISTHMUS_REQUIRE_NATS"]) throw new Error(missing);
  process.stderr.write(`${missing}: what needs one is skipped\n`);
  return undefined;
}

/** How it is started. */
export interface NatsServerOptions {
  /** More lines for its configuration, as `max_payload: 64KB` or `authorization { token: "x" }`. */
  readonly settings?: string;
  /** What is in its block `jetstream` beside the store, as `max_file_store: 1MB`; null for none of JetStream. */
  readonly jetstream?: string | null;
  /** Where it listens; loopback unless given. */
  readonly host?: string;
}

/** A server; killed, and its store removed, when disposed. */
export class NatsServer implements AsyncDisposable {
  /** Its configuration, log and store. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "isthmus-nats-"));
  readonly #options: NatsServerOptions;
  readonly #program: string;
  #port = -1;
  #process: Subprocess<"ignore", "ignore", "ignore"> | undefined;

  private constructor(options: NatsServerOptions) {
    this.#options = options;
    const program = findNatsServer();
    if (program === undefined) throw new Error("There is no nats-server to start");
    this.#program = program;
  }

  /** Starts one, on a port that nobody uses. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(options);
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The address at which it listens. */
  get host(): string {
    return this.#options.host ?? "127.0.0.1";
  }

  /** Its port: the same one for life. */
  get port(): number {
    return this.#port;
  }

  /** Where clients find it. */
  get url(): string {
    return `nats://${this.host}:${this.#port}`;
  }

  /** Its process, while it runs. */
  get pid(): number {
    if (this.#process === undefined) throw new Error("The server does not run");
    return this.#process.pid;
  }

  /** Where it keeps its streams. */
  get store(): string {
    return join(this.directory, "store");
  }

  /** What it has logged. */
  get log(): string {
    return readFileSync(join(this.directory, "log"), "utf8");
  }

  /** Starts it on its store and its port, with other settings where some are given. It must not run. Returns when it answers. */
  async restart(settings: string = this.#options.settings ?? ""): Promise<void> {
    if (this.#process !== undefined) throw new Error("The server runs already");
    const configuration = join(this.directory, "server.conf");
    writeFileSync(configuration, this.#configuration(settings));
    this.#process = startProcess([...ENDING, this.#program, "-c", configuration], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    if (this.#port < 0) this.#port = await this.#look("its port", () => this.#announcedPort());
    await this.#look("an answer", () => answers(this.host, this.#port));
  }

  /** Kills it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Lets it end in order, and waits for that. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /**
   * Takes the last bytes of what it has stored, as a loss of power does: the last message is lost. It must not run.
   *
   * @returns Whether there was anything.
   */
  tear(): boolean {
    const blocks = readdirSync(this.store, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".blk") && name.includes("/msgs/"))
      .map((name) => join(this.store, name))
      .filter((path) => statSync(path).size > TORN_BYTES)
      .toSorted((a, b) => blockOf(a) - blockOf(b));
    const last = blocks.at(-1);
    if (last === undefined) return false;
    truncateSync(last, statSync(last).size - TORN_BYTES);
    return true;
  }

  /** Stops its process where it is, or lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.exited;
    this.#process = undefined;
  }

  #configuration(settings: string): string {
    const { jetstream = "" } = this.#options;
    const lines = [
      `listen: "${this.host}:${this.#port}"`,
      `log_file: "${join(this.directory, "log")}"`,
      `ports_file_dir: "${this.directory}"`,
      ...(jetstream === null ? [] : [`jetstream {\n store_dir: "${this.store}"\n ${jetstream}\n}`]),
      settings,
    ];
    return `${lines.join("\n")}\n`;
  }

  /** The port that it has chosen, which it writes into a file with its process number. */
  #announcedPort(): number | undefined {
    const file = readdirSync(this.directory).find((name) => name.endsWith(".ports"));
    if (file === undefined) return undefined;
    const port = /"nats": *\[\s*"[^"]*:(\d+)"/.exec(
      readFileSync(join(this.directory, file), "utf8"),
    )?.[1];
    return port === undefined ? undefined : Number(port);
  }

  async #look<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.#process?.exitCode !== null || performance.now() > endMs) {
        const log = existsSync(join(this.directory, "log")) ? this.log : "no log";
        throw new Error(`nats-server has not come up: there is no sign of ${what}\n${log}`);
      }
      await Bun.sleep(LOOK_MS);
    }
  }
}

/** The number of a file of messages. */
function blockOf(path: string): number {
  return Number(/(\d+)\.blk$/u.exec(path)?.[1] ?? 0);
}

/** Whether a server greets at a port: true, or undefined while it does not. */
async function answers(host: string, port: number): Promise<true | undefined> {
  const { promise, resolve } = Promise.withResolvers<true | undefined>();
  const socket = connect(port, host);
  socket.once("data", () => resolve(true));
  socket.once("error", () => resolve(undefined));
  socket.once("close", () => resolve(undefined));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

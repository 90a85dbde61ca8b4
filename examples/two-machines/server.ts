/**
 * A NATS server of the example's own, with a store that it finds again.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";

/** Debian has it where not everybody looks for programs. */
const PROGRAM = Bun.which("nats-server") ?? "/usr/sbin/nats-server";
const LOOK_MS = 10;

/** Whether there is one to start. */
export const isInstalled: boolean = existsSync(PROGRAM);

/** The server; killed when disposed. */
export class Server implements AsyncDisposable {
  readonly #directory: string;
  readonly #host: string;
  readonly #prefix: readonly string[];
  #process: Subprocess | undefined;
  /** Its port, chosen when it is started first. */
  port = -1;

  /**
   * @param directory Where it keeps what it has.
   * @param host Where it listens.
   * @param prefix What starts a program where it is to run.
   */
  constructor(directory: string, host: string, prefix: readonly string[]) {
    this.#directory = directory;
    this.#host = host;
    this.#prefix = prefix;
    mkdirSync(directory);
  }

  /** Starts it, on what it has kept, and waits until it listens. */
  async start(signal: AbortSignal): Promise<void> {
    const args = ["-a", this.#host, "-p", `${this.port}`, "-js", "-sd", join(this.#directory, "s")];
    const files = ["--ports_file_dir", this.#directory];
    this.#process = Bun.spawn([...this.#prefix, PROGRAM, ...args, ...files], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    // A file is named after its process: that of one that was killed is still there.
    const announced = join(this.#directory, `nats-server_${this.#process.pid}.ports`);
    while (this.port < 0 || !existsSync(announced)) {
      signal.throwIfAborted();
      await Bun.sleep(LOOK_MS);
      if (existsSync(announced)) this.port = portIn(readFileSync(announced, "utf8"));
    }
  }

  /** Kills it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function portIn(text: string): number {
  return Number(/:(\d+)"/.exec(text)?.[1] ?? -1);
}

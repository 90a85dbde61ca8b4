/**
 * What befalls a bridge in a storm: its ends and the server are killed and stopped, and the links cut.
 *
 * @module
 */
import { programCommand } from "@isthmus/programs";
import { NatsServer } from "@isthmus/programs/nats-server";
import type { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import type { TcpLink } from "@isthmus/programs/tcp-link";
import type { Subprocess } from "bun";

const VICTIM = programCommand(import.meta.dir, "bridge-victim.ts");
/** How long a server or a link is away. */
export const AWAY_MS_MAX = 200;

/** How often there was what. */
export interface StormBlows {
  bridge_kills: number;
  server_kills: number;
  torn_ends: number;
  cuts: number;
  stops: number;
}

type Process = Subprocess<"ignore", "pipe", "pipe">;

function start(args: readonly string[]): Process {
  return startProcess([...VICTIM, ...args], {
    env: { ...process.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** One end of a bridge, with a link of its own. */
export class BridgeEnd {
  readonly link: TcpLink;
  readonly #args: readonly string[];
  process: Process;

  constructor(link: TcpLink, args: readonly string[]) {
    this.link = link;
    this.#args = [link.url, ...args];
    this.process = start(this.#args);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
  }

  begin(): void {
    this.process = start(this.#args);
  }
}

/** Strikes one bridge. */
export class BridgeStriker {
  readonly #server: NatsServer;
  readonly #ends: readonly BridgeEnd[];
  readonly #figures: StormBlows;
  readonly #random: SeededRandom;
  readonly #isKept: boolean;
  readonly #blows: readonly (() => Promise<void>)[];

  /**
   * @param server The server.
   * @param ends The ends of the bridge.
   * @param figures Where blows are counted.
   * @param random Chooses.
   * @param isKept Whether what the server has acknowledged is kept, so that it may lose it.
   */
  constructor(
    server: NatsServer,
    ends: readonly BridgeEnd[],
    figures: StormBlows,
    random: SeededRandom,
    isKept: boolean,
  ) {
    this.#server = server;
    this.#ends = ends;
    this.#figures = figures;
    this.#random = random;
    this.#isKept = isKept;
    const killEnd = (): Promise<void> => this.#killEnd();
    this.#blows = [
      killEnd,
      killEnd,
      () => this.#killServer(),
      () => this.#cut(),
      () => this.#stop(),
    ];
  }

  /** Does one thing or the other; returns when it is over, though not mended. */
  async strike(): Promise<void> {
    await this.#random.pick(this.#blows)();
  }

  async #killEnd(): Promise<void> {
    const end = this.#random.pick(this.#ends);
    await end.kill();
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    end.begin();
    this.#figures.bridge_kills++;
  }

  async #killServer(): Promise<void> {
    await this.#server.kill();
    this.#figures.server_kills++;
    // Only a journal can send again what a server has lost that had acknowledged it.
    if (this.#isKept && this.#random.oneIn(2) && this.#server.tear()) this.#figures.torn_ends++;
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    await this.#server.restart();
  }

  async #cut(): Promise<void> {
    const { link } = this.#random.pick(this.#ends);
    // Without a word to anybody, or with an error at once.
    if (this.#random.oneIn(2)) link.freeze();
    else link.cut();
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    link.heal();
    this.#figures.cuts++;
  }

  async #stop(): Promise<void> {
    const victim = this.#random.pick([...this.#ends.map((end) => end.process), this.#server]);
    const signal = (name: "SIGSTOP" | "SIGCONT"): void =>
      victim instanceof NatsServer ? victim.signal(name) : void victim.kill(name);
    signal("SIGSTOP");
    await Bun.sleep(this.#random.below(AWAY_MS_MAX));
    signal("SIGCONT");
    this.#figures.stops++;
  }
}

/**
 * The bridges of a storm, and their server.
 *
 * @module
 */
import { programCommand } from "@isthmus/programs";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { Victim } from "./victim.ts";

const PROGRAM = programCommand(import.meta.dirname, "bridge-victim.ts");

/** One end of a bridge, with a link of its own. */
export class BridgeEnd {
  readonly link: TcpLink;
  readonly #args: readonly string[];
  process: Victim;

  constructor(link: TcpLink, args: readonly string[]) {
    this.link = link;
    this.#args = [link.url, ...args];
    this.process = new Victim(PROGRAM, ...this.#args);
  }

  /** Begins anew, when it has ended. */
  begin(): void {
    this.process = new Victim(PROGRAM, ...this.#args);
  }
}

/** One server, two bridges to it and one from it. */
export class Bridges implements AsyncDisposable {
  /** Two names send to one stream: each lane must be right whatever comes between its messages. */
  readonly heres: readonly [string, string];
  readonly there: string;
  readonly server: NatsServer;
  readonly outs: readonly BridgeEnd[];
  readonly back: BridgeEnd;

  private constructor(
    round: number,
    spill: string | undefined,
    server: NatsServer,
    [back, ...links]: readonly [TcpLink, TcpLink, TcpLink],
  ) {
    this.heres = [`here-${round}`, `beside-${round}`];
    this.there = `there-${round}`;
    this.server = server;
    this.outs = links.map((link, index) => {
      const here = this.heres[index] as string;
      return new BridgeEnd(link, ["out", here, ...(spill ? [`${spill}-${here}`] : [])]);
    });
    this.back = new BridgeEnd(back, ["in", this.there]);
  }

  /**
   * Starts them.
   *
   * @param round Which round it is, for their names.
   * @param spill Where journals are between those that send and the server, if there are any.
   */
  static async begin(round: number, spill: string | undefined): Promise<Bridges> {
    // A stream's end is on the disk when this says so, which is what a server that is torn has not come to.
    const server = await NatsServer.start();
    const link = async (): Promise<TcpLink> => await TcpLink.to(server);
    return new Bridges(round, spill, server, [await link(), await link(), await link()]);
  }

  get ends(): readonly BridgeEnd[] {
    return [...this.outs, this.back];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.ends) await end.process.kill();
    for (const { link } of this.ends) await link[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

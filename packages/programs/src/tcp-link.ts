/**
 * A link to a server that can be cut and healed, as a cable or a network can.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What goes through it now. */
type LinkState = "whole" | "cut" | "frozen";

/** One connection, from both sides. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A port on loopback whose connections lead to another port; ended when disposed. */
export class TcpLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  #state: LinkState = "whole";

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    // Nothing is thrown away at the end of one side: the other may still have something to say.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
      this.#accept(near);
    });
  }

  /** Makes a link to a port. */
  static async to(target: { readonly host: string; readonly port: number }): Promise<TcpLink> {
    const link = new TcpLink({ host: target.host, port: target.port });
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  /** The port that leads there: the same one for life. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where a NATS client finds what is at the other end. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Cuts it: connections break at once, on both sides, with all that is under way, and new ones end as soon as they are made. */
  cut(): void {
    this.#state = "cut";
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Lets nothing through from now on, without a word to either side, as when a cable is pulled. Nothing is lost yet. */
  freeze(): void {
    this.#state = "frozen";
    for (const { near, far } of this.#pairs) {
      near.unpipe().pause();
      far.unpipe().pause();
    }
  }

  /** Lets everything through again; also what was held back. */
  heal(): void {
    this.#state = "whole";
    for (const pair of this.#pairs) join(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near: Socket): void {
    near.on("error", () => {});
    if (this.#state === "cut") {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    far.on("error", () => {});
    near.setNoDelay(true);
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    near.once("close", end);
    far.once("close", end);
    if (this.#state === "whole") join(pair);
  }
}

function join({ near, far }: Pair): void {
  near.pipe(far);
  far.pipe(near);
}

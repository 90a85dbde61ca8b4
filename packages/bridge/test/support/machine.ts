/**
 * Machines as tests have them: each is a directory of names, and what bridges it.
 *
 * @module
 */
import { join } from "node:path";
import { OtherNames } from "@isthmus/programs/name-root";
import { Home } from "@isthmus/testing/home";
import { Peer, RemoteError } from "@isthmus/testing/peer";
import { errorOf } from "@isthmus/testing/serve";
import { type BeginOptions, type BridgeKind, beginBridge, operationsOf } from "./begin-bridge.ts";

const SCRIPT = join(import.meta.dir, "..", "fixtures", "bridger.ts");

/** A bridge, here or in another process. */
export interface Bridging {
  call<T = unknown>(operation: "metrics" | "state" | "closed" | "dispose"): Promise<T>;
}

/** A machine; its processes are killed and its memory is removed when the test ends. */
export class Machine implements AsyncDisposable {
  readonly #home = new Home();
  readonly #stack = new AsyncDisposableStack();

  get path(): string {
    return this.#home.path;
  }

  /** Opens something on this machine, in the test's own process. */
  open<T extends Disposable>(open: () => T): T {
    using _names = new OtherNames(this.path);
    return this.#stack.use(open());
  }

  /** Bridges in the test's own process; nothing else may be opened meanwhile. */
  async bridge(kind: BridgeKind, name: string, options: BeginOptions): Promise<Bridging> {
    using _names = new OtherNames(this.path);
    const bridge = this.#stack.use(await asRemote(() => beginBridge(kind, name, options)));
    const operations = operationsOf(() => bridge);
    return { call: async (operation) => (await asRemote(operations[operation])) as never };
  }

  /** Bridges in a process of its own; when this returns, it does. */
  async bridgeApart(kind: BridgeKind, name: string, options: BeginOptions): Promise<Peer> {
    const peer = this.process();
    await peer.call("bridge", kind, name, options);
    return peer;
  }

  /** Starts a process that does nothing yet. */
  process(): Peer {
    return this.#stack.use(new Peer([process.execPath, SCRIPT], { ISTHMUS_DIR: this.path }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    this.#home[Symbol.dispose]();
  }
}

/** What another process would have said. */
async function asRemote<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new RemoteError(errorOf(error));
  }
}

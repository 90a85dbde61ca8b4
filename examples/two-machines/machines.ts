/**
 * Two machines: two network namespaces with a link each to a third one, where the server is; where they may not be made, two
 * directories of names, and a relay between one of them and the server.
 *
 * @module
 */
import { mkdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { Place } from "../shared/processes.ts";

/** One of the machines. */
export interface Machine {
  /** How a program is started there. */
  readonly place: Place;
  /** Where the server is, seen from there. */
  serverUrl(port: number): string;
}

/** The two, and the link of the first one. */
export interface Machines extends AsyncDisposable {
  /** What they are, for people. */
  readonly what: string;
  readonly one: Machine;
  readonly other: Machine;
  /** Where the server listens, and how it is started. */
  readonly host: string;
  readonly hub: readonly string[];
  /** Makes the link known to the port of the server. */
  connect(port: number): Promise<void>;
  cut(): void;
  heal(): void;
}

/** Makes them, as real as one may make them here; directories also where `MACHINES=directories` is in the environment. */
export async function makeMachines(directory: string): Promise<Machines> {
  const isModest = process.env["MACHINES"] === "directories";
  const namespaces = isModest ? undefined : await Namespaces.make(directory);
  return namespaces ?? new Directories(directory);
}

function placeIn(directory: string, name: string, prefix: readonly string[] = []): Place {
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o700, recursive: true });
  return { prefix, env: { ISTHMUS_DIR: path } };
}

/** Network namespaces. They are gone with the processes that hold them, which end when this one does. */
class Namespaces implements Machines {
  readonly what = "two network namespaces";
  readonly host = "0.0.0.0";
  readonly #holders: Subprocess<"pipe", "pipe">[] = [];
  hub: readonly string[] = [];
  one: Machine = NOWHERE;
  other: Machine = NOWHERE;

  static async make(directory: string): Promise<Namespaces | undefined> {
    if (process.platform !== "linux") return undefined;
    if (!["ip", "unshare", "nsenter"].every((command) => Bun.which(command))) return undefined;
    const namespaces = new Namespaces();
    try {
      // Who is not root is so in a namespace of users of its own.
      const users = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
      namespaces.hub = await namespaces.#hold(["unshare", ...users, "--net"]);
      namespaces.one = await namespaces.#machine(directory, "one", 1);
      namespaces.other = await namespaces.#machine(directory, "other", 2);
      return namespaces;
    } catch {
      await namespaces[Symbol.asyncDispose]();
      return undefined;
    }
  }

  async connect(): Promise<void> {}

  cut(): void {
    run(...this.hub, "ip", "link", "set", "one", "down");
  }

  heal(): void {
    run(...this.hub, "ip", "link", "set", "one", "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const holder of this.#holders) holder.stdin.end();
    await Promise.all(this.#holders.map(({ exited }) => exited));
  }

  /** A machine with a link to the hub. */
  async #machine(directory: string, name: string, number: number): Promise<Machine> {
    const prefix = await this.#hold([...this.hub, "unshare", "--net"]);
    const pid = String(this.#holders.at(-1)?.pid);
    const net = `10.77.${number}`;
    run(...this.hub, "ip", "link", "add", name, "type", "veth", "peer", "eth0", "netns", pid);
    run(...this.hub, "ip", "address", "add", `${net}.1/24`, "dev", name);
    run(...this.hub, "ip", "link", "set", name, "up");
    run(...prefix, "ip", "address", "add", `${net}.2/24`, "dev", "eth0");
    run(...prefix, "ip", "link", "set", "eth0", "up");
    return {
      place: placeIn(directory, name, prefix),
      serverUrl: (port) => `nats://${net}.1:${port}`,
    };
  }

  /** Makes a namespace, and gives what starts a program in it. */
  async #hold(unshare: readonly string[]): Promise<string[]> {
    const holder = Bun.spawn([...unshare, "sh", "-c", "echo; exec cat"], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#holders.push(holder);
    // It is where it should be when it says something; until then it is where we are.
    await holder.stdout.getReader().read();
    const isApart =
      readlinkSync(`/proc/${holder.pid}/ns/net`) !== readlinkSync("/proc/self/ns/net");
    if (!isApart) throw new Error("There is no namespace of its own");
    const users = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
    return ["nsenter", "--target", String(holder.pid), "--net", ...users];
  }
}

/** Where nobody is yet. */
const NOWHERE: Machine = { place: {}, serverUrl: () => "" };

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdout: "ignore", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
}

/** Directories of names; the link of one is a relay in this process. */
class Directories implements Machines {
  readonly what = "two directories of names";
  readonly host = "127.0.0.1";
  readonly hub: readonly string[] = [];
  readonly one: Machine;
  readonly other: Machine;
  readonly #relay: Server;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  #isCut = false;

  constructor(directory: string) {
    this.#relay = createServer((near) => this.#accept(near));
    this.one = {
      place: placeIn(directory, "one"),
      serverUrl: () => {
        const address = this.#relay.address();
        return `nats://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
      },
    };
    this.other = {
      place: placeIn(directory, "other"),
      serverUrl: (port) => `nats://127.0.0.1:${port}`,
    };
  }

  async connect(port: number): Promise<void> {
    this.#target = port;
    await new Promise<void>((resolve) => this.#relay.listen(0, "127.0.0.1", () => resolve()));
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#relay.close();
  }

  #accept(near: Socket): void {
    const far = connect(this.#target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    if (this.#isCut) near.destroy();
  }
}

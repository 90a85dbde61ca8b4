/**
 * Services whose requesters and responder are on different machines.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { checkName, checkOneOf, checkOptions, type OptionNames } from "@isthmus/core/internal";
import { type ChannelSchema, Requester, type ServiceOptions } from "@isthmus/ipc";
import { BridgeHead } from "../bridge-head.ts";
import type { BridgeState } from "../bridge-state.ts";
import type { ServerConnection } from "../connection.ts";
import { openConnection, START_OPTIONS, type StartOptions } from "../kv/start-mirror.ts";
import { lockBridge } from "../lock-bridge.ts";
import { DEFAULT_SERVER } from "../server-options.ts";
import { answerOthers } from "./answering-end.ts";
import { askOthers } from "./asking-end.ts";

/** How a service is bridged. */
export interface BridgeServiceOptions<Q extends ChannelSchema, S extends ChannelSchema>
  extends StartOptions,
    Pick<ServiceOptions<Q, S>, "request" | "response" | "capacityBytes" | "maxRequesters"> {
  /** `"out"`: what is asked here goes to other machines. `"in"`: what is asked on others comes to the responder here. */
  readonly role: "out" | "in";
}

/** What the bridge of a service has counted. */
export interface ServiceBridgeMetrics {
  /** Whether there is a responder: elsewhere, of what goes out; here, of what comes in. */
  readonly isServed: boolean;
  /** How often there was one. */
  readonly terms: number;
  /** Requests that were taken. */
  readonly requests: number;
  /** Requests that are not answered yet. */
  readonly pending: number;
  /** Answers that were given. */
  readonly answers: number;
  /** Requests that were answered by an error. */
  readonly errors: number;
  /** Requests whose responder ended before it had answered them. */
  readonly died: number;
  /** How often the connection was made again. */
  readonly reconnects: number;
}

/** The same, as it is counted. */
export type ServiceCounts = {
  -readonly [K in keyof Omit<ServiceBridgeMetrics, "reconnects">]: ServiceBridgeMetrics[K];
};

/** How often observers are told, in milliseconds. */
const TELL_MS = 250;

const OPTIONS: OptionNames<BridgeServiceOptions<ChannelSchema, ChannelSchema>> = {
  ...START_OPTIONS,
  request: true,
  response: true,
  capacityBytes: true,
  maxRequesters: true,
  role: true,
};

/**
 * Lets requesters of one machine ask the responder of another one, through a server. Programs use `Requester` and `Responder` as
 * ever and know nothing of it: one process of each machine runs a bridge, `"out"` where it is asked, `"in"` where it is answered.
 *
 * **What is promised** is what a service promises on one machine. A request is handled at most once, and settled: answered, or
 * rejected with what the handler threw (`RemoteError`), with `PeerDiedError` or by the time and the signal of the requester. While nobody
 * answers elsewhere, the service here has no responder: requests wait for one, or fail with `ECONNREFUSED` (`onAbsent`). When the far
 * responder ends, its machine's bridge, or the connection of either bridge, what is not answered rejects with `PeerDiedError`; whether it
 * was handled, nobody can know. A far process that is killed is noticed by the server at once and by requesters within a second; a link
 * that is cut without a word within six.
 *
 * **Several machines.** A responder that is here goes first: the bridge out takes its place when it ends. Of several machines that
 * answer one is chosen, and asked until its responder ends. A request or an answer may have as many bytes as the server's
 * `max_payload`, 1 MiB as a rule; a longer one is an error, `ERR_OUT_OF_RANGE`.
 *
 * @param name Of the service, here unless `here` says otherwise; it is created if it is not there.
 * @param options The schemas, the same on both machines, the server, and which end this is.
 * @returns When the server is connected. The bridge lives until it is disposed.
 * @throws {SystemError | TimeoutError | NotSupportedError} When the server cannot be reached, or cannot be used.
 * @throws {CorruptSegmentError} When the service here was made with other schemas. `closed` rejects with it when whoever answers
 *   elsewhere has others.
 *
 * @example
 * ```ts no-run
 * import { json, Requester } from "@isthmus/ipc";
 * import { bridgeService } from "@isthmus/bridge";
 *
 * const schemas = { request: json, response: json };
 * await using bridge = await bridgeService("prices", { ...schemas, role: "out", server: "nats://10.0.0.1:4222" });
 * using requester = Requester.createOrOpen("prices", schemas);
 * console.log(await requester.request({ id: 7 }, { timeoutMs: 1000 }));
 * ```
 */
export async function bridgeService<Q extends ChannelSchema, S extends ChannelSchema>(
  name: string,
  options: BridgeServiceOptions<Q, S>,
): Promise<ServiceBridge> {
  const checked = checkOptions("options", options, OPTIONS as OptionNames<typeof options>);
  const { server = DEFAULT_SERVER, role, here = name } = checked;
  checkOneOf("options.role", role as "out", ["out", "in"]);
  const { request, response, capacityBytes, maxRequesters } = options;
  const service = { request, response, capacityBytes, maxRequesters };
  await using stack = new AsyncDisposableStack();
  checkName(here);
  await lockBridge(here, [role as "out"], stack);
  // Opened before anything is connected: schemas that differ are refused at once.
  const requester = stack.use(Requester.createOrOpen(here, { ...service, onAbsent: "fail" }));
  // Only whoever answers others asks here; of the other end, requesters need the place.
  if (role === "out") requester.dispose();
  const connection = stack.use(await openConnection(name, checked));
  const end = { source: "service", direction: role as "out", server: [server].flat().join(",") };
  const head = stack.use(new BridgeHead(here, end as typeof end & { source: "service" }));
  const run = async (counts: ServiceCounts, signal: AbortSignal): Promise<void> => {
    const parts = { connection, counts };
    if (role === "in") await answerOthers({ ...parts, name, requester, request, response }, signal);
    else await askOthers({ ...parts, name, here, options: service }, signal);
  };
  return new ServiceBridge(name, { connection, head, run }, stack.move());
}

/** What the bridge of a service runs with. */
interface ServiceParts {
  readonly connection: ServerConnection;
  readonly head: BridgeHead;
  readonly run: (counts: ServiceCounts, signal: AbortSignal) => Promise<void>;
}

/** The bridge of a service, until it is disposed. */
export class ServiceBridge implements AsyncDisposable {
  /** The name of the service. */
  readonly name: string;
  /** Resolves when it has been disposed; rejects with the reason when it cannot go on. */
  readonly closed: Promise<void>;
  readonly #connection: ServerConnection;
  readonly #stop = new AbortController();
  readonly #counts: ServiceCounts = {
    isServed: false,
    terms: 0,
    requests: 0,
    pending: 0,
    answers: 0,
    errors: 0,
    died: 0,
  };
  #end: BridgeState | undefined;

  /** @internal Made by `bridgeService`. */
  constructor(name: string, parts: ServiceParts, stack: AsyncDisposableStack) {
    this.name = name;
    this.#connection = parts.connection;
    this.closed = this.#run(parts, stack);
    // Whoever does not look at it sees it in `state`.
    this.closed.catch(() => {});
  }

  /** How it is: `"connecting"` while there is no responder at the far end. */
  get state(): BridgeState {
    if (this.#end !== undefined) return this.#end;
    if (!this.#connection.isConnected) return "away";
    return this.#counts.isServed ? "live" : "connecting";
  }

  /** What it has done so far. Others see some of it with `observe`. */
  get metrics(): ServiceBridgeMetrics {
    return { ...this.#counts, reconnects: this.#connection.connects - 1 };
  }

  /** Ends the bridge: what is not answered rejects with `PeerDiedError`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DisposedError("Bridge"));
    await this.closed.catch(() => {});
  }

  async #run({ head, run }: ServiceParts, stack: AsyncDisposableStack): Promise<void> {
    const telling = setInterval(() => this.#tell(head), TELL_MS);
    try {
      await run(this.#counts, this.#stop.signal);
      this.#end = "closed";
    } catch (error) {
      this.#end = this.#stop.signal.aborted ? "closed" : "failed";
      if (this.#end === "failed") {
        head.tell("stopped", String(error));
        throw error;
      }
    } finally {
      clearInterval(telling);
      await stack.disposeAsync();
    }
  }

  #tell(head: BridgeHead): void {
    const { answers, errors, requests, pending, died, reconnects } = this.metrics;
    head.tell(this.#connection.isConnected ? "live" : "away");
    Object.assign(head.counts, {
      records: answers + errors,
      messages: requests,
      lost: died,
      lag: pending,
      inFlight: pending,
      reconnects,
    });
  }
}

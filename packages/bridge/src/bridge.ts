/**
 * One name of this machine on others.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { BridgeHead, type EndCounts, NO_COUNTS } from "./bridge-head.ts";
import { type BridgeOptions, type CheckedBridge, checkBridgeOptions } from "./bridge-options.ts";
import { type BridgeState, worstOf } from "./bridge-state.ts";
import { ServerConnection } from "./connection.ts";
import { Inbound } from "./in/inbound.ts";
import { lockBridge } from "./lock-bridge.ts";
import { type OpenedSink, openSink } from "./open-sink.ts";
import { type OpenedSource, openSource } from "./open-source.ts";
import { Outbound } from "./out/outbound.ts";
import { SpillSource } from "./out/spill-source.ts";
import { DEFAULT_SERVER } from "./server-options.ts";
import type { BridgeKind } from "./stream/description.ts";
import { isFinal, NameStream } from "./stream/name-stream.ts";

/** How often it is looked whether there is something to be bridged. */
const LOOK_MS = 100;

/**
 * Makes a channel, a topic, the dead letters of a queue or a journal of this machine appear on others, or those of others here: each
 * record once, and those of one sender in order, whatever is killed or cut meanwhile. `docs/bridge.md` says what that rests on.
 *
 * @param name What it is called on the server, and here unless `here` says otherwise.
 * @param options The server, and which way.
 * @returns A bridge that works until it is disposed. Rejects with `SystemError` `EBUSY` when there is one already, or `ECONNREFUSED` when
 *   there is no server (with `wait`, it begins all the same); `CorruptSegmentError` when the records on the server are others.
 *
 * @example
 * ```ts no-run
 * import { bridge } from "@isthmus/bridge";
 *
 * await using out = await bridge("orders", { server: "nats://127.0.0.1:4222", role: "out" });
 * console.log(out.state, out.metrics.records);
 * ```
 */
export async function bridge(name: string, options: BridgeOptions): Promise<Bridge> {
  return await Bridge.begin(checkBridgeOptions(name, options));
}

/** What a bridge has counted; see `FIGURES.bridge.end`. */
export type BridgeMetrics = Readonly<EndCounts>;

/** What is not added up of two directions. */
const GREATER: ReadonlySet<string> = new Set(["acknowledgeMs", "lastActivityMs"]);

/** One direction. */
interface End {
  /** Undefined until there is something to be carried. */
  head: BridgeHead | undefined;
  /** "live" while the head tells. */
  state: BridgeState;
}

/**
 * A bridge of one name.
 *
 * @example Say when it does not go on
 * ```ts no-run
 * import { bridge } from "@isthmus/bridge";
 *
 * await using out = await bridge("orders", { role: "out", wait: true });
 * if (out.state !== "live") console.log(out.state, out.metrics.lag);
 * await out.closed; // rejects when it cannot go on
 * ```
 */
export class Bridge implements AsyncDisposable {
  /** What it is called on the server. */
  readonly name: string;
  readonly role: "out" | "in" | "both";
  /** Resolves when it has been disposed; rejects with the reason when it cannot go on. */
  readonly closed: Promise<void>;
  readonly #options: CheckedBridge;
  readonly #ending = new AbortController();
  readonly #id: bigint = randomBytes(8).readBigUInt64LE();
  readonly #ends: End[] = [];
  readonly #closers: (() => void)[] = [];
  #ended: Promise<void> | undefined;

  private constructor(options: CheckedBridge, stack: AsyncDisposableStack, parts: Parts) {
    this.name = options.name;
    this.role = options.role;
    this.#options = options;
    options.signal?.addEventListener("abort", () => void this[Symbol.asyncDispose](), {
      once: true,
      signal: this.#ending.signal,
    });
    const runs: Promise<void>[] = [];
    if (options.role !== "in") runs.push(this.#runOut(parts));
    if (options.role !== "out") runs.push(this.#runIn(parts));
    this.closed = this.#finish(runs, stack);
    // Whoever does not look at it sees it in `state`.
    this.closed.catch(() => {});
  }

  /** @internal Begins one; see `bridge`. */
  static async begin(options: CheckedBridge): Promise<Bridge> {
    options.signal?.throwIfAborted();
    await using stack = new AsyncDisposableStack();
    const ways = options.role === "both" ? (["out", "in"] as const) : [options.role];
    await lockBridge(options.here, ways, stack);
    const ending = new AbortController();
    const connecting = ServerConnection.open(options, {
      name: `isthmus ${options.role} ${options.name}`,
      wait: options.wait,
      signal: ending.signal,
    });
    stack.defer(async () => {
      const connection = await connecting.catch(() => undefined);
      await connection?.[Symbol.asyncDispose]();
    });
    // The last that is deferred is the first that is done: whoever waits for the server waits no more.
    stack.defer(() => ending.abort(new Error("the bridge was disposed")));
    connecting.catch(() => {});
    const connection = options.wait ? undefined : await connecting;
    // Before what is sent is looked at: the lane that is filled from there is not sent back.
    const sink =
      connection && options.role !== "out" ? await openSink(options, connection) : undefined;
    stack.use(sink);
    const source = options.role === "in" ? undefined : openSource(options);
    stack.use(source);
    // While the server was waited for, nobody listened.
    options.signal?.throwIfAborted();
    return new Bridge(options, stack.move(), { connection: connecting, sink, source });
  }

  /** How it is; of both directions, the worse. */
  get state(): BridgeState {
    const states = this.#ends.map(({ head, state }) => {
      if (state !== "live") return state;
      const told = head?.state ?? "connecting";
      return told === "stopped" ? "failed" : told;
    });
    return worstOf(states);
  }

  /** What it has done so far, both directions together. Others see the same of each with `observe`. */
  get metrics(): BridgeMetrics {
    const sum: Record<string, number> = { ...NO_COUNTS };
    for (const { head } of this.#ends) {
      if (head === undefined) continue;
      for (const [name, count] of Object.entries(head.counts)) {
        const before = sum[name] ?? 0;
        sum[name] = GREATER.has(name) ? Math.max(before, count) : before + count;
      }
    }
    return sum as BridgeMetrics;
  }

  /** Ends it: what is under way is waited for, unless the server is away; what has not been sent stays where it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    await this.#ended;
  }

  async #end(): Promise<void> {
    this.#ending.abort();
    for (const close of this.#closers) close();
    await this.closed.catch(() => {});
    for (const { head } of this.#ends) head?.[Symbol.dispose]();
  }

  async #finish(runs: readonly Promise<void>[], stack: AsyncDisposableStack): Promise<void> {
    try {
      await Promise.all(runs);
    } catch (error) {
      // The other direction has nothing to do either.
      this.#ending.abort();
      for (const close of this.#closers) close();
      await Promise.allSettled(runs);
      const code = (error as { readonly code?: unknown }).code;
      for (const end of this.#ends) {
        end.state = code === "EBUSY" ? "fenced" : "failed";
        end.head?.tell("stopped", (error as Error).message);
      }
      throw error;
    } finally {
      await stack.disposeAsync();
      for (const end of this.#ends) {
        if (end.state === "connecting" || end.state === "live") end.state = "closed";
        // Of one that could not go on, observers are told why until it is disposed.
        if (end.state === "closed") end.head?.[Symbol.dispose]();
      }
    }
  }

  async #runOut({ source: opened, connection: connecting }: Parts): Promise<void> {
    const end = this.#newEnd();
    const options = this.#options;
    const found = opened ?? (await this.#whenUnlessRefused(connecting, () => openSource(options)));
    if (found === undefined) return;
    using _ = found;
    const { source, positions, kind } = found;
    const head = this.#headOf("out", kind, end);
    using spill = SpillSource.begin(options, source, head);
    const connection = await this.#unlessEnding(connecting);
    if (connection === undefined) return;
    const stream = new NameStream(connection, options.name);
    const outbound = new Outbound({
      connection,
      source: spill ?? source,
      stream,
      ensure: () => stream.ensure(found.schema, found.kind, options.stream),
      positions,
      bridge: this.#id,
      batchBytes: options.batchBytes,
      window: options.window,
      isDropping: options.whenAway === "drop",
      head,
      onGap: options.onGap,
    });
    this.#closers.push(() => outbound.close());
    if (this.#ending.signal.aborted) return;
    end.state = "live";
    await outbound.run();
  }

  async #runIn({ sink: opened, connection: connecting }: Parts): Promise<void> {
    const end = this.#newEnd();
    const options = this.#options;
    const connection = await this.#unlessEnding(connecting);
    if (connection === undefined) return;
    const found = opened ?? (await this.#when(() => openSink(options, connection)));
    if (found === undefined) return;
    using _ = found;
    const { sink, positions, kind } = found;
    const head = this.#headOf("in", kind, end);
    const inbound = new Inbound({
      connection,
      sink,
      here: options.journal ?? options.here,
      stream: new NameStream(connection, options.name),
      positions,
      from: options.from,
      ownEpoch: options.role === "both" ? sink.kept.epoch : undefined,
      head,
      onGap: options.onGap,
    });
    this.#closers.push(() => inbound.close());
    if (this.#ending.signal.aborted) return;
    end.state = "live";
    await inbound.run();
  }

  #newEnd(): End {
    const end: End = { head: undefined, state: "connecting" };
    this.#ends.push(end);
    return end;
  }

  #headOf(direction: "out" | "in", kind: BridgeKind, end: End): BridgeHead {
    const { server = DEFAULT_SERVER } = this.#options;
    const source = kind === "deadLetters" ? "queue" : kind;
    const head = new BridgeHead(this.#options.here, {
      direction,
      source,
      server: [server].flat().join(","),
    });
    end.head = head;
    return head;
  }

  /** Looks until there is something, or the bridge ends. */
  async #when<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T | undefined> {
    while (!this.#ending.signal.aborted) {
      try {
        const found = await look();
        if (found !== undefined) return found;
      } catch (error) {
        // The server may be away.
        if (isFinal(error)) throw error;
      }
      await this.#unlessEnding(new Promise((resolve) => setTimeout(resolve, LOOK_MS)));
    }
    return undefined;
  }

  /** The same; a server that will never do is told also while there is nothing to be sent. */
  async #whenUnlessRefused<T>(
    connecting: Promise<ServerConnection>,
    look: () => T | undefined,
  ): Promise<T | undefined> {
    const refused = connecting.then(() => new Promise<never>(() => {}));
    return await Promise.race([this.#when(look), refused]);
  }

  /** Waits for something; undefined when the bridge ends before. */
  async #unlessEnding<T>(promise: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#ending;
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) return undefined;
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([promise, ended]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/** What has been opened before the bridge begins. */
interface Parts {
  readonly connection: Promise<ServerConnection>;
  readonly sink: OpenedSink | undefined;
  readonly source: OpenedSource | undefined;
}

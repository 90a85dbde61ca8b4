/**
 * A mirror that runs: its connection, what it follows, and its end.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { BridgeState } from "../bridge-state.ts";
import type { ServerConnection } from "../connection.ts";
import type { LocalSide } from "./local-side.ts";
import { Mirror } from "./mirror.ts";
import type { MirrorHeads } from "./mirror-heads.ts";
import type { MirrorCounts, MirrorPlan } from "./mirror-plan.ts";

/** Between two attempts at what did not work, in milliseconds. */
const RETRY_MS = 250;
/** How often it is looked whether the connection is back, in milliseconds. */
const LOOK_MS = 25;
/** How long to wait at the end for what is under way, in milliseconds. */
const LAST_MS = 2000;

/** What a mirror has counted. */
export interface MirrorMetrics
  extends Readonly<Omit<MirrorCounts, "problem" | "bytes" | "activeMs">> {
  /** Keys that have changed here and are not acknowledged. */
  readonly lag: number;
  /** How often the connection was lost and made anew. */
  readonly reconnects: number;
  /** Why something was refused last, or is tried again; empty when nothing was. */
  readonly problem: string;
}

/** What a mirror runs with; all of it is let go of when it ends. */
export interface MirrorParts {
  readonly connection: ServerConnection;
  readonly side: LocalSide;
  readonly heads: MirrorHeads;
}

/** A mirror between memory and a bucket, until it is disposed. */
export class MirrorBridge implements AsyncDisposable {
  /** The name of what is mirrored. */
  readonly name: string;
  /** The bucket with which. */
  readonly bucket: string;
  /** Resolves when it has been disposed; rejects with the reason when it cannot go on. */
  readonly closed: Promise<void>;
  readonly #parts: MirrorParts;
  readonly #mirror: Mirror;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #ending: Promise<void> | undefined;
  #end: BridgeState | undefined;

  /** @internal Made by `bridgeStruct` and `bridgeCache`. */
  constructor(
    name: string,
    parts: MirrorParts,
    plan: MirrorPlan & { readonly bucket: { readonly name: string } },
    stack: AsyncDisposableStack,
    onRead: () => void,
  ) {
    this.name = name;
    this.bucket = plan.bucket.name;
    this.#parts = parts;
    this.#mirror = new Mirror(plan, (error) => void this.#close(stack, error));
    this.closed = this.#ended.promise;
    // Whoever does not look at it sees it in `state`.
    this.closed.catch(() => {});
    const loops = [this.#followBucket(onRead)];
    if (plan.isOut) loops.push(this.#followSide());
    const following = Promise.all(loops).then(
      () => {},
      (error) => void this.#close(stack, error),
    );
    stack.defer(() => following);
    this.#dispose = () => this.#close(stack, undefined);
  }

  readonly #dispose: () => Promise<void>;

  /** How it is. */
  get state(): BridgeState {
    if (this.#end !== undefined) return this.#end;
    if (!this.#parts.connection.isConnected) return "away";
    if (!this.#mirror.isRead) return "connecting";
    return this.#mirror.isHeldUp ? "full" : "live";
  }

  /** What it has done so far. Others see the same of each direction with `observe`, but for what there is not in other bridges. */
  get metrics(): MirrorMetrics {
    const { counts, waiting } = this.#mirror;
    const { problem = "", sent, received, conflicts, refused, forgotten } = counts;
    const reconnects = this.#parts.connection.connects - 1;
    return { sent, received, conflicts, refused, forgotten, lag: waiting, reconnects, problem };
  }

  /** Waits a moment for what has changed here to be acknowledged, then ends. What is here and what is in the bucket stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }

  #close(stack: AsyncDisposableStack, error: unknown): Promise<void> {
    this.#ending ??= this.#finish(stack, error);
    return this.#ending;
  }

  async #finish(stack: AsyncDisposableStack, error: unknown): Promise<void> {
    const endMs = performance.now() + LAST_MS;
    // A change that was made just now is told in the next turn.
    if (error === undefined) await Bun.sleep(0);
    while (error === undefined && this.#isSending && performance.now() < endMs) await Bun.sleep(1);
    const isFenced = (error as { readonly code?: unknown } | undefined)?.code === "EBUSY";
    this.#end = error === undefined ? "closed" : isFenced ? "fenced" : "failed";
    this.#tell(error);
    this.#stop.abort(new DisposedError("Bridge"));
    await this.#parts.connection[Symbol.asyncDispose]();
    await stack.disposeAsync();
    if (error === undefined) this.#ended.resolve();
    else this.#ended.reject(error);
  }

  get #isSending(): boolean {
    return this.#mirror.waiting > 0 && this.state === "live";
  }

  #tell(error?: unknown): void {
    const { counts, waiting } = this.#mirror;
    const reconnects = this.#parts.connection.connects - 1;
    const reason = error === undefined ? counts.problem : String(error);
    this.#parts.heads.tell(this.state, { counts, waiting, reconnects, reason });
  }

  /** Follows what changes here. */
  async #followSide(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const change of this.#parts.side.changes(signal)) this.#mirror.note(change);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Follows the bucket, from its beginning after every loss of the connection. */
  async #followBucket(onRead: () => void): Promise<void> {
    const { signal } = this.#stop;
    const retry = setInterval(() => {
      this.#mirror.retry();
      this.#tell();
    }, RETRY_MS);
    try {
      while (!signal.aborted) {
        if (this.#parts.connection.isConnected) await this.#readBucket(onRead);
        this.#mirror.pause();
        await Bun.sleep(LOOK_MS);
      }
    } finally {
      clearInterval(retry);
    }
  }

  async #readBucket(onRead: () => void): Promise<void> {
    const lost = new AbortController();
    using _watching = this.#parts.connection.watch(() => lost.abort());
    const either = AbortSignal.any([lost.signal, this.#stop.signal]);
    try {
      await this.#mirror.read(either, onRead);
    } catch (error) {
      if (!either.aborted) this.#mirror.counts.problem = String(error);
    }
  }
}

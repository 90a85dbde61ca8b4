/**
 * The live demonstration: a producer and a consumer, real processes, which a person starts, stops and kills.
 *
 * @module
 */
import { observe } from "@isthmus/ipc";
import type {
  DemonstrationParameters,
  DemonstrationProcess,
  DemonstrationRole,
  DemonstrationState,
  TransferSummary,
} from "../wire/demonstration-state.ts";
import { DEMONSTRATION_ROLES } from "../wire/demonstration-state.ts";
import { DemonstrationChild } from "./demonstration-child.ts";

/** Who has died is replaced after a while that is long enough to see that it is missing. */
const RESTART_MS = 3000;
/** Far longer than a process takes to open the channel, also on a busy machine. */
const BEGIN_MS = 20_000;
/** When the server ends, nobody waits longer for its processes. */
const LAST_FAREWELL_MS = 1000;

const FIRST_PARAMETERS: DemonstrationParameters = {
  records_per_second: 10_000,
  size_bytes: 64,
  batch_records: 1,
};

/** What is known of one of the two. */
interface Post {
  child: DemonstrationChild | undefined;
  restartTimer: Timer | undefined;
  beginTimer: Timer | undefined;
  restartsAtMs: number | null;
  summary: TransferSummary | null;
}

/** The two processes, and who may want to know about them. */
export class Demonstration implements AsyncDisposable {
  readonly #command: readonly string[];
  readonly #channel: string;
  readonly #onChange: (state: DemonstrationState) => void;
  readonly #posts: Readonly<Record<DemonstrationRole, Post>> = {
    producer: post(),
    consumer: post(),
  };
  #parameters = FIRST_PARAMETERS;
  #phase: DemonstrationState["phase"] = "stopped";
  #error: string | null = null;
  /** Changes are made one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  /**
   * @param command What runs `isthmus`: all that comes before its own arguments.
   * @param channel The name of the channel, which nobody else uses.
   * @param onChange Told of everything that happens to the demonstration.
   */
  constructor(
    command: readonly string[],
    channel: string,
    onChange: (state: DemonstrationState) => void,
  ) {
    this.#command = command;
    this.#channel = channel;
    this.#onChange = onChange;
  }

  /** How it is doing. */
  get state(): DemonstrationState {
    return {
      phase: this.#phase,
      channel: this.#channel,
      parameters: this.#parameters,
      producer: processOf(this.#posts.producer),
      consumer: processOf(this.#posts.consumer),
      error: this.#error,
    };
  }

  /** Starts it; one that runs goes on with other parameters. */
  async start(parameters: DemonstrationParameters): Promise<void> {
    await this.#inTurn(async () => {
      this.#parameters = parameters;
      this.#error = null;
      this.#phase = "running";
      if (!this.#posts.consumer.child) this.#launch("consumer");
      await this.#endChild("producer");
      this.#launch("producer");
    });
  }

  /** Ends both in order, the producer first, so that nothing stays behind. */
  async stop(farewellMs?: number): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#phase === "stopped") return;
      this.#phase = "stopping";
      this.#changed();
      await this.#endChild("producer", farewellMs);
      await this.#endChild("consumer", farewellMs);
      this.#phase = "stopped";
      this.#changed();
    });
  }

  /**
   * Kills one of them with SIGKILL. A successor is started a little later.
   *
   * @returns False when it is not running.
   */
  kill(role: DemonstrationRole): boolean {
    const { child } = this.#posts[role];
    child?.kill();
    return child !== undefined;
  }

  /** Ends everything soon. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const role of DEMONSTRATION_ROLES) clearTimeout(this.#posts[role].restartTimer);
    await this.stop(LAST_FAREWELL_MS);
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(change);
    this.#queue = turn.catch(() => undefined);
    await turn;
  }

  #launch(role: DemonstrationRole): void {
    const place = this.#posts[role];
    clearTimeout(place.restartTimer);
    place.restartsAtMs = null;
    const parameters = this.#parameters;
    const options = { command: this.#command, role, channel: this.#channel, parameters };
    try {
      const child = new DemonstrationChild(options);
      place.child = child;
      place.beginTimer = setTimeout(() => this.#demandBegun(role, child), BEGIN_MS);
      void child.ended.then((failure) => this.#onEnd(role, child, failure));
    } catch (error) {
      this.#fail(role, error instanceof Error ? error.message : String(error));
    }
    this.#changed();
  }

  #onEnd(role: DemonstrationRole, child: DemonstrationChild, failure: string | undefined): void {
    const place = this.#posts[role];
    if (place.child !== child) return;
    clearTimeout(place.beginTimer);
    place.child = undefined;
    place.summary = child.summary ?? place.summary;
    // Who was killed is replaced; who failed by itself would fail again.
    if (this.#phase === "running" && failure !== undefined) this.#fail(role, failure);
    else if (this.#phase === "running") this.#restartLater(role);
    this.#changed();
  }

  /** Ends a process that runs and does nothing, and all with it. */
  #demandBegun(role: DemonstrationRole, child: DemonstrationChild): void {
    if (this.#posts[role].child !== child || takesPart(this.#channel, child.pid)) return;
    this.#fail(role, `it did not open the channel within ${BEGIN_MS} ms`);
    child.kill();
  }

  #fail(role: DemonstrationRole, reason: string): void {
    this.#error = `The ${role} failed: ${reason}`;
    void this.stop();
  }

  #restartLater(role: DemonstrationRole): void {
    const place = this.#posts[role];
    place.restartsAtMs = Date.now() + RESTART_MS;
    place.restartTimer = setTimeout(() => {
      if (this.#phase === "running" && !place.child) this.#launch(role);
    }, RESTART_MS);
  }

  async #endChild(role: DemonstrationRole, farewellMs?: number): Promise<void> {
    const place = this.#posts[role];
    clearTimeout(place.restartTimer);
    clearTimeout(place.beginTimer);
    place.restartsAtMs = null;
    const { child } = place;
    if (child === undefined) return;
    // Taken from its place first: that it ends is no surprise.
    place.child = undefined;
    await child.end(farewellMs);
    place.summary = child.summary ?? place.summary;
  }

  #changed(): void {
    this.#onChange(this.state);
  }
}

function post(): Post {
  return {
    child: undefined,
    restartTimer: undefined,
    beginTimer: undefined,
    restartsAtMs: null,
    summary: null,
  };
}

function takesPart(channel: string, pid: number): boolean {
  try {
    return observe(channel).participants.some((each) => each.pid === pid);
  } catch {
    return false; // nobody has made the channel
  }
}

function processOf({ child, restartsAtMs, summary }: Post): DemonstrationProcess {
  return { pid: child?.pid ?? null, restarts_at_ms: restartsAtMs, summary };
}

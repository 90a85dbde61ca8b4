/**
 * Carrying several names at once, and telling how that goes.
 *
 * @module
 */
import type { Bridge } from "@isthmus/bridge";
import { pause } from "@isthmus/ipc/internal";
import { formatCount, formatCountOf, formatFrequency, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Way } from "./bridge-flags.ts";

/** How often it is looked how the bridges are. */
const LOOK_MS = 200;

/** One of the bridges. */
interface Carried {
  readonly way: Way;
  readonly bridge: Bridge;
  /** Why it has ended. */
  error: unknown;
  isEnded: boolean;
  /** The state that was told last. */
  told: string;
}

/** What the run is told with. */
export interface BridgeRunOptions {
  readonly signal: AbortSignal;
  /** Is told what has changed: it stays. */
  readonly onNote: (text: string) => void;
  /** Is told how far everything is, at each look. */
  readonly onProgress: (text: () => string) => void;
}

/** What came of one name. */
export interface BridgeOutcome {
  readonly way: Way;
  readonly state: Bridge["state"];
  readonly metrics: Bridge["metrics"];
  readonly error: unknown;
}

/** All bridges of a command. */
export class BridgeRun implements AsyncDisposable {
  readonly #options: BridgeRunOptions;
  readonly #all: Carried[] = [];
  #records = 0;
  #lookedAtMs: number = performance.now();

  constructor(options: BridgeRunOptions) {
    this.#options = options;
  }

  /** Adds one that has begun. */
  add(way: Way, bridge: Bridge): void {
    const carried: Carried = { way, bridge, error: undefined, isEnded: false, told: "" };
    this.#all.push(carried);
    void bridge.closed.then(
      () => {
        carried.isEnded = true;
      },
      (error: unknown) => {
        carried.isEnded = true;
        carried.error = error;
      },
    );
  }

  /** Carries until all have ended, or the signal says so. One that cannot go on does not keep the others from it. */
  async run(): Promise<void> {
    const { signal, onProgress } = this.#options;
    while (!this.#all.every(({ isEnded }) => isEnded)) {
      await pause(LOOK_MS, signal);
      for (const carried of this.#all) this.#tellChange(carried);
      onProgress(() => this.#describe());
    }
  }

  /** What came of each. */
  get outcomes(): BridgeOutcome[] {
    return this.#all.map(({ way, bridge: { state, metrics }, error }) => {
      return { way, state, metrics, error };
    });
  }

  /** Ends all: what is under way is waited for, where the server is there. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(async ({ bridge }) => await bridge[Symbol.asyncDispose]()));
  }

  #tellChange(carried: Carried): void {
    const { bridge, way, error } = carried;
    const { state } = bridge;
    if (state === carried.told) return;
    carried.told = state;
    const why = error instanceof Error ? `: ${error.message}` : "";
    this.#options.onNote(
      `${printable(way.name)} ${way.role}: ${STATE_WORDS[state] ?? state}${why}`,
    );
  }

  #describe(): string {
    const all = this.#all.map(({ bridge }) => bridge.metrics);
    const sum = (of: (one: Bridge["metrics"]) => number): number =>
      all.reduce((total, one) => total + of(one), 0);
    const records = sum((one) => one.records);
    const nowMs = performance.now();
    const perSecond = ((records - this.#records) * 1000) / Math.max(1, nowMs - this.#lookedAtMs);
    [this.#records, this.#lookedAtMs] = [records, nowMs];
    const waiting = this.#all.filter(({ bridge: { state } }) => state !== "live").length;
    const missing = sum((one) => one.lost + one.drops);
    const spilled = sum((one) => one.spilledBytes);
    return [
      `${formatCountOf(records, "record")} carried, ${formatFrequency(perSecond)}/s`,
      `${formatCount(sum((one) => one.lag))} to go`,
      ...(spilled > 0 ? [`${formatSize(spilled)} on the disk`] : []),
      ...(missing > 0 ? [`${formatCount(missing)} lost or given up`] : []),
      ...(waiting > 0 ? [`${waiting} of ${this.#all.length} not live`] : []),
    ].join(", ");
  }
}

/** What is said of a state. */
const STATE_WORDS: Readonly<Record<string, string>> = {
  connecting: "waits for the server, or for something of this name",
  live: "live",
  away: "the connection is lost; it comes back by itself",
  full: "no room: it waits, and so do those before it",
  fenced: "ended, another bridge does the same",
  failed: "ended, it cannot go on",
  closed: "ended",
};

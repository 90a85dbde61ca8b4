/**
 * What observers see of a mirror: one end for each direction.
 *
 * @module
 */
import { BridgeHead, type EndState } from "../bridge-head.ts";
import type { BridgeState } from "../bridge-state.ts";
import { DEFAULT_SERVER, type ServerOptions } from "../server-options.ts";
import type { MirrorCounts } from "./mirror-plan.ts";

/** What is told. */
interface MirrorTold {
  readonly counts: MirrorCounts;
  readonly waiting: number;
  readonly reconnects: number;
  readonly reason: string | undefined;
}

/** The ends of one mirror. */
export class MirrorHeads implements Disposable {
  readonly #out: BridgeHead | undefined;
  readonly #in: BridgeHead | undefined;

  constructor(
    name: string,
    source: "struct" | "cache",
    role: "out" | "in" | "both",
    { server = DEFAULT_SERVER }: ServerOptions,
  ) {
    const end = { source, server: [server].flat().join(",") };
    if (role !== "in") this.#out = new BridgeHead(name, { ...end, direction: "out" });
    if (role !== "out") this.#in = new BridgeHead(name, { ...end, direction: "in" });
  }

  /** Tells how the mirror is. */
  tell(state: BridgeState, { counts, waiting, reconnects, reason }: MirrorTold): void {
    for (const head of [this.#out, this.#in]) {
      head?.tell(endStateOf(state), state === "live" ? "" : reason);
      if (head !== undefined) head.counts.reconnects = reconnects;
    }
    if (this.#out !== undefined) {
      const { sent, bytes, refused, forgotten, activeMs } = counts;
      const told = { records: sent, messages: sent, bytes: bytes.out, drops: refused };
      Object.assign(this.#out.counts, { ...told, resends: forgotten, lag: waiting });
      this.#out.counts.lastActivityMs = activeMs.out;
    }
    if (this.#in !== undefined) {
      const { received, bytes, conflicts, activeMs } = counts;
      const told = { records: received, messages: received, bytes: bytes.in, lost: conflicts };
      Object.assign(this.#in.counts, { ...told, lastActivityMs: activeMs.in });
    }
  }

  [Symbol.dispose](): void {
    this.#out?.[Symbol.dispose]();
    this.#in?.[Symbol.dispose]();
  }
}

function endStateOf(state: BridgeState): EndState {
  if (state === "fenced" || state === "failed" || state === "closed") return "stopped";
  return state === "connecting" ? "away" : state;
}

/**
 * All that the page knows.
 *
 * @module
 */
import type { DemonstrationState } from "../wire/demonstration-state.ts";
import type { Frame, SegmentFrame } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import type { LogEntry } from "../wire/log-entry.ts";
import type { ConnectionListener, ConnectionStatus } from "./connection.ts";
import { figuresOf } from "./figures.ts";
import { History } from "./history.ts";
import { Ranking } from "./ranking.ts";

/** How many lines of the event log are kept. */
const LOG_MAX = 200;

/** What came from the server, and when. */
export class Model implements ConnectionListener {
  readonly history: History = new History();
  readonly ranking: Ranking = new Ranking();
  hello: Hello | undefined;
  frame: Frame | undefined;
  demonstration: DemonstrationState | undefined;
  status: ConnectionStatus = "connecting";
  /** The last entries, oldest first. */
  log: readonly LogEntry[] = [];
  /** When the last frame came, on this page's own clock. */
  heardAtMs: number | undefined;
  readonly #onChange: () => void;

  /** @param onChange Is called after every change. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** A segment of the last frame. */
  segment(name: string): SegmentFrame | undefined {
    return this.frame?.segments.find((segment) => segment.name === name);
  }

  onStatus(status: ConnectionStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.#onChange();
  }

  onHello(hello: Hello): void {
    // Another server numbers its entries anew.
    if (this.hello && this.hello.boot !== hello.boot) this.log = [];
    this.hello = hello;
    this.demonstration = hello.demonstration;
    this.#onChange();
  }

  onFrame(frame: Frame): void {
    this.frame = frame;
    this.heardAtMs = Date.now();
    this.ranking.update(frame.segments, frame.sampled_at_ms);
    this.history.add(frame.sampled_at_ms, figuresOf(frame));
    this.#onChange();
  }

  onLog(entries: readonly LogEntry[]): void {
    const last = this.log.at(-1)?.number ?? 0;
    this.log = [...this.log, ...entries.filter(({ number }) => number > last)].slice(-LOG_MAX);
    this.#onChange();
  }

  onDemonstration(state: DemonstrationState): void {
    this.demonstration = state;
    this.#onChange();
  }
}

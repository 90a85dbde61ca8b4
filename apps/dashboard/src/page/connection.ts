/**
 * The stream from the server.
 *
 * @module
 */
import type { DemonstrationState } from "../wire/demonstration-state.ts";
import type { Frame } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import type { LogEntry } from "../wire/log-entry.ts";

/** Whether figures come. */
export type ConnectionStatus = "connecting" | "live" | "reconnecting";

/** Who wants to know. */
export interface ConnectionListener {
  onStatus(status: ConnectionStatus): void;
  onHello(hello: Hello): void;
  onFrame(frame: Frame): void;
  onLog(entries: readonly LogEntry[]): void;
  onDemonstration(state: DemonstrationState): void;
}

/** Without a figure for so long, something is wrong even if nobody says so. */
const SILENCE_MS = 5000;
/** A browser gives up for good when it is refused; then the page tries by itself. */
const RETRY_MS = 1500;
const WATCH_MS = 1000;

/** Keeps one stream open, whatever happens to the server. */
export class Connection {
  readonly #listener: ConnectionListener;
  #source: EventSource | undefined;
  #lastEventId = "";
  #heardAtMs = performance.now();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: ConnectionListener) {
    this.#listener = listener;
    this.#open();
    setInterval(() => this.#watch(), WATCH_MS);
  }

  #open(): void {
    const query = this.#lastEventId && `?last-event-id=${encodeURIComponent(this.#lastEventId)}`;
    const source = new EventSource(`/events${query}`);
    this.#source = source;
    this.#on("hello", (hello: Hello) => this.#listener.onHello(hello));
    this.#on("log", (entries: LogEntry[]) => this.#listener.onLog(entries));
    this.#on("demonstration", (state: DemonstrationState) => this.#listener.onDemonstration(state));
    this.#on("frame", (frame: Frame) => {
      this.#listener.onStatus("live");
      this.#listener.onFrame(frame);
    });
    source.addEventListener("error", () => {
      this.#listener.onStatus("reconnecting");
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    });
  }

  #on<T>(type: string, handle: (data: T) => void): void {
    this.#source?.addEventListener(type, (event) => {
      this.#heardAtMs = performance.now();
      if (event.lastEventId !== "") this.#lastEventId = event.lastEventId;
      handle(JSON.parse(event.data) as T);
    });
  }

  #openLater(): void {
    this.#source?.close();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#open(), RETRY_MS);
  }

  /** A server that was stopped, or a machine that slept, closes nothing. */
  #watch(): void {
    const isSilent = performance.now() - this.#heardAtMs > SILENCE_MS;
    if (!isSilent || this.#source?.readyState !== EventSource.OPEN) return;
    this.#listener.onStatus("reconnecting");
    this.#heardAtMs = performance.now();
    this.#openLater();
  }
}

/**
 * From one sampler to many pages.
 *
 * @module
 */
import type { DemonstrationState } from "../wire/demonstration-state.ts";
import type { Hello } from "../wire/hello.ts";
import { EventStream } from "./event-stream.ts";
import { HttpError } from "./http-error.ts";
import { RecentFrames } from "./recent-frames.ts";
import { SECURITY_HEADERS } from "./responses.ts";
import type { Sampler, Tick } from "./sampler.ts";

/** So many pages are more than a person has open. */
const CLIENTS_MAX = 64;
/** Proxies and browsers let go of a connection on which nothing comes. */
const KEEP_ALIVE_MS = 15_000;
/** Who takes nothing for so long is let go of; a browser that wakes up connects again. */
const BEHIND_MS_MAX = 60_000;
/** When a browser connects again, in milliseconds. */
const RETRY_MS = 1000;

/** How patient it is. */
export interface Patience {
  /** After how long without an event a word is said, in milliseconds. */
  readonly keepAliveMs?: number;
  /** How long a client may take nothing, in milliseconds. */
  readonly behindMsMax?: number;
}

/** Sends every look of the sampler to every client, in the format of server-sent events. */
export class Broadcaster implements Disposable {
  readonly #sampler: Sampler;
  readonly #hello: () => Hello;
  readonly #boot: string;
  readonly #clients = new Set<EventStream>();
  readonly #recent = new RecentFrames();
  readonly #keepAlive: Timer;
  readonly #behindMsMax: number;
  #unsubscribe: (() => void) | undefined;
  #skipped = 0;

  /**
   * @param sampler Who looks.
   * @param hello What every stream begins with.
   * @param patience How patient it is.
   */
  constructor(sampler: Sampler, hello: () => Hello, patience: Patience = {}) {
    const { keepAliveMs = KEEP_ALIVE_MS, behindMsMax = BEHIND_MS_MAX } = patience;
    this.#behindMsMax = behindMsMax;
    this.#sampler = sampler;
    this.#hello = hello;
    this.#boot = hello().boot;
    this.#keepAlive = setInterval(() => this.#send(": still here\n\n"), keepAliveMs);
  }

  /** How many watch. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** How many frames were left out for clients that were behind. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Opens a stream.
   *
   * @param lastEventId What the client got last, when it was connected before; otherwise empty.
   * @throws {HttpError} 503 when too many watch already.
   */
  open(lastEventId: string): Response {
    if (this.#clients.size >= CLIENTS_MAX) {
      throw new HttpError(503, `At most ${CLIENTS_MAX} pages can watch: close one of them`);
    }
    const client = new EventStream(() => this.#forget(client));
    const [boot, tick, entry] = lastEventId.split("-");
    const isResumed = boot === this.#boot;
    const lastTick = isResumed ? Number(tick) || 0 : 0;
    client.lastEntry = isResumed ? Number(entry) || 0 : 0;
    const nowMs = performance.now();
    const start = `retry: ${RETRY_MS}\n${eventText("hello", this.#hello())}`;
    client.offer(start + this.#newsFor(client) + this.#recent.after(lastTick), nowMs);
    client.lastEntry = this.#sampler.log.lastNumber;
    this.#clients.add(client);
    this.#unsubscribe ??= this.#sampler.subscribe((each) => this.#onTick(each));
    const headers = {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    };
    return new Response(client.body, { headers });
  }

  /** Tells everybody how the demonstration is doing. */
  announce(state: DemonstrationState): void {
    for (const client of this.#clients) client.hasMissedState = true;
    // Who has no room for it now is told with the next that it has room for.
    this.#send("", state);
  }

  /** Ends all streams. */
  [Symbol.dispose](): void {
    clearInterval(this.#keepAlive);
    this.#unsubscribe?.();
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #onTick(tick: Tick): void {
    const id = `${this.#boot}-${tick.number}-${this.#sampler.log.lastNumber}`;
    const text = eventText("frame", tick.frame, id);
    this.#recent.add(tick.number, text);
    this.#send(text);
  }

  /** Sends to everybody, together with what has happened since they were last told. */
  #send(text: string, state?: DemonstrationState): void {
    const nowMs = performance.now();
    for (const client of this.#clients) {
      if (client.offer(this.#newsFor(client, state) + text, nowMs)) {
        client.hasMissedState = false;
        client.lastEntry = this.#sampler.log.lastNumber;
        continue;
      }
      this.#skipped++;
      if (client.behindMs(nowMs) <= this.#behindMsMax) continue;
      client.end();
      this.#forget(client);
    }
  }

  #newsFor({ lastEntry, hasMissedState }: EventStream, state?: DemonstrationState): string {
    const { log } = this.#sampler;
    const now = hasMissedState
      ? eventText("demonstration", state ?? this.#hello().demonstration)
      : "";
    return lastEntry === log.lastNumber ? now : now + eventText("log", log.after(lastEntry));
  }

  #forget(client: EventStream): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}

function eventText(event: string, data: unknown, id?: string): string {
  const head = id === undefined ? "" : `id: ${id}\n`;
  return `${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

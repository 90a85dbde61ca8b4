/**
 * The one who looks at shared memory, for everybody who watches.
 *
 * @module
 */
import {
  DirectoryObserver,
  listUnreachable,
  ratesBetween,
  type SegmentRates,
  type SegmentSample,
  type UnreachableSegment,
} from "@isthmus/ipc";
import type { Frame } from "../wire/frame.ts";
import type { LogEntry } from "../wire/log-entry.ts";
import { findChanges } from "./changes.ts";
import { EventLog } from "./event-log.ts";
import { ExitNotices } from "./exit-notices.ts";
import { frameOf, unreadableFrame } from "./frame-of.ts";
import { TakerNotices } from "./queue-frame.ts";

/**
 * Rates are those of about so long: short enough to be of now, long enough to be read, and a little longer than the
 * second after which `participantStates` says that somebody has stalled.
 */
const RATE_WINDOW_MS = 1100;
/** How long it goes on when nobody watches any more: a page that is loaded again finds its history. */
const LINGER_MS = 10_000;
/** Time between two looks for segments that are held and cannot be opened any more. */
const UNREACHABLE_INTERVAL_MS = 5000;

/** One look. */
export interface Tick {
  /** Grows by 1 with every look. */
  readonly number: number;
  readonly frame: Frame;
  /** What has happened since the look before. */
  readonly entries: readonly LogEntry[];
}

/** Is told of every look. */
export type TickListener = (tick: Tick) => void;

/** How a sampler looks. */
export interface SamplerOptions {
  /** Time between two looks, in milliseconds. */
  readonly intervalMs: number;
  /** How long it goes on when nobody watches any more. */
  readonly lingerMs?: number | undefined;
}

/** A segment, and what has happened in it within the last second. */
export interface RatedSample {
  readonly sample: SegmentSample;
  /** Compared with the look of a second ago; undefined when it is new. */
  readonly rates: SegmentRates | undefined;
  /** Of a work queue: the slots of those who take jobs from it. */
  readonly takers?: ReadonlySet<number> | undefined;
}

type SampleMap = ReadonlyMap<string, SegmentSample>;

/**
 * Looks at all segments at a steady pace while anybody watches, and not at all while nobody does. However many watch,
 * it looks once.
 */
export class Sampler implements Disposable {
  readonly log: EventLog = new EventLog();
  readonly intervalMs: number;
  readonly #lingerMs: number;
  readonly #listeners = new Set<TickListener>();
  readonly #history: { readonly atMs: number; readonly samples: SampleMap }[] = [];
  readonly #exitNotices = new ExitNotices();
  readonly #takerNotices = new TakerNotices();
  #observer: DirectoryObserver | undefined;
  #timer: Timer | undefined;
  #lingerTimer: Timer | undefined;
  #ticks = 0;
  #unreachable: readonly UnreachableSegment[] = [];
  #unreachableAtMs = -Infinity;

  constructor({ intervalMs, lingerMs = LINGER_MS }: SamplerOptions) {
    this.intervalMs = intervalMs;
    this.#lingerMs = lingerMs;
  }

  /** Whether it looks at the moment. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Begins to watch.
   *
   * @param listener Is called with every look from now on.
   * @returns Ends it; calling it again does nothing.
   */
  subscribe(listener: TickListener): () => void {
    this.#listeners.add(listener);
    clearTimeout(this.#lingerTimer);
    this.#timer ??= setInterval(() => this.#tick(), this.intervalMs);
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      this.#lingerTimer = setTimeout(() => this.#stop(), this.#lingerMs);
    };
  }

  /**
   * The state of now, with rates.
   *
   * @returns The next look, or the one after it where there has been none to compare with.
   */
  async next(): Promise<Frame> {
    return await new Promise((resolve) => {
      let isCompared = this.#history.length > 0;
      const end = this.subscribe(({ frame }) => {
        if (isCompared) {
          end();
          resolve(frame);
        }
        isCompared = true;
      });
    });
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#listeners.clear();
    clearTimeout(this.#lingerTimer);
    this.#stop();
  }

  #tick(): void {
    const startMs = performance.now();
    const atMs = Date.now();
    let frame: Frame;
    let entries: LogEntry[] = [];
    try {
      ({ frame, entries } = this.#look(startMs, atMs));
    } catch (error) {
      frame = unreadableFrame(error, atMs);
      this.#closeEyes();
    }
    const tick = { number: ++this.#ticks, frame, entries };
    for (const listener of [...this.#listeners]) listener(tick);
  }

  #look(nowMs: number, atMs: number): { readonly frame: Frame; readonly entries: LogEntry[] } {
    this.#observer ??= new DirectoryObserver();
    const looked = this.#exitNotices.correct(this.#observer.sample());
    const takers = this.#takerNotices.note(looked);
    const samples: SampleMap = new Map(looked.map((each) => [each.name, each]));
    const before = this.#history.at(-1)?.samples;
    const compared = this.#comparedWith(nowMs);
    const rated = Array.from(samples.values(), (sample): RatedSample => {
      const earlier = compared?.get(sample.name);
      const rates = earlier && ratesBetween(earlier, sample);
      return { sample, rates, takers: takers.get(sample.name) };
    });
    this.#history.push({ atMs: nowMs, samples });
    // The first look finds everything new: that is no event.
    const found = before === undefined ? [] : findChanges(before, samples);
    const entries = found.map((change) => this.log.add(change, atMs));
    return { frame: frameOf(rated, atMs, this.#lookForUnreachable(nowMs)), entries };
  }

  /** What is held and cannot be opened any more: asked seldom, since it takes a look at every open file. */
  #lookForUnreachable(nowMs: number): readonly UnreachableSegment[] {
    if (nowMs - this.#unreachableAtMs >= UNREACHABLE_INTERVAL_MS) {
      this.#unreachable = listUnreachable();
      this.#unreachableAtMs = nowMs;
    }
    return this.#unreachable;
  }

  /** The look of a second ago, or the oldest there is; forgets what is older. */
  #comparedWith(nowMs: number): SampleMap | undefined {
    const isOldEnough = (index: number): boolean => {
      const look = this.#history[index];
      return look !== undefined && nowMs - look.atMs >= RATE_WINDOW_MS;
    };
    while (isOldEnough(1)) this.#history.shift();
    return this.#history[0]?.samples;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#history.length = 0;
    this.#closeEyes();
  }

  #closeEyes(): void {
    this.#observer?.dispose();
    this.#observer = undefined;
  }
}

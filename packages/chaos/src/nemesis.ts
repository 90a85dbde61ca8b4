/**
 * The nemesis: kills, stops, continues and restarts participants at random moments, fills shared memory and deletes its
 * directory; then lets all participants end in order.
 *
 * @module
 */
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { Epoch, type Slot } from "./epoch.ts";
import { clockMs } from "./evidence.ts";
import { Findings } from "./judges/findings.ts";
import { Monitor } from "./monitor.ts";
import type { ChaosPlace } from "./place.ts";
import type { Succession } from "./recovery.ts";
import { type Interval, type NemesisOrder, type ParticipantProcess, Roster } from "./roster.ts";
import type { Scenario } from "./scenario.ts";

/** What the nemesis does, and how often in a hundred times. */
const INJECTION_WEIGHTS = { kill: 60, stop: 22, leave: 8, killAll: 4, fill: 4, delete: 2 } as const;
type Injection = keyof typeof INJECTION_WEIGHTS;
const INJECTIONS: readonly Injection[] = Object.entries(INJECTION_WEIGHTS).flatMap(
  ([kind, weight]) => Array<Injection>(weight).fill(kind as Injection),
);

/** How often the nemesis did what. */
export type InjectionCounts = Record<
  "kills" | "stops" | "leaves" | "fills" | "fileDeletions" | "directoryDeletions",
  number
>;

/** The longest pause between two looks at the participants, in milliseconds. */
const PAUSE_MS_MAX = 40;
/** One look in so many injects a fault: about ten a second. */
const ONE_IN_FAULT = 5;
/** With more empty slots than that, the processor does little else than start processes. */
const EMPTY_SLOTS_MAX = 5;
const STOP_MS_MAX = 400;
const FILL_MS_MAX = 300;
/** How long participants go on in a directory that has been deleted, at most, in milliseconds. */
const DELETED_MS_MAX = 800;
/** How long a slot stays empty on purpose, at most, in milliseconds. */
const EMPTY_MS_MAX = 400;
/** How long the slot of a participant that has failed stays empty, in milliseconds. */
const FAILURE_PAUSE_MS = 500;

/** What a run is made of. */
export interface NemesisOptions {
  readonly place: ChaosPlace;
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly durationMs: number;
  /** Whether the run may end sooner. */
  readonly isEnough: () => boolean;
  /** How long a participant may make no progress, in milliseconds. */
  readonly patienceMs: number;
  /** Harm that one participant is to do. */
  readonly order: NemesisOrder | undefined;
  /** Ends the run at once. */
  readonly signal: AbortSignal;
  /** Called at every look. */
  readonly onProgress: (counts: InjectionCounts, livingCount: number) => void;
}

/** One run of chaos. */
export class Nemesis implements AsyncDisposable {
  readonly counts: InjectionCounts = {
    kills: 0,
    stops: 0,
    leaves: 0,
    fills: 0,
    fileDeletions: 0,
    directoryDeletions: 0,
  };
  /** Participants that made no progress. */
  readonly findings: Findings = new Findings();
  readonly successions: Succession[] = [];
  /** When shared memory was full. */
  readonly fills: Interval[] = [];
  readonly #options: NemesisOptions;
  readonly #random: SeededRandom;
  readonly #roster: Roster;
  readonly #monitor: Monitor;
  /** The epochs that have not ended, the current one last. */
  readonly #epochs: Epoch[] = [];
  readonly #retirements: Promise<void>[] = [];
  #epochCount = 0;
  /** What is to be undone, and when. */
  #reliefs: { readonly atMs: number; readonly relieve: () => void }[] = [];
  #isFull = false;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#roster = new Roster(options.place, this.#random, options.order);
    this.#monitor = new Monitor(options.patienceMs);
  }

  /** All participants of the run, in the order in which they were started. */
  get participants(): readonly ParticipantProcess[] {
    return this.#roster.participants;
  }

  /** Does harm for as long as it is to; returns when all participants have ended. */
  async run(): Promise<void> {
    const { durationMs, isEnough, signal, onProgress } = this.#options;
    await this.#beginEpoch();
    // From when all are ready: on a busy machine, a short run would be over before.
    const endMs = performance.now() + durationMs;
    // A run in which nobody was killed would prove nothing.
    const isOver = (): boolean =>
      isEnough() || (performance.now() >= endMs && (this.counts.kills > 0 || durationMs === 0));
    while (!isOver()) {
      signal.throwIfAborted();
      this.#look();
      if (this.#random.oneIn(ONE_IN_FAULT)) await this.#inject();
      onProgress(this.counts, this.#current.participants.length);
      await Bun.sleep(this.#random.below(PAUSE_MS_MAX));
    }
    this.#relieve(Infinity);
    this.#retire(this.#current);
    await this.#watchUntil(Promise.all(this.#retirements));
  }

  /** Ends every process that is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#relieve(Infinity);
    await this.#roster.abandonAll();
    // Epochs that were ending notice it: they have nobody to wait for any more.
    await Promise.allSettled(this.#retirements);
    this.#roster[Symbol.dispose]();
  }

  get #current(): Epoch {
    return this.#epochs.at(-1) as Epoch;
  }

  async #beginEpoch(): Promise<void> {
    const { scenarios, patienceMs, signal } = this.#options;
    const epoch = new Epoch({
      number: this.#epochCount++,
      scenarios,
      roster: this.#roster,
      patienceMs,
      signal,
      onStuck: (participant, what) => this.#reportStuck(participant, what),
      onSuccession: (predecessor, successor) => {
        this.successions.push({ predecessor, successor });
      },
    });
    this.#epochs.push(epoch);
    await this.#watchUntil(epoch.begin());
  }

  #retire(epoch: Epoch): void {
    const retirement = epoch.retire().finally(() => {
      this.#epochs.splice(this.#epochs.indexOf(epoch), 1);
    });
    // `run` awaits it at the end, and hears of a failure then.
    retirement.catch(() => undefined);
    this.#retirements.push(retirement);
  }

  /** Undoes what is due, fills empty slots, and looks for participants that make no progress. */
  #look(): void {
    const nowMs = performance.now();
    this.#relieve(nowMs);
    for (const slot of this.#current.slots) {
      if (slot.participant?.end === "failed" && slot.dueAtMs <= slot.participant.startedAtMs) {
        slot.dueAtMs = nowMs + FAILURE_PAUSE_MS;
      }
      // While shared memory is full, a successor would find no room either.
      if (slot.participant?.end === "noRoom" && this.#isFull) slot.dueAtMs = nowMs + 1;
    }
    this.#current.refill(nowMs);
    this.#watch();
  }

  #watch(): void {
    const participants = this.#epochs.flatMap((epoch) => epoch.participants);
    for (const participant of this.#monitor.look(participants)) {
      this.#reportStuck(participant, `made no progress for ${this.#options.patienceMs} ms`);
      this.#roster.kill(participant);
    }
  }

  /** Watches until a task is done. */
  async #watchUntil(task: Promise<unknown>): Promise<void> {
    let isOver = false;
    const done = task.finally(() => {
      isOver = true;
    });
    done.catch(() => undefined);
    while (!isOver) {
      this.#watch();
      await Bun.sleep(PAUSE_MS_MAX);
    }
    await done;
  }

  async #inject(): Promise<void> {
    const victim = this.#pickVictim();
    switch (this.#random.pick(INJECTIONS)) {
      case "kill":
        if (victim !== undefined) this.#kill(victim);
        return;
      case "stop":
        if (victim?.participant?.isReady === true) this.#stop(victim.participant);
        return;
      case "leave":
        if (victim?.participant?.isReady !== true) return;
        this.counts.leaves++;
        this.#roster.ask(victim.participant, "leave");
        return;
      case "killAll":
        if (victim !== undefined) this.#killAll(victim.scenario);
        return;
      case "fill":
        return this.#fill();
      default:
        return await this.#delete();
    }
  }

  /** A participant that may be killed; undefined while too many slots are empty. */
  #pickVictim(): Slot | undefined {
    const slots = this.#current.slots.filter(({ participant }) => participant?.isSpared !== true);
    const living = slots.filter(
      ({ participant: one }) =>
        one?.isAlive === true && !one.isStopped && one.killTicket === undefined,
    );
    if (living.length === 0 || slots.length - living.length > EMPTY_SLOTS_MAX) return undefined;
    return this.#random.pick(living);
  }

  #kill(slot: Slot): void {
    const { participant } = slot;
    if (participant?.isAlive !== true || participant.isSpared) return;
    if (participant.killTicket !== undefined) return;
    const isImmediate = !this.#random.oneIn(4);
    slot.isImmediate = isImmediate;
    slot.dueAtMs = performance.now() + (isImmediate ? 0 : this.#random.below(EMPTY_MS_MAX));
    this.#roster.kill(participant);
    this.counts.kills++;
  }

  /** Kills all participants of a scenario but its keeper. */
  #killAll(scenario: Scenario): void {
    for (const slot of this.#current.slots) {
      if (slot.scenario === scenario) this.#kill(slot);
    }
  }

  #stop(participant: ParticipantProcess): void {
    participant.stop();
    this.counts.stops++;
    this.#later(this.#random.below(STOP_MS_MAX), () => {
      if (participant.isStopped) participant.proceed();
    });
  }

  #fill(): void {
    const { place } = this.#options;
    if (this.#isFull || place.whyNotFilled !== undefined) return;
    const fromMs = clockMs();
    place.fill();
    this.counts.fills++;
    this.#isFull = true;
    this.#later(this.#random.below(FILL_MS_MAX), () => {
      place.empty();
      this.#isFull = false;
      this.fills.push({ fromMs, toMs: clockMs() });
    });
  }

  /**
   * Deletes the directory, or one file of it, while participants hold what is in it. They must be able to go on and end
   * in order, except holders of locks, which are told. Only participants that come later find nothing and begin anew.
   */
  async #delete(): Promise<void> {
    const { place } = this.#options;
    const epoch = this.#current;
    this.#relieve(Infinity);
    await this.#watchUntil(epoch.settle());
    const isAll = this.#random.oneIn(2);
    if (isAll) {
      place.deleteNames();
      this.counts.directoryDeletions++;
    } else {
      place.deleteName(this.#random.pick(place.names().sort()));
      this.counts.fileDeletions++;
    }
    await this.#watchUntil(Bun.sleep(this.#random.below(DELETED_MS_MAX)));
    this.#retire(epoch);
    // A newcomer would find a part of what others share while they hold the files that are still there.
    if (!isAll) await this.#watchUntil(Promise.all(this.#retirements));
    await this.#beginEpoch();
  }

  #later(delayMs: number, relieve: () => void): void {
    this.#reliefs.push({ atMs: performance.now() + delayMs, relieve });
  }

  /** Undoes what is due at a time. */
  #relieve(nowMs: number): void {
    const due = this.#reliefs.filter(({ atMs }) => atMs <= nowMs);
    this.#reliefs = this.#reliefs.filter(({ atMs }) => atMs > nowMs);
    for (const { relieve } of due) relieve();
  }

  #reportStuck({ id, label }: ParticipantProcess, what: string): void {
    this.#options.place.note(`stuck: ${label} ${what}`);
    this.findings.report("stuck", `${label} ${what}`, 1, id);
  }
}

/**
 * The driver: kills, stops, continues and restarts participants at random moments, fills shared memory and deletes
 * its directory, and sees to it that all ends well.
 *
 * @module
 */
import type { Actor } from "./actor.ts";
import { Casting, type SabotageOrder } from "./casting.ts";
import { Era, type Post } from "./era.ts";
import { FAULT_CHOICES, type FaultCounts } from "./fault-choices.ts";
import type { Finding } from "./finding.ts";
import type { ChaosPlace } from "./place.ts";
import type { Succession } from "./recovery.ts";
import { SeededRandom } from "./seeded-random.ts";
import type { Stage } from "./stage.ts";
import { Watchman } from "./watchman.ts";

/** The longest pause between two looks at the participants, in milliseconds. */
const PAUSE_MS_MAX = 40;
/** Of so many looks, one brings a fault: about ten a second. */
const ONE_IN_FAULT = 5;
/** More vacancies than that, and the processor does little else than start processes. */
const VACANCIES_MAX = 5;
const STOP_MS_MAX = 400;
const FILL_MS_MAX = 300;
/** How long participants go on in a directory that has been deleted, at most, in milliseconds. */
const DELETED_MS_MAX = 800;
/** How long a post stays empty when it is left so on purpose, at most, in milliseconds. */
const VACANCY_MS_MAX = 400;
/** How long a post stays empty whose participant has failed. */
const FAILURE_PAUSE_MS = 500;

/** What a run is made of. */
export interface ChaosRunOptions {
  readonly place: ChaosPlace;
  readonly stages: readonly Stage[];
  readonly seed: number;
  readonly durationMs: number;
  /** Whether it may end sooner. */
  readonly isEnough: () => boolean;
  /** How long a participant may make no progress, in milliseconds. */
  readonly patienceMs: number;
  readonly sabotage: SabotageOrder | undefined;
  /** Ends the run at once. */
  readonly signal: AbortSignal;
  /** Called now and then. */
  readonly onProgress: (counts: FaultCounts, livingCount: number) => void;
}

/** One run of chaos. */
export class ChaosRun implements AsyncDisposable {
  readonly counts: FaultCounts = {
    kills: 0,
    stops: 0,
    leaves: 0,
    fills: 0,
    fileDeletions: 0,
    directoryDeletions: 0,
  };
  /** What the driver itself has found. */
  readonly findings: Finding[] = [];
  readonly successions: Succession[] = [];
  readonly #options: ChaosRunOptions;
  readonly #random: SeededRandom;
  readonly #casting: Casting;
  readonly #watchman: Watchman;
  /** All that have not ended, the current one last. */
  readonly #eras: Era[] = [];
  readonly #retirements: Promise<void>[] = [];
  #eraCount = 0;
  /** What is to be undone, and when. */
  #reliefs: { readonly atMs: number; readonly relieve: () => void }[] = [];
  #isFull = false;

  constructor(options: ChaosRunOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#casting = new Casting(options.place, this.#random, options.sabotage);
    this.#watchman = new Watchman(options.patienceMs);
  }

  /** Everybody who took part. */
  get actors(): readonly Actor[] {
    return this.#casting.actors;
  }

  /** Runs to the end of the time, and then until everybody has come to their end. */
  async run(): Promise<void> {
    const { durationMs, isEnough, signal, onProgress } = this.#options;
    await this.#beginEra();
    // From when everybody is there: on a busy machine, a short run would be over before.
    const endMs = performance.now() + durationMs;
    // A run in which nobody was killed would prove nothing.
    const isOver = (): boolean =>
      isEnough() || (performance.now() >= endMs && (this.counts.kills > 0 || durationMs === 0));
    while (!isOver()) {
      signal.throwIfAborted();
      this.#look();
      if (this.#random.oneIn(ONE_IN_FAULT)) await this.#bringFault();
      onProgress(this.counts, this.#current.actors.length);
      await Bun.sleep(this.#random.below(PAUSE_MS_MAX));
    }
    this.#relieve(Infinity);
    this.#retire(this.#current);
    await this.#watchUntil(Promise.all(this.#retirements));
  }

  /** Ends every process that is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#relieve(Infinity);
    await this.#casting.abandonAll();
    // Those that were retiring notice it, and have nobody to wait for any more.
    await Promise.allSettled(this.#retirements);
    this.#casting[Symbol.dispose]();
  }

  get #current(): Era {
    return this.#eras.at(-1) as Era;
  }

  async #beginEra(): Promise<void> {
    const { stages, patienceMs, signal } = this.#options;
    const era = new Era({
      number: this.#eraCount++,
      stages,
      casting: this.#casting,
      patienceMs,
      signal,
      onStuck: (actor, what) => this.#reportStuck(actor, what),
      onSuccession: (predecessor, successor) => {
        if (this.#isFull) successor.isHindered = true;
        this.successions.push({ predecessor, successor });
      },
    });
    this.#eras.push(era);
    await this.#watchUntil(era.begin());
  }

  #retire(era: Era): void {
    const retirement = era.retire().finally(() => {
      this.#eras.splice(this.#eras.indexOf(era), 1);
    });
    // Awaited at the end; until then nobody else hears of it.
    retirement.catch(() => undefined);
    this.#retirements.push(retirement);
  }

  /** Undoes what is due, fills posts, and sees who is stuck. */
  #look(): void {
    const nowMs = performance.now();
    this.#relieve(nowMs);
    for (const post of this.#current.posts) {
      if (post.actor?.end === "failed" && post.dueAtMs <= post.actor.startedAtMs) {
        post.dueAtMs = nowMs + FAILURE_PAUSE_MS;
      }
      // Nobody has to try in vain all the time.
      if (post.actor?.end === "noRoom" && this.#isFull) post.dueAtMs = nowMs + 1;
    }
    this.#current.refill(nowMs);
    this.#watch();
    if (this.#isFull) for (const actor of this.#current.actors) actor.isHindered = true;
  }

  #watch(): void {
    const actors = this.#eras.flatMap((era) => era.actors);
    for (const actor of this.#watchman.look(actors)) {
      this.#reportStuck(actor, `made no progress for ${this.#options.patienceMs} ms`);
      this.#casting.kill(actor);
    }
  }

  /** Goes on watching until something is over. */
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

  async #bringFault(): Promise<void> {
    const victim = this.#pickVictim();
    switch (this.#random.pick(FAULT_CHOICES)) {
      case "kill":
        if (victim !== undefined) this.#kill(victim);
        return;
      case "stop":
        if (victim?.actor?.isReady === true) this.#stop(victim.actor);
        return;
      case "leave":
        if (victim?.actor?.isReady !== true) return;
        this.counts.leaves++;
        this.#casting.ask(victim.actor, "leave");
        return;
      case "massacre":
        if (victim !== undefined) this.#killAll(victim.stage);
        return;
      case "fill":
        return this.#fill();
      default:
        return await this.#delete();
    }
  }

  /** Somebody who may be killed, or undefined while there are too few. */
  #pickVictim(): Post | undefined {
    const posts = this.#current.posts.filter(({ actor }) => actor?.isSpared !== true);
    const living = posts.filter(
      ({ actor }) => actor?.isAlive === true && !actor.isStopped && actor.killTicket === undefined,
    );
    if (living.length === 0 || posts.length - living.length > VACANCIES_MAX) return undefined;
    return this.#random.pick(living);
  }

  #kill(post: Post): void {
    const { actor } = post;
    if (actor?.isAlive !== true || actor.isSpared || actor.killTicket !== undefined) return;
    const isImmediate = !this.#random.oneIn(4);
    post.isImmediate = isImmediate;
    post.dueAtMs = performance.now() + (isImmediate ? 0 : this.#random.below(VACANCY_MS_MAX));
    this.#casting.kill(actor);
    this.counts.kills++;
  }

  /** Kills all who work on one thing, but who keeps it. */
  #killAll(stage: Stage): void {
    for (const post of this.#current.posts) {
      if (post.stage === stage) this.#kill(post);
    }
  }

  #stop(actor: Actor): void {
    actor.stop();
    this.counts.stops++;
    this.#later(this.#random.below(STOP_MS_MAX), () => {
      if (actor.isStopped) actor.proceed();
    });
  }

  #fill(): void {
    const { place } = this.#options;
    if (this.#isFull || place.whyNotFilled !== undefined) return;
    place.fill();
    this.counts.fills++;
    this.#isFull = true;
    this.#later(this.#random.below(FILL_MS_MAX), () => {
      place.empty();
      this.#isFull = false;
    });
  }

  /**
   * Deletes the directory, or one file of it, under the hands of those who hold what is in it. They must be able to go on
   * and come to a good end, except locks, whose holders are told; only who comes later finds nothing, and begins anew.
   */
  async #delete(): Promise<void> {
    const { place } = this.#options;
    const era = this.#current;
    this.#relieve(Infinity);
    await this.#watchUntil(era.muster().then(() => era.settle()));
    const isAll = this.#random.oneIn(2);
    if (isAll) {
      place.deleteNames();
      this.counts.directoryDeletions++;
    } else {
      place.deleteName(this.#random.pick(place.names().sort()));
      this.counts.fileDeletions++;
    }
    await this.#watchUntil(Bun.sleep(this.#random.below(DELETED_MS_MAX)));
    this.#retire(era);
    // Whoever comes while others hold files that are still there would find a part of what they share.
    if (!isAll) await this.#watchUntil(Promise.all(this.#retirements));
    await this.#beginEra();
  }

  #later(delayMs: number, relieve: () => void): void {
    this.#reliefs.push({ atMs: performance.now() + delayMs, relieve });
  }

  /** Undoes what is to be undone by then. */
  #relieve(nowMs: number): void {
    const due = this.#reliefs.filter(({ atMs }) => atMs <= nowMs);
    this.#reliefs = this.#reliefs.filter(({ atMs }) => atMs > nowMs);
    for (const { relieve } of due) relieve();
  }

  #reportStuck({ id, label }: Actor, what: string): void {
    this.findings.push({ fault: "stuck", count: 1, participant: id, detail: `${label} ${what}` });
  }
}

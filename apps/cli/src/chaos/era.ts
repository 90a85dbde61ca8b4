/**
 * Everybody who works in one life of the directory of named memory.
 *
 * @module
 */
import type { Actor } from "./actor.ts";
import type { Casting } from "./casting.ts";
import type { Part, Stage } from "./stage.ts";
import { READY_MS_MAX } from "./watchman.ts";

/** How often a wait looks, in milliseconds. */
const LOOK_MS = 5;

/** A place in a role, which somebody has at a time. */
export interface Post {
  readonly stage: Stage;
  readonly part: Part;
  actor: Actor | undefined;
  /** When the next one is to be started, while there is nobody; in milliseconds of `performance.now()`. */
  dueAtMs: number;
  /** Whether the next one is to be started as soon as can be, so that it is worth measuring how long that takes. */
  isImmediate: boolean;
}

/** What an era needs to know of the driver. */
export interface EraParts {
  readonly number: number;
  readonly stages: readonly Stage[];
  readonly casting: Casting;
  /** How long somebody may make no progress, in milliseconds. */
  readonly patienceMs: number;
  /** Told of somebody who made none. */
  readonly onStuck: (actor: Actor, what: string) => void;
  /** Told of somebody who was started, without delay, in the place of one that was killed. */
  readonly onSuccession: (predecessor: Actor, successor: Actor) => void;
  readonly signal: AbortSignal;
}

/** The posts of all roles, from the setting up to the end. */
export class Era {
  readonly posts: readonly Post[];
  readonly number: number;
  readonly #parts: EraParts;

  constructor(parts: EraParts) {
    this.#parts = parts;
    this.number = parts.number;
    this.posts = parts.stages.flatMap((stage) =>
      stage.parts.flatMap((part) =>
        Array.from(
          { length: part.count },
          (): Post => ({ stage, part, actor: undefined, dueAtMs: 0, isImmediate: true }),
        ),
      ),
    );
  }

  /** Those who are alive. */
  get actors(): Actor[] {
    return this.posts.flatMap(({ actor }) => (actor?.isAlive === true ? [actor] : []));
  }

  /**
   * Sets up: first who keeps things, then everybody else.
   *
   * @throws {Error} in the first era, when somebody is not there: without participants there is nothing to judge.
   */
  async begin(): Promise<void> {
    for (const isWanted of [({ part }: Post) => part.isKeeper === true, () => true]) {
      await this.#fill(isWanted);
      if (this.number === 0) await this.#demandAll(this.posts.filter(isWanted));
    }
  }

  /** Starts those whose time has come. */
  refill(nowMs: number): void {
    for (const post of this.posts) {
      if (post.actor?.isAlive !== true && nowMs >= post.dueAtMs) this.#start(post);
    }
  }

  /** Has everybody there, none of them stopped. */
  async muster(): Promise<void> {
    for (const actor of this.actors) if (actor.isStopped) actor.proceed();
    await this.#fill(() => true);
  }

  /** Has everybody stay who is there; waits until nobody is on the way out and back in. */
  async settle(): Promise<void> {
    await this.#stay(this.actors);
  }

  /** Brings everybody to their end: senders, then those who empty what they sent, then who looks at what is left. */
  async retire(): Promise<void> {
    const { casting, patienceMs, onStuck } = this.#parts;
    for (const actor of this.actors) if (actor.isStopped) actor.proceed();
    await this.#fill(({ part }) => part.rank > 0);
    await this.#letHarm();
    for (const rank of [0, 1, 2]) {
      const asked = this.actors.filter(({ part }) => part.rank === rank);
      for (const actor of asked) casting.ask(actor, "end");
      await this.#until(() => asked.every(({ isAlive }) => !isAlive));
      for (const actor of asked.filter(({ isAlive }) => isAlive)) {
        onStuck(actor, `did not end within ${patienceMs} ms of having been asked to`);
        casting.kill(actor);
        await actor.exited;
      }
    }
  }

  /** Has the harm done that somebody was told to do: when everybody else is there to see it. */
  async #letHarm(): Promise<void> {
    const saboteurs = this.actors.filter(({ isSaboteur }) => isSaboteur);
    if (saboteurs.length === 0) return;
    await this.#stay(this.actors.filter(({ isSaboteur }) => !isSaboteur));
    await this.#stay(saboteurs);
    const isDone = (): boolean => saboteurs.every((actor) => !actor.isAlive || actor.hasHarmed());
    await this.#until(isDone, this.#readyMs);
  }

  async #stay(actors: readonly Actor[]): Promise<void> {
    const { control } = this.#parts.casting;
    for (const actor of actors) control.bid(actor.id, "stay");
    const ticket = control.ticket();
    const isDone = (): boolean =>
      actors.every((actor) => !actor.isAlive || actor.hasStayed(ticket));
    await this.#until(isDone, this.#readyMs);
  }

  /**
   * Sees to it that the posts are filled, and their actors ready and not about to be gone: senders wait for ever when
   * nobody is left to empty what they fill.
   */
  async #fill(isWanted: (post: Post) => boolean): Promise<void> {
    const { casting, onStuck } = this.#parts;
    const wanted = this.posts.filter(isWanted);
    const isFilled = ({ actor }: Post): boolean => actor?.isReady === true && actor.isStaying;
    await this.#until(() => {
      const nowMs = performance.now();
      for (const post of wanted) {
        if (post.actor?.isAlive !== true && post.actor?.end !== "failed") this.#start(post);
        post.actor?.look(nowMs);
      }
      // In the first era nobody else has done any harm yet: who has failed will fail again.
      const isHopeless = this.number === 0 && wanted.some(({ actor }) => actor?.end === "failed");
      return isHopeless || wanted.every(isFilled);
    }, this.#readyMs);
    for (const { actor } of wanted.filter((post) => !isFilled(post))) {
      if (actor?.isAlive !== true) continue;
      onStuck(actor, `was not ready within ${this.#readyMs} ms`);
      casting.kill(actor);
      await actor.exited;
    }
  }

  async #demandAll(posts: readonly Post[]): Promise<void> {
    const failed = posts.find(({ actor }) => actor?.end === "failed");
    const missing = (failed ?? posts.find(({ actor }) => actor?.isReady !== true))?.actor;
    if (missing === undefined) return;
    const why = missing.isKilled ? `not ready in ${this.#readyMs} ms` : await missing.complaint();
    throw new Error(`${missing.label} could not be started: ${why}`);
  }

  #start(post: Post): void {
    const { casting, onSuccession } = this.#parts;
    const predecessor = post.actor;
    post.actor = casting.start(post.stage, post.part, this.number);
    if (predecessor?.isKilled === true && post.isImmediate) onSuccession(predecessor, post.actor);
  }

  /** How long it may take until somebody is there, or has seen what it was told. */
  get #readyMs(): number {
    return Math.max(this.#parts.patienceMs, READY_MS_MAX);
  }

  async #until(isTrue: () => boolean, limitMs = this.#parts.patienceMs): Promise<void> {
    const { signal } = this.#parts;
    const endMs = performance.now() + limitMs;
    while (!isTrue() && performance.now() < endMs) {
      signal.throwIfAborted();
      await Bun.sleep(LOOK_MS);
    }
    signal.throwIfAborted();
  }
}

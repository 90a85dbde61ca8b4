/**
 * Starts participants, numbers them, and keeps all of them for the judge.
 *
 * @module
 */
import { join } from "node:path";
import { Actor } from "./actor.ts";
import { ControlBlock } from "./control-block.ts";
import type { ChaosPlace } from "./place.ts";
import type { Sabotage } from "./sabotage.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Part, Stage } from "./stage.ts";

/** Harm that one participant is to do: the first of a role. */
export interface SabotageOrder {
  readonly stage: string;
  readonly role: string;
  readonly sabotage: Sabotage;
}

/** Everybody who takes part, or has taken part. */
export class Casting implements Disposable {
  /** In the order in which they were started; their numbers are their places. */
  readonly actors: Actor[] = [];
  readonly control: ControlBlock;
  readonly #place: ChaosPlace;
  readonly #random: SeededRandom;
  readonly #controlPath: string;
  #sabotage: SabotageOrder | undefined;

  constructor(place: ChaosPlace, random: SeededRandom, sabotage: SabotageOrder | undefined) {
    this.#place = place;
    this.#random = random;
    this.#sabotage = sabotage;
    this.#controlPath = join(place.evidencePath, "control");
    this.control = new ControlBlock(this.#controlPath);
  }

  /** Starts a participant. */
  start(stage: Stage, part: Part, era: number): Actor {
    const id = this.actors.length;
    const name = `${String(id).padStart(5, "0")}-${stage.name}-${part.role}`;
    const logPath = join(this.#place.evidencePath, `${name}.log`);
    const actor = new Actor({
      stage,
      part,
      era,
      order: {
        id,
        stage: stage.name,
        role: part.role,
        seed: this.#random.seed(),
        controlPath: this.#controlPath,
        logPath,
        sabotage: this.#takeSabotage(stage, part),
      },
      errorPath: join(this.#place.evidencePath, `${name}.err`),
      namesPath: this.#place.namesPath,
    });
    this.actors.push(actor);
    return actor;
  }

  /** Asks a participant to come to its end: as the last of its role, or in between. */
  ask(actor: Actor, bidding: "end" | "leave"): void {
    actor.isAsked = true;
    this.control.bid(actor.id, bidding);
  }

  /** Kills a participant. */
  kill(actor: Actor): void {
    actor.kill(this.control.ticket());
  }

  /** Ends every process, without judgement. */
  async abandonAll(): Promise<void> {
    await Promise.all(this.actors.filter(({ isAlive }) => isAlive).map((actor) => actor.abandon()));
  }

  [Symbol.dispose](): void {
    this.control[Symbol.dispose]();
  }

  #takeSabotage(stage: Stage, part: Part): Sabotage | undefined {
    const order = this.#sabotage;
    if (order?.stage !== stage.name || order.role !== part.role) return undefined;
    this.#sabotage = undefined;
    return order.sabotage;
  }
}

/**
 * The computations of a shard that others can wait for. Changed by who has the shard's lock; looked at by anybody.
 *
 * A computation is known by the hash of its key: two keys with one hash wait for each other, and find out.
 *
 * @module
 */
import { HOLDER, type Life, type Lives, type Words } from "@isthmus/ipc/internal";
import { FLIGHT, FLIGHT_COUNT, FLIGHT_WORDS, SHARD } from "./shard-layout.ts";

const NOBODY = 0;

/** A computation that is under way, as somebody saw it. */
export interface Flight {
  readonly ticket: number;
  /** Slot of whose it is. */
  readonly slot: number;
  readonly isOver: boolean;
}

/** The computations of one shard. */
export class Flights {
  readonly #words: Words;
  readonly #shard: number;
  readonly #base: number;
  readonly #lives: Lives;

  /**
   * @param words The segment.
   * @param shard Word at which the shard begins.
   * @param lives Who lives.
   */
  constructor(words: Words, shard: number, lives: Lives) {
    this.#words = words;
    this.#shard = shard;
    this.#base = shard + SHARD.flights;
    this.#lives = lives;
  }

  /** The computation for a hash; undefined when there is none. Needs no lock. */
  find(hash: number): Flight | undefined {
    const words = this.#words;
    for (let flight = 0; flight < FLIGHT_COUNT; flight++) {
      const base = this.#base + flight * FLIGHT_WORDS;
      const owner = words.load(base + FLIGHT.owner);
      if (owner === NOBODY || words.get(base + FLIGHT.hash) !== hash) continue;
      const ticket = words.get(base + FLIGHT.ticket);
      return { ticket, slot: slotOf(owner), isOver: this.#isOver(owner) };
    }
    return undefined;
  }

  /**
   * Begins a computation: in a free place, or in that of somebody who died.
   *
   * @returns Its ticket; undefined when all places are taken, so that nobody can wait for it.
   */
  begin(hash: number, self: Life): number | undefined {
    const words = this.#words;
    const name = (self.slot + 1) | (self.generation << HOLDER.generationShift);
    let free = -1;
    for (let flight = 0; flight < FLIGHT_COUNT; flight++) {
      const base = this.#base + flight * FLIGHT_WORDS;
      const owner = words.load(base + FLIGHT.owner);
      const isOfHash = owner !== NOBODY && words.get(base + FLIGHT.hash) === hash;
      if (owner !== NOBODY && !this.#isOver(owner)) continue;
      // The dead's own places are cleared: nobody may find two for one hash.
      if (isOfHash) words.store(base + FLIGHT.owner, NOBODY);
      if (free < 0 || isOfHash) free = base;
    }
    if (free < 0) return undefined;
    const ticket = (words.get(this.#shard + SHARD.ticket) + 1) | 0;
    words.set(this.#shard + SHARD.ticket, ticket);
    words.store(free + FLIGHT.owner, NOBODY);
    words.set(free + FLIGHT.hash, hash);
    words.set(free + FLIGHT.ticket, ticket);
    words.store(free + FLIGHT.owner, name);
    return ticket;
  }

  /** Ends a computation. */
  end(ticket: number): void {
    const words = this.#words;
    for (let flight = 0; flight < FLIGHT_COUNT; flight++) {
      const base = this.#base + flight * FLIGHT_WORDS;
      if (words.get(base + FLIGHT.ticket) !== ticket) continue;
      words.store(base + FLIGHT.owner, NOBODY);
    }
  }

  #isOver(owner: number): boolean {
    const generation = owner >>> HOLDER.generationShift;
    const slot = slotOf(owner);
    // A slot that cannot be belongs to nobody.
    if (slot < 0 || slot >= this.#lives.slotCount) return true;
    return this.#lives.isOver(slot, generation, HOLDER.generationMask);
  }
}

function slotOf(owner: number): number {
  return (owner & HOLDER.slotMask) - 1;
}

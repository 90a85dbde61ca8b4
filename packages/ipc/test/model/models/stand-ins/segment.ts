/**
 * Stands in for `segment/segment.ts`: a segment in the memory of a model.
 *
 * Participants are the shipped ones, but what they say about themselves is not kept. The model of participants has
 * these steps, too.
 *
 * @module
 */
import { conditionError, SECTION } from "@isthmus/core/internal";
import { SLOT, SLOT_BYTES } from "../../../../src/segment/participant-layout.ts";
import { Participants } from "../../../../src/segment/participants.ts";
import type { Joining } from "../../../../src/segment/slot-record.ts";
import type { Words } from "../../../../src/words.ts";
import { slotLocks } from "../kernel-locks.ts";
import { type Running, type SegmentPlaces, whoRuns } from "./world.ts";

const WHO: Joining = { role: "user", pid: 1, startTicks: 0, bell: 0, joinedAtMs: 0, name: "" };

/** As much of a specification as is used. */
interface Spec {
  readonly name: string;
  readonly reap?: (memory: unknown, slot: number) => void;
}

/**
 * The words of participants without what they only say about themselves: nobody asks here, and it is many steps. All slots
 * have been used before, for the same reason.
 */
function withoutParticulars(words: Words, { participants, slots }: SegmentPlaces): Words {
  return {
    load: (index) => (index === participants + SLOT.used ? slots : words.load(index)),
    store: (index, value) => words.store(index, value),
    add: (index, delta) => words.add(index, delta),
    and: (index, mask) => words.and(index, mask),
    or: (index, mask) => words.or(index, mask),
    exchange: (index, value) => words.exchange(index, value),
    compareExchange: (index, expected, value) => words.compareExchange(index, expected, value),
    acquire: () => words.acquire(),
    fence: () => words.fence(),
    glance: (index) => words.glance(index),
    get: () => 0,
    set: () => {},
  };
}

/** The memory of a segment. */
class ModelMemory {
  readonly words: Running["actor"]["words"];
  readonly mapping: object = {};
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
    this.words = running.actor.words;
  }

  section(id: number): { id: number; offset: number; length: number } {
    const { state, stateBytes } = this.#running.places;
    if (id === SECTION.state) return { id, offset: state * 4, length: stateBytes };
    return { id, offset: 0, length: 2 ** 30 };
  }

  wordOf(id: number): number {
    return this.section(id).offset / 4;
  }
}

/** A segment that an actor has joined. */
export class Segment {
  readonly name: string;
  readonly memory: ModelMemory;
  readonly participants: Participants;
  readonly slot: number;
  readonly #running: Running;

  constructor(_: unknown, { name, reap }: Spec) {
    this.#running = whoRuns();
    this.name = name;
    this.memory = new ModelMemory(this.#running);
    const { actor, me, places } = this.#running;
    this.participants = new Participants(
      withoutParticulars(actor.words, places),
      places.participants,
      places.slots * SLOT_BYTES,
      slotLocks(actor, places.locks, me),
    );
    this.slot = this.participants.join(WHO, (slot) => reap?.(this.memory, slot));
  }

  reapDead(reap: (memory: ModelMemory, slot: number) => void): number[] {
    return this.participants.reapDead((slot) => reap(this.memory, slot));
  }

  reclaim(): boolean {
    return false;
  }

  allocate(_: number, offset: number, lengthBytes: number): void {
    const { actor, places } = this.#running;
    const lane = offset / lengthBytes;
    if (places.isFull(lane)) throw conditionError("ENOSPC", "allocate: no room", "fallocate");
    actor.call(`allocate lane ${lane}`, (memory) => {
      memory[places.allocated + lane] = 1;
      return undefined;
    });
  }

  dispose(): void {
    this.participants.leave(this.slot);
  }
}

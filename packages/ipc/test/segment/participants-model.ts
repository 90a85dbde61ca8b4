/**
 * Lets those who join, leave, die and reap meet at every step, and die at every step, without processes.
 *
 * @module
 */
import { SLOT, SLOT_BYTES, SLOT_WORDS, STATE } from "../../src/segment/participant-layout.ts";
import type { Participants, SlotLocks } from "../../src/segment/participants.ts";
import { PlainWords } from "../model/checker/plain-words.ts";
import { attempt, Crash, interrupted } from "../sync/support/interrupted.ts";

/** `Participants`, or a copy with a mistake in it. */
export type ParticipantsClass = typeof Participants;

export const WHO = {
  role: "user",
  pid: 7,
  startTicks: 1,
  bell: 5,
  joinedAtMs: 1,
  name: "x",
} as const;

/** The kernel's locks: each handle has its own, and they go with it. */
export class LockTable {
  readonly #holders = new Map<number, object>();
  readonly #words: PlainWords;

  constructor(words: PlainWords) {
    this.#words = words;
  }

  /** The locks as one handle takes them. */
  of(handle: object): SlotLocks {
    return {
      tryLock: (slot) => {
        this.#words.before();
        if ((this.#holders.get(slot) ?? handle) !== handle) return false;
        this.#holders.set(slot, handle);
        return true;
      },
      unlock: (slot) => {
        this.#words.before();
        this.#holders.delete(slot);
      },
      isLockedByOther: (slot) => {
        this.#words.before();
        return (this.#holders.get(slot) ?? handle) !== handle;
      },
    };
  }

  /** What the kernel does when a process ends. */
  die(handle: object): void {
    for (const [slot, holder] of this.#holders) {
      if (holder === handle) this.#holders.delete(slot);
    }
  }
}

/** One world with a few slots. What the dead have left in other sections is one word per slot: 1 while there. */
export class World {
  readonly slots: number;
  readonly words: PlainWords;
  readonly locks: LockTable;
  readonly violations: string[] = [];
  /** Whether processes die in the middle of joining and reaping: then who comes next clears up (again). */
  mayRepeat = false;
  readonly #Class: ParticipantsClass;

  constructor(Class: ParticipantsClass, slots: number) {
    this.#Class = Class;
    this.slots = slots;
    this.words = new PlainWords(slots * SLOT_WORDS + slots);
    this.locks = new LockTable(this.words);
  }

  /** A process's handle. */
  handle(): Handle {
    const key = {};
    const locks = this.locks.of(key);
    const participants = new this.#Class(this.words, 0, this.slots * SLOT_BYTES, locks);
    return new Handle(this, key, participants);
  }

  leftover(slot: number): number {
    return this.slots * SLOT_WORDS + slot;
  }

  isFree(slot: number): boolean {
    return this.words.values[slot * SLOT_WORDS + SLOT.state] === STATE.free;
  }
}

/** One process in the world. */
export class Handle {
  readonly participants: Participants;
  slot: number | undefined;
  readonly #world: World;
  readonly #key: object;

  constructor(world: World, key: object, participants: Participants) {
    this.#world = world;
    this.#key = key;
    this.participants = participants;
  }

  /** Joins, and leaves something in another section, which only its death leaves there. */
  join(): void {
    const { words, violations } = this.#world;
    this.slot = this.participants.join(WHO, this.#reap);
    const leftover = this.#world.leftover(this.slot);
    if (words.values[leftover] !== 0) violations.push("took a slot that was not cleared up");
    words.store(leftover, 1);
  }

  leave(): void {
    if (this.slot === undefined) return;
    this.#world.words.store(this.#world.leftover(this.slot), 0);
    this.participants.leave(this.slot);
    this.slot = undefined;
  }

  die(): void {
    this.#world.locks.die(this.#key);
    this.slot = undefined;
  }

  reapDead(): void {
    this.participants.reapDead(this.#reap);
  }

  readonly #reap = (slot: number): void => {
    const { words, violations, mayRepeat } = this.#world;
    const leftover = this.#world.leftover(slot);
    words.before();
    if (words.values[leftover] !== 1 && !mayRepeat) {
      violations.push("cleared up twice, or after nobody");
    }
    words.values[leftover] = 0;
  };
}

/** What a process does while others do the same. */
const ACTIONS: Readonly<Record<string, (world: World) => void>> = {
  reap: (world) => world.handle().reapDead(),
  join: (world) => world.handle().join(),
  "join and die": (world) => {
    const handle = world.handle();
    handle.join();
    handle.die();
  },
  "join and leave": (world) => {
    const handle = world.handle();
    handle.join();
    handle.leave();
  },
};

/** Starts a world with one dead participant and, when there are three slots, a live one. */
function begin(Class: ParticipantsClass, slots: number): World {
  const world = new World(Class, slots);
  const dead = world.handle();
  dead.join();
  if (slots > 2) world.handle().join();
  dead.die();
  return world;
}

/** Every two actions, the first stopped before each of its steps for the second. Returns what went wrong. */
export function meetings(Class: ParticipantsClass): Set<string> {
  const violations = new Set<string>();
  for (const slots of [2, 4]) {
    for (const [name, first] of Object.entries(ACTIONS)) {
      for (const [otherName, second] of Object.entries(ACTIONS)) {
        for (let stop = 1, isThrough = false; !isThrough; stop++) {
          const world = begin(Class, slots);
          isThrough = !meet(world, stop, first, () => attempt(() => second(world)));
          for (const text of judge(world)) violations.add(`${name}, ${otherName}: ${text}`);
        }
      }
    }
  }
  return violations;
}

/** Every action, with a death before each of its steps. Returns what the next reaper cannot mend. */
export function crashes(Class: ParticipantsClass): Set<string> {
  const violations = new Set<string>();
  for (const [name, action] of Object.entries(ACTIONS)) {
    for (let stop = 1, isThrough = false; !isThrough; stop++) {
      const world = begin(Class, 3);
      world.mayRepeat = true;
      const all: Handle[] = [];
      const create = world.handle.bind(world);
      world.handle = () => {
        const handle = create();
        all.push(handle);
        return handle;
      };
      isThrough = !meet(world, stop, action, () => {
        for (const handle of all) handle.die();
        throw new Crash();
      });
      for (const text of judge(world)) violations.add(`${name}: ${text}`);
    }
  }
  return violations;
}

/** Acts, and lets others act before a step; returns whether there is such a step. */
function meet(
  world: World,
  step: number,
  act: (world: World) => void,
  others: () => void,
): boolean {
  return interrupted(world.words, step, () => attempt(() => act(world)), others);
}

/** After everything, a last reaper leaves the living only, and nothing of the dead. */
function judge(world: World): string[] {
  const last = world.handle();
  last.reapDead();
  const { violations } = world;
  for (const one of last.participants.list()) {
    if (!one.isAlive) violations.push("a dead participant stays");
  }
  for (let slot = 0; slot < world.slots; slot++) {
    const hasLeftover = world.words.values[world.leftover(slot)] === 1;
    if (hasLeftover && world.isFree(slot)) violations.push("what the dead have left stays");
  }
  return violations;
}

/**
 * Lets those who lock, unlock, die, join and leave meet at every step, and judges who holds the mutex.
 *
 * @module
 */
import { SLOT_BYTES, SLOT_WORDS } from "../../../src/segment/participant-layout.ts";
import type { Participants } from "../../../src/segment/participants.ts";
import { MUTEX_BYTES } from "../../../src/sync/mutex-layout.ts";
import type { OwnerWord } from "../../../src/sync/owner-word.ts";
import { PlainWords } from "../../model/checker/plain-words.ts";
import { LockTable, WHO } from "../../segment/participants-model.ts";
import { attempt, Crash, interrupted } from "./interrupted.ts";

/** What is tested, or a copy with a mistake in it. */
export interface Sources {
  readonly Participants: typeof Participants;
  readonly OwnerWord: typeof OwnerWord;
}

/** The owner and the two who act: a newcomer finds a slot only after somebody has gone or died. */
const SLOTS = 3;

interface Mortal {
  readonly isAlive: boolean;
}

/** One segment, and who really holds its mutex. */
class World {
  readonly words = new PlainWords(SLOTS * SLOT_WORDS + MUTEX_BYTES / 4);
  readonly locks = new LockTable(this.words);
  readonly violations: string[] = [];
  readonly sources: Sources;
  /** Who has locked and not unlocked, alive or dead. */
  #holder: Mortal | undefined;

  constructor(sources: Sources) {
    this.sources = sources;
  }

  get isHeldByLiving(): boolean {
    return this.#holder?.isAlive === true;
  }

  /** Tries to lock; what is told about the last owner must be true. */
  lock(mutex: OwnerWord, who: Mortal): boolean {
    const outcome = mutex.tryLock();
    if (outcome === "busy") return false;
    if (this.isHeldByLiving) this.violations.push("a living owner is robbed");
    else if ((outcome === "abandoned") !== (this.#holder !== undefined)) {
      this.violations.push("who locks next is told a lie about the last owner");
    }
    this.#holder = who;
    return true;
  }

  unlock(mutex: OwnerWord): void {
    this.#holder = undefined;
    try {
      mutex.unlock();
    } catch {
      this.violations.push("who has locked cannot unlock");
    }
  }
}

/** Ends what a process does, but not the process. */
class Stopped extends Crash {}

/** One process with one participant. */
class Actor implements Mortal {
  isAlive = true;
  readonly #world: World;
  readonly #key = {};
  readonly #participants: Participants;
  readonly #mutex: OwnerWord;
  readonly #slot: number;

  /**
   * Joins; when the slot was a dead one's, it is cleared up under the mutex first.
   *
   * @param isStopped Whether it stops while it clears up: alive, but for ever.
   */
  constructor(world: World, isStopped = false) {
    const { words, locks, sources } = world;
    this.#world = world;
    const own = locks.of(this.#key);
    this.#participants = new sources.Participants(words, 0, SLOTS * SLOT_BYTES, own);
    this.#slot = this.#participants.join(WHO, (slot) => {
      const mutex = this.#mutexOf(slot);
      if (!world.lock(mutex, this)) return;
      words.before(); // others may look now
      if (isStopped) throw new Stopped();
      world.unlock(mutex);
    });
    this.#mutex = this.#mutexOf(this.#slot);
  }

  lock(): boolean {
    return this.#world.lock(this.#mutex, this);
  }

  unlock(): void {
    this.#world.unlock(this.#mutex);
  }

  reapDead(): void {
    this.#participants.reapDead(() => {});
  }

  leave(): void {
    this.#participants.leave(this.#slot);
  }

  die(): void {
    this.isAlive = false;
    this.#world.locks.die(this.#key);
  }

  #mutexOf(slot: number): OwnerWord {
    const self = { slot, generation: this.#participants.generationOf(slot) };
    const { OwnerWord: Class } = this.#world.sources;
    return new Class(this.#world.words, SLOTS * SLOT_WORDS, self, this.#participants);
  }
}

/** What the owner is in the middle of when the others act. */
const BEGINNINGS: Readonly<Record<string, (owner: Actor) => void>> = {
  "nobody holds it": () => {},
  "it is held": (owner) => void owner.lock(),
  "its owner is dead": (owner) => {
    owner.lock();
    owner.die();
  },
};

type Action = (world: World, self: Actor) => void;

/** What the owner does once it has it. */
const LETTING_GO: Readonly<Record<string, Action>> = {
  "the owner unlocks": (_, owner) => owner.unlock(),
  "the owner unlocks and leaves, a newcomer locks": (world, owner) => {
    owner.unlock();
    owner.leave();
    new Actor(world).lock();
  },
  "the owner dies": (_, owner) => owner.die(),
  "the owner dies, a newcomer takes its slot and locks": (world, owner) => {
    owner.die();
    new Actor(world).lock();
  },
};

/** What others do. */
const ACTIONS: Readonly<Record<string, Action>> = {
  lock: (_, self) => void self.lock(),
  "lock, unlock": (_, self) => {
    if (self.lock()) self.unlock();
  },
  "lock, unlock, leave": (_, self) => {
    if (!self.lock()) return;
    self.unlock();
    self.leave();
  },
  "a newcomer locks": (world) => void new Actor(world).lock(),
  "a newcomer is stopped while it clears up": (world) => void new Actor(world, true),
  "lock, unlock, reap; a newcomer locks": (world, self) => {
    if (self.lock()) self.unlock();
    self.reapDead();
    new Actor(world).lock();
  },
};

/** Every two actions from every beginning, the first stopped before each of its steps for the second. */
export function ownerWordMeetings(sources: Sources): { violations: Set<string>; count: number } {
  const violations = new Set<string>();
  let count = 0;
  for (const [beginning, begin] of Object.entries(BEGINNINGS)) {
    const seconds = beginning === "it is held" ? { ...ACTIONS, ...LETTING_GO } : ACTIONS;
    for (const [firstName, first] of Object.entries(ACTIONS)) {
      for (const [secondName, second] of Object.entries(seconds)) {
        for (let stop = 1, isThrough = false; !isThrough; stop++) {
          const world = new World(sources);
          const owner = new Actor(world);
          const [one, two] = [new Actor(world), new Actor(world)];
          begin(owner);
          const other = secondName in LETTING_GO ? owner : two;
          isThrough = !interrupted(
            world.words,
            stop,
            () => attempt(() => first(world, one)),
            () => attempt(() => second(world, other)),
          );
          count++;
          judge(world, one);
          for (const text of world.violations) {
            violations.add(`${beginning}; ${firstName} / ${secondName}: ${text}`);
          }
        }
      }
    }
  }
  return { violations, count };
}

/** In the end, unless somebody alive holds it, everybody can lock it. */
function judge(world: World, one: Actor): void {
  if (world.isHeldByLiving) return;
  if (!one.lock()) world.violations.push("nobody can lock it any more");
}

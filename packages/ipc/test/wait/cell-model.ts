/**
 * Lets those who wait at a cell and those who wake it meet at every step, without threads.
 *
 * The first actor is stopped before each of its steps in turn; there the second one runs, itself stopped before
 * each of its steps for the third. Who goes to sleep is parked and says so; at the end nobody may be parked
 * whose condition is true.
 *
 * @module
 */
import { SLOT_BYTES } from "../../src/segment/participant-layout.ts";
import { Participants } from "../../src/segment/participants.ts";
import { CELL, CELL_BYTES, type WaitCell } from "../../src/wait/wait-cell.ts";
import { ArrayWords } from "../sync/support/array-words.ts";

/** `WaitCell`, or a copy with a mistake in it. */
export type CellClass = typeof WaitCell;

const SLOTS = 2;
const CELL_BASE = (SLOTS * SLOT_BYTES) / 4;
const CONDITION = CELL_BASE + CELL_BYTES / 4;
const CELL_INDEX = 0;

class Parked extends Error {}

const noLocks = { tryLock: () => true, unlock: () => {}, isLockedByOther: () => true };

/** One world: a cell, its words, and who sleeps. */
class World {
  readonly words: ArrayWords = new ArrayWords(CONDITION + 1);
  readonly participants: Participants = new Participants(
    this.words,
    0,
    SLOTS * SLOT_BYTES,
    noLocks,
  );
  readonly #Cell: CellClass;
  /** Wakes on the futex so far: a sleeper is awake when there was one after it had parked. */
  #wakes = 0;
  readonly rings: number[] = [0, 0];

  constructor(Cell: CellClass) {
    this.#Cell = Cell;
  }

  get isTrue(): boolean {
    return this.words.values[CONDITION] === 1;
  }

  get wakes(): number {
    return this.#wakes;
  }

  get sequence(): number {
    return this.words.values[CELL_BASE + CELL.sequence] as number;
  }

  /** The cell as the handle of one slot has it. */
  cell(slot: number): WaitCell {
    const { participants, words } = this;
    const bells = {
      slotCount: SLOTS,
      isClosed: false,
      arm: (cell: number) => participants.arm(slot, cell),
      disarmOwn: (cell: number) => void participants.disarm(slot, cell),
      disarm: (other: number, cell: number) => participants.disarm(other, cell),
      ring: (other: number) => {
        this.rings[other] = (this.rings[other] ?? 0) + 1;
      },
    };
    const futex = {
      wait: (expected: number) => {
        words.before();
        if (this.sequence !== expected) return "changed";
        throw new Parked();
      },
      wake: () => {
        words.before();
        return this.#wakes++;
      },
    };
    return new this.#Cell(words, CELL_BASE, CELL_INDEX, bells, futex as never);
  }

  look(): boolean {
    return this.words.load(CONDITION) === 1;
  }

  publish(): void {
    this.words.store(CONDITION, 1);
  }
}

/** What one actor does; it returns what must hold in the end, undefined when nothing need. */
type Actor = (world: World) => (() => string | undefined) | undefined;

const sleeper: Actor = (world) => {
  try {
    world.cell(0).sleep(() => world.look(), 50);
    return undefined;
  } catch (error) {
    if (!(error instanceof Parked)) throw error;
    const { wakes } = world;
    return () => (world.isTrue && world.wakes === wakes ? "a sleeper is not woken" : undefined);
  }
};

/** Looks for every ring there has been since `seen`, as an event loop does when it comes to it. */
function lookForRings(world: World, seen: number, look: () => boolean): string | undefined {
  for (let done = seen; world.rings[1] !== done; ) {
    done = world.rings[1] as number;
    if (look()) return undefined;
  }
  return world.isTrue ? "an event loop is not rung" : undefined;
}

/** A wait in the event loop: it looks again for every ring, at the end at the latest. */
const looper: Actor = (world) => {
  const cell = world.cell(1);
  const seen = world.rings[1] as number;
  const look = (): boolean => {
    cell.arm();
    return world.look();
  };
  cell.enter(() => {});
  return look() ? undefined : () => lookForRings(world, seen, look);
};

/** Two tasks wait through one handle, and one of them gives up. */
const loopers: Actor = (world) => {
  const leaving = (): void => {};
  const cell = world.cell(1);
  const seen = world.rings[1] as number;
  const look = (): boolean => {
    cell.arm();
    return world.look();
  };
  cell.enter(leaving);
  cell.enter(() => {});
  if (look()) return undefined;
  cell.leave(leaving);
  return () => lookForRings(world, seen, look);
};

const poster: Actor = (world) => {
  world.publish();
  world.cell(0).wake();
  return undefined;
};

/** Wakes for something else that nobody here waits for. */
const stranger: Actor = (world) => {
  world.cell(0).wake();
  return undefined;
};

/** What must be caught: it wakes before it has made the condition true. */
export const hastyPoster: Actor = (world) => {
  world.cell(0).wake();
  world.publish();
  return undefined;
};

/** Every meeting of these actors, at every step, in every order. Returns in words what went wrong. */
export function meetings(Cell: CellClass, post: Actor = poster): Set<string> {
  const violations = new Set<string>();
  const casts: Actor[][] = [sleeper, looper, loopers].flatMap((waiter) => [
    [waiter, post],
    [post, waiter],
    [waiter, stranger, post],
    [waiter, post, stranger],
    [stranger, waiter, post],
    [post, waiter, stranger],
    [sleeper, looper, post],
    [looper, sleeper, post],
  ]);
  for (const cast of casts) {
    for (let first = 1, isThrough = false; !isThrough; first++) {
      for (let second = 1, isSecondThrough = false; !isSecondThrough; second++) {
        const world = new World(Cell);
        const run = new Meeting(world, cast, [first, second]);
        isSecondThrough = run.isThrough[1] ?? true;
        isThrough = run.isThrough[0] ?? true;
        for (const violation of run.violations) violations.add(violation);
        if (cast.length < 3) break;
      }
    }
  }
  return violations;
}

/** One run: actor n is stopped before its step `stops[n]` for actor n + 1; who was not met runs at the end. */
class Meeting {
  readonly isThrough: boolean[] = [];
  readonly violations: string[] = [];
  readonly #checks: (() => string | undefined)[] = [];
  readonly #world: World;
  readonly #cast: readonly Actor[];
  readonly #stops: readonly number[];

  constructor(world: World, cast: readonly Actor[], stops: readonly number[]) {
    this.#world = world;
    this.#cast = cast;
    this.#stops = stops;
    this.#act(0);
    for (const check of this.#checks) {
      const violation = check();
      if (violation !== undefined) this.violations.push(violation);
    }
  }

  #act(index: number): void {
    const actor = this.#cast[index];
    if (actor === undefined) return;
    const { words } = this.#world;
    const outer = words.before;
    let steps = 0;
    let hasMet = false;
    words.before = () => {
      if (++steps !== this.#stops[index]) return;
      hasMet = true;
      words.before = () => {};
      this.#act(index + 1);
      words.before = () => {};
    };
    const check = actor(this.#world);
    if (check !== undefined) this.#checks.push(check);
    words.before = outer;
    this.isThrough[index] = !hasMet;
    if (!hasMet) this.#act(index + 1);
  }
}

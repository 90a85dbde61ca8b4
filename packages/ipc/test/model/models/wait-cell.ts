/**
 * A wait cell: those who sleep at it, those who are rung from it, and those who wake it.
 *
 * ```text
 *   0   slots of two participants, for their bells
 *   64  the cell                        80  what is waited for: 0, then 1
 *   81  whether each actor sleeps in the kernel, then how often each slot's bell has been rung, then whether each
 *       slot's event is set
 * ```
 *
 * @module
 */
import { SLOT_BYTES, SLOT_WORDS } from "../../../src/segment/participant-layout.ts";
import { Participants } from "../../../src/segment/participants.ts";
import { CELL, CELL_BYTES, type WaitCell } from "../../../src/wait/wait-cell.ts";
import type { Actor, ActorSpec, Model, World } from "../checker/model.ts";

/** The source under test. */
export type CellSource = typeof import("../../../src/wait/wait-cell.ts");

const SLOTS = 2;
const CELL_BASE = SLOTS * SLOT_WORDS;
const CONDITION = CELL_BASE + CELL_BYTES / 4;
const SLEEPING = CONDITION + 1;
const ACTORS_MAX = 3;
const RINGS = SLEEPING + ACTORS_MAX;
const EVENTS = RINGS + SLOTS;
const CELL_INDEX = 0;
/** How long a sleep lasts is the model's to say: for ever. */
const TIMEOUT_MS = 50;

const noLocks = { tryLock: () => true, unlock: () => {}, isLockedByOther: () => true };

/** A program at the cell, as the handle of one slot. `me` is its place among the actors. */
type Program = (cell: WaitCell, actor: Actor, me: number) => void;

function look({ words }: Actor): boolean {
  return words.load(CONDITION) === 1;
}

/** Sleeps on the futex, again and again as `waitSync` does, until it finds the condition true. */
const sleeper: Program = (cell, actor) => {
  while (!look(actor)) cell.sleep(() => look(actor), TIMEOUT_MS);
  actor.report("found");
};

/** Does the same where there is no futex: what it sleeps for is the bell of its slot. */
const bellSleeper: Program = sleeper;

/** Announces itself and looks; looks for every ring, and announces itself again, as a wait in the event loop does. */
function lookForRings(
  cell: WaitCell,
  actor: Actor,
  slot: number,
  giveUp?: () => void,
  announce = (): void => void cell.arm(),
): void {
  let seen = actor.lookAt(RINGS + slot);
  cell.arm();
  let isFound = look(actor);
  giveUp?.();
  while (!isFound) {
    const rung = seen;
    actor.until("its bell rings", (memory) => memory[RINGS + slot] !== rung);
    seen = actor.lookAt(RINGS + slot);
    isFound = look(actor);
    if (isFound) break;
    announce();
    isFound = look(actor);
  }
  actor.report("found");
}

/** The name of a program. */
export type ProgramName =
  | "sleeper"
  | "bellSleeper"
  | "looper"
  | "loopers"
  | "lazyLooper"
  | "poster"
  | "stranger"
  | "fencedPoster"
  | "hastyPoster"
  | "unfencedPoster"
  | "unlocker"
  | "plainPoster";

/** What can happen at a cell. */
const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  sleeper,
  bellSleeper,
  /** A wait in the event loop of the second slot's owner. */
  looper: (cell, actor) => {
    const waiter = { onClose: () => {} };
    cell.enter(waiter);
    lookForRings(cell, actor, 1);
    cell.leave(waiter);
  },
  /** Two tasks wait through one handle, and one of them gives up. */
  loopers: (cell, actor) => {
    const leaving = { onClose: () => {} };
    cell.enter(leaving);
    cell.enter({ onClose: () => {} });
    lookForRings(cell, actor, 1, () => cell.leave(leaving));
  },
  /** Wrong: rung in vain, it looks without announcing itself again. */
  lazyLooper: (cell, actor) => {
    const waiter = { onClose: () => {} };
    cell.enter(waiter);
    lookForRings(cell, actor, 1, undefined, () => {});
    cell.leave(waiter);
  },
  poster: (cell, { words }) => {
    words.store(CONDITION, 1);
    cell.wake();
  },
  /** Wakes for something else, which nobody here waits for. */
  stranger: (cell) => cell.wake(),
  /** Changes with a plain store, and has a fence before it looks who waits, as whoever has unlocked has. */
  fencedPoster: (cell, { words }) => {
    words.set(CONDITION, 1);
    words.fence();
    cell.wakeAfterFence();
  },
  /** Has the fence in the waking itself. */
  unlocker: (cell, { words }) => {
    words.set(CONDITION, 1);
    cell.fenceAndWake();
  },
  /** Wrong: its look at who waits may be before its change, which is atomic and is no fence. */
  unfencedPoster: (cell, { words }) => {
    words.store(CONDITION, 1);
    cell.wakeAfterFence();
  },
  /** Wrong: it wakes before it has changed anything. */
  hastyPoster: (cell, { words }) => {
    cell.wake();
    words.store(CONDITION, 1);
  },
  /** Wrong: nothing orders its plain store before its look at who waits. */
  plainPoster: (cell, { words }) => {
    words.set(CONDITION, 1);
    cell.wake();
  },
};

/**
 * The cell with these at it. Nobody may sleep on when the condition has become true.
 *
 * @param mayDie Who can die. Not those who wake, unless what is lost then is to be seen.
 */
export function waitCell(
  { WaitCell }: CellSource,
  cast: readonly ProgramName[],
  mayDie: readonly ProgramName[] = ["sleeper", "bellSleeper", "looper", "loopers"],
): Model {
  const specOf = (name: ProgramName, me: number): ActorSpec => ({
    name,
    body: (actor) => {
      const slot = name.toLowerCase().includes("looper") ? 1 : 0;
      const ownFutex = name === "bellSleeper" ? undefined : futex(actor, me);
      const cell = handle(WaitCell, actor, slot, ownFutex);
      PROGRAMS[name](cell, actor, me);
    },
    isImmortal: !mayDie.includes(name),
  });
  return {
    name: `wait cell of ${cast.join(", ")}`,
    wordCount: EVENTS + SLOTS,
    actors: cast.map(specOf),
    atEnd: judge,
    nameOf,
  };
}

function handle(
  Cell: CellSource["WaitCell"],
  actor: Actor,
  slot: number,
  ownFutex: ReturnType<typeof futex> | undefined,
): WaitCell {
  const { words, call } = actor;
  const participants = new Participants(words, 0, SLOTS * SLOT_BYTES, noLocks);
  const bells = {
    slotCount: SLOTS,
    checkWhole: () => {},
    isClosed: false,
    enter: () => {},
    leave: (cell: number) => void participants.disarm(slot, cell),
    arm: (cell: number) => participants.arm(slot, cell),
    disarm: (other: number, cell: number) => participants.disarm(other, cell),
    ring: (other: number) => {
      call(`ring the bell of slot ${other}`, (memory) => {
        memory[RINGS + other] = (memory[RINGS + other] as number) + 1;
        memory[EVENTS + other] = 1;
        return undefined;
      });
    },
    sleep: (): boolean => {
      const hear = (memory: Int32Array): undefined => {
        memory[EVENTS + slot] = 0;
      };
      call("hears its bell", hear, { guard: (memory) => memory[EVENTS + slot] === 1 });
      return true;
    },
  };
  return new Cell(words, CELL_BASE, CELL_INDEX, bells, ownFutex as never);
}

/** FUTEX_WAIT compares and begins to sleep in one step; FUTEX_WAKE ends all sleeps that have begun. */
function futex({ call }: Actor, me: number) {
  return {
    wait: (expected: number): "changed" | "woken" => {
      const sleeps = call(`FUTEX_WAIT ${expected}`, (memory) => {
        if (memory[CELL_BASE + CELL.sequence] !== expected) return false;
        memory[SLEEPING + me] = 1;
        return true;
      });
      if (!sleeps) return "changed";
      call("wakes up", () => undefined, { guard: (memory) => memory[SLEEPING + me] === 0 });
      return "woken";
    },
    wake: (): number =>
      call("FUTEX_WAKE", (memory) => {
        const sleepers = memory.subarray(SLEEPING, SLEEPING + ACTORS_MAX);
        const count = sleepers.reduce((sum, sleeps) => sum + sleeps, 0);
        sleepers.fill(0);
        return count;
      }),
  };
}

function judge({ actors, memory }: World): string | undefined {
  if (memory[CONDITION] !== 1) return undefined;
  const lost = actors.find(({ status }) => status === "blocked");
  return lost === undefined ? undefined : `${lost.name} is not woken`;
}

function nameOf(index: number): string {
  if (index < CELL_BASE) return `slot ${Math.floor(index / SLOT_WORDS)} armed`;
  const field = Object.entries(CELL).find(([, offset]) => CELL_BASE + offset === index);
  if (field !== undefined) return field[0];
  if (index >= EVENTS) return `event of slot ${index - EVENTS}`;
  return index === CONDITION ? "condition" : `rings of slot ${index - RINGS}`;
}

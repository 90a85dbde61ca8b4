/**
 * Semaphores: the ledger of permits that come back, under a mutex whose owner may die, and the bare count.
 *
 * ```text
 *   0   the section of the semaphore     128  the kernel's mutex: 0 free, else number of the owner + 1
 * ```
 *
 * @module
 */
import { SEMAPHORE, semaphoreBytes } from "../../../src/sync/semaphore-layout.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";
import type { PlainWords } from "../checker/plain-words.ts";

/** The sources under test. */
export type LedgerSource = typeof import("../../../src/sync/semaphore-ledger.ts");
/** See {@link LedgerSource}. */
export type CountSource = typeof import("../../../src/sync/semaphore-count.ts");

/** What an actor does, one after the other: takes a permit, or gives so many. */
export type Deed = "take" | 1 | 2 | 3;

const MAX = 5;
const MUTEX = semaphoreBytes(8) / 4;
/** Slot of the first actor; each has one of its own. */
const FIRST_SLOT = 3;

type Ledger = InstanceType<LedgerSource["SemaphoreLedger"]>;

/** What an actor has. */
interface Balance {
  /** Units that it holds. */
  readonly held: number;
  /** Units that it has added to what there was in all. */
  readonly added: number;
}

/** What an actor reports before and after each of its deeds: who dies in between has done it or not. */
interface Note {
  readonly now: Balance;
  readonly next: Balance;
}

function init(words: PlainWords, count: number): void {
  words.store(SEMAPHORE.max, MAX);
  words.store(SEMAPHORE.count, count);
}

/**
 * A ledger, and actors that take and give under its mutex.
 *
 * @param permits Units that can be taken at first.
 * @param held Units that each of the actors holds already.
 */
export function ledger(
  { SemaphoreLedger }: LedgerSource,
  permits: number,
  held: readonly number[],
  cast: readonly (readonly Deed[])[],
): Model {
  const specOf = (deeds: readonly Deed[], me: number): ActorSpec => ({
    name: `${me + 1}: ${deeds.join(", ")}`,
    body: (actor) => {
      const book = new SemaphoreLedger(actor.words, 0);
      let now = begin(held[me]);
      for (const deed of deeds) {
        underMutex(actor, me, () => {
          book.recover();
          const next = foresee(book, deed, now);
          actor.report({ now, next } satisfies Note);
          perform(book, FIRST_SLOT + me, deed);
          now = next;
        });
        actor.report({ now, next: now } satisfies Note);
      }
    },
  });
  return {
    name: `ledger of ${permits}, ${cast.map((deeds) => deeds.join("+")).join(" | ")}`,
    wordCount: MUTEX + 1,
    init: (words) => {
      init(words, permits);
      for (const [i, count] of held.entries()) {
        words.store(SEMAPHORE.held + FIRST_SLOT + i, count);
      }
    },
    actors: cast.map(specOf),
    onDeath: (memory, actor) => {
      if (memory[MUTEX] === actor + 1) memory[MUTEX] = 0;
    },
    atEnd: (world) => judgeLedger(world, new SemaphoreLedger(world.words, 0), permits, held),
    nameOf,
  };
}

function underMutex({ call }: Actor, me: number, run: () => void): void {
  call(
    "lock",
    (memory) => {
      memory[MUTEX] = me + 1;
      return undefined;
    },
    { guard: (memory) => memory[MUTEX] === 0 },
  );
  run();
  call("unlock", (memory) => {
    memory[MUTEX] = 0;
    return undefined;
  });
}

function begin(held = 0): Balance {
  return { held, added: 0 };
}

/** What an actor will have after a deed that is done under the mutex. */
function foresee({ count: permits }: Ledger, deed: Deed, { held, added }: Balance): Balance {
  if (deed === "take") return permits > 0 ? { held: held + 1, added } : { held, added };
  if (permits + deed > MAX) return { held, added };
  const settled = Math.min(held, deed);
  return { held: held - settled, added: added + deed - settled };
}

function perform(book: Ledger, slot: number, deed: Deed): void {
  if (deed === "take") book.take(slot);
  else book.give(slot, deed);
}

/** Whoever comes last undoes what was cut short and gives back what the dead hold: then the books balance. */
function judgeLedger(
  world: World,
  book: Ledger,
  permits: number,
  held: readonly number[],
): Verdict {
  book.recover();
  const blocked = world.actors.find(({ status }) => status === "blocked");
  if (blocked !== undefined) return `${blocked.name} cannot go on`;
  if (book.changingSlot !== undefined) return "a change is under way for ever";
  let totals = [permits + held.reduce((sum, one) => sum + one, 0)];
  let living = 0;
  for (const [i, { name, status, reports, pastReports }] of world.actors.entries()) {
    const slot = FIRST_SLOT + i;
    const unchanged = { now: begin(held[i]), next: begin(held[i]) };
    const { now, next } = ((reports.at(-1) ?? pastReports.at(-1)?.at(-1)) as Note) ?? unchanged;
    const found = book.heldBy(slot);
    const possible = [now, next].filter((balance) => balance.held === found);
    if (possible.length === 0) return `${name} holds ${next.held}, but ${found} by the book`;
    totals = totals.flatMap((total) => possible.map(({ added }) => total + added));
    if (status === "dead") book.giveBackAll(slot);
    else living += found;
  }
  // The permits of the dead come back as far as there is room for them: others may have given in their place.
  const isRight = totals.some((total) => book.count === Math.min(total - living, MAX));
  const given = book.count + living;
  return isRight
    ? undefined
    : `there are ${given} permits, not ${[...new Set(totals)].join(" or ")}`;
}

/** A count, and actors that take and give without a lock. */
export function count(
  { SemaphoreCount }: CountSource,
  permits: number,
  cast: readonly (readonly Deed[])[],
): Model {
  return {
    name: `count of ${permits}, ${cast.map((deeds) => deeds.join("+")).join(" | ")}`,
    wordCount: MUTEX,
    init: (words) => init(words, permits),
    actors: cast.map((deeds, me) => ({
      name: `${me + 1}: ${deeds.join(", ")}`,
      body: ({ words, report }) => {
        const semaphore = new SemaphoreCount(words, 0);
        for (const deed of deeds) {
          if (deed === "take") report(semaphore.take() ? -1 : 0);
          else report(semaphore.give(deed) === undefined ? 0 : deed);
        }
      },
    })),
    always: ({ memory }) => {
      const found = memory[SEMAPHORE.count] as number;
      return found < 0 || found > MAX ? `there are ${found} permits of at most ${MAX}` : undefined;
    },
    atEnd: ({ actors, memory }) => {
      let totals = [permits];
      for (const [i, { status, reports, pastReports }] of actors.entries()) {
        const changes = [...pastReports.flat(), ...reports] as number[];
        const done = changes.reduce((sum, change) => sum + change, 0);
        totals = totals.map((total) => total + done);
        // Who died may have been through with its last deed.
        const last = status === "dead" ? cast[i]?.[changes.length] : undefined;
        if (last !== undefined) {
          totals = totals.flatMap((total) => [total, total + (last === "take" ? -1 : last)]);
        }
      }
      const found = memory[SEMAPHORE.count] as number;
      return totals.includes(found)
        ? undefined
        : `there are ${found} permits, not ${[...new Set(totals)].join(" or ")}`;
    },
    nameOf,
  };
}

function nameOf(index: number): string {
  if (index >= SEMAPHORE.held) return `held by slot ${index - SEMAPHORE.held}`;
  return Object.entries(SEMAPHORE).find(([, offset]) => offset === index)?.[0] ?? `word ${index}`;
}

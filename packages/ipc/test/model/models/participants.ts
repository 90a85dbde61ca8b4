/**
 * Joining, leaving, dying and clearing up after the dead.
 *
 * ```text
 *   0   slots     then the kernel's locks on them, then what each slot's owner has in other sections: 1 while there
 * ```
 *
 * Slot 0 belongs to a process that has died before anybody begins.
 *
 * @module
 */
import { SLOT, SLOT_BYTES, SLOT_WORDS, STATE } from "../../../src/segment/participant-layout.ts";
import type { Joining } from "../../../src/segment/slot-record.ts";
import type { Actor, ActorSpec, Model, Verdict, World } from "../checker/model.ts";
import { lateLocks, releaseLocks, slotLocks } from "./kernel-locks.ts";

/** The source under test. */
export type ParticipantsSource = typeof import("../../../src/segment/participants.ts");

/** What an actor does. Who joins and does not leave stays until it dies. */
export type Doing = "joins" | "joins and leaves" | "reaps" | "lists";

const WHO: Joining = {
  role: "user",
  pid: 7,
  startTicks: 2 ** 33 + 5,
  bell: 2 ** 40 + 9,
  joinedAtMs: 3,
  name: "four",
};

/** What actors report. */
type Note = { readonly joined: number } | { readonly left: true } | { readonly cleared: number };

/** How long a model's table is. */
interface Places {
  readonly slots: number;
  readonly locks: number;
  readonly leftovers: number;
}

/** The model. With an observer that lists, only one actor may join, and there is nobody dead. */
export function participants(
  source: ParticipantsSource,
  slots: number,
  cast: readonly Doing[],
): Model {
  const locks = slots * SLOT_WORDS;
  const places = { slots, locks, leftovers: locks + slots };
  const isObserved = cast.includes("lists");
  const specOf = (doing: Doing, me: number): ActorSpec => ({
    name: `${me + 1}: ${doing}`,
    body: (actor) => new Program(source, actor, places, me).run(doing),
  });
  return {
    name: `${slots} slots, ${cast.join(", ")}`,
    wordCount: places.leftovers + slots,
    init: (words) => {
      if (isObserved) return;
      const dead = new source.Participants(
        words,
        0,
        slots * SLOT_BYTES,
        lateLocks(words.values, locks),
      );
      words.store(places.leftovers + dead.join(WHO, () => {}), 1);
    },
    actors: cast.map(specOf),
    onDeath: (memory, actor) => releaseLocks(memory, locks, slots, actor),
    always: (world) => judge(world, places),
    atEnd: (world) => judgeEnd(world, source, places),
    nameOf: (index) => nameOf(index, places),
  };
}

class Program {
  readonly #actor: Actor;
  readonly #places: Places;
  readonly #participants: InstanceType<ParticipantsSource["Participants"]>;

  constructor(source: ParticipantsSource, actor: Actor, places: Places, me: number) {
    const locks = slotLocks(actor, places.locks, me);
    this.#actor = actor;
    this.#places = places;
    this.#participants = new source.Participants(actor.words, 0, places.slots * SLOT_BYTES, locks);
  }

  run(doing: Doing): void {
    switch (doing) {
      case "joins":
        this.#join();
        return;
      case "joins and leaves":
        this.#leave(this.#join());
        return;
      case "reaps":
        this.#participants.reapDead(this.#reap);
        return;
      case "lists":
        for (const { slot, generation, isAlive, ...found } of this.#participants.list()) {
          if (Bun.deepEquals(found, WHO, true)) continue;
          throw new Error(`slot ${slot} seems to belong to ${JSON.stringify(found)}`);
        }
    }
  }

  #join(): number | undefined {
    try {
      const slot = this.#participants.join(WHO, this.#reap);
      const leftover = this.#places.leftovers + slot;
      const isCleared = this.#actor.call(`use slot ${slot}`, (memory) => {
        const isFree = memory[leftover] === 0;
        memory[leftover] = 1;
        return isFree;
      });
      if (!isCleared) throw new Error(`slot ${slot} had not been cleared up`);
      this.#actor.report({ joined: slot } satisfies Note);
      return slot;
    } catch (error) {
      if ((error as { code?: string }).code === "EAGAIN") return undefined;
      throw error;
    }
  }

  #leave(slot: number | undefined): void {
    if (slot === undefined) return;
    this.#actor.put(this.#places.leftovers + slot, 0);
    this.#actor.report({ left: true } satisfies Note);
    this.#participants.leave(slot);
  }

  readonly #reap = (slot: number): void => {
    const leftover = this.#places.leftovers + slot;
    const had = this.#actor.call(`clear up after slot ${slot}`, (memory) => {
      const before = memory[leftover] as number;
      memory[leftover] = 0;
      return before;
    });
    if (had === 0) this.#actor.report({ cleared: slot } satisfies Note);
  };
}

/** Who has joined and neither left nor died has its slot, alone. Nobody is cleared up after twice. */
function judge({ actors, memory, crashes }: World, { locks }: Places): Verdict {
  for (const [me, { name, reports, status }] of actors.entries()) {
    if (status === "dead") continue;
    const notes = reports as Note[];
    const again = notes.find((note) => "cleared" in note);
    // Who dies while it clears up, or before it has anything, leaves nothing or only a part to be cleared up.
    if (again !== undefined && crashes === 0) return `${name} has cleared up after nobody`;
    const joined = notes.findLast((note) => "joined" in note);
    if (joined === undefined || notes.some((note) => "left" in note)) continue;
    const slot = joined.joined;
    if (memory[slot * SLOT_WORDS + SLOT.state] !== STATE.joined)
      return `slot ${slot} of ${name} is free`;
    if (memory[locks + slot] !== me + 1) return `${name} has lost the lock of slot ${slot}`;
  }
  return undefined;
}

/** Whoever clears up last leaves the living only, and nothing of the dead. */
function judgeEnd(
  { words }: World,
  { Participants }: ParticipantsSource,
  { slots, locks, leftovers }: Places,
): Verdict {
  const last = new Participants(words, 0, slots * SLOT_BYTES, lateLocks(words.values, locks));
  last.reapDead((slot) => words.store(leftovers + slot, 0));
  for (let slot = 0; slot < slots; slot++) {
    const isFree = words.load(slot * SLOT_WORDS + SLOT.state) === STATE.free;
    if (!isFree && !last.isAlive(slot)) return `the dead owner of slot ${slot} stays`;
    if (isFree && words.load(leftovers + slot) === 1)
      return `slot ${slot} is free and not cleared up`;
    if (isFree && words.load(locks + slot) !== 0) return `slot ${slot} is free and locked for ever`;
  }
  return undefined;
}

function nameOf(index: number, { locks, leftovers }: Places): string {
  if (index >= leftovers) return `leftover of slot ${index - leftovers}`;
  if (index >= locks) return `lock of slot ${index - locks}`;
  const word = index % SLOT_WORDS;
  const [field, offset] = Object.entries(SLOT).findLast(([, at]) => at <= word) ?? ["", 0];
  return `slot ${Math.floor(index / SLOT_WORDS)} ${field}${word > offset ? `+${word - offset}` : ""}`;
}

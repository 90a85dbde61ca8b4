/**
 * Processes that take units of a semaphore, which come back when their holders die.
 *
 * @module
 */
import { NamedSemaphore } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { judgeUnits } from "../judges/judge-units.ts";
import type { Stage } from "../stage.ts";
import { PATIENCE, type Stand } from "../stand.ts";

const NAME = "units";
const UNITS = 2;
const OPTIONS = { initial: UNITS, max: UNITS, returnOnDeath: true } as const;
const ROUNDS_MAX = 300;
const KEEPER_MS = 20;

/** Three who want one of two units, and one who keeps the semaphore and counts its units at the end. */
export const unitsStage: Stage = {
  name: NAME,
  parts: [
    { role: "holder", count: 3, rank: 0, play: hold },
    { role: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: (testimonies) => judgeUnits(testimonies, UNITS),
};

async function hold(stand: Stand): Promise<void> {
  while (!stand.isOver) {
    {
      using semaphore = NamedSemaphore.createOrOpen(NAME, OPTIONS);
      stand.note(EVENT.ready);
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        await take(stand, semaphore);
        stand.note(EVENT.taken);
        if (stand.random.oneIn(4)) Bun.sleepSync(1);
        stand.note(EVENT.giving);
        // What was not released comes back with the handle.
        if (stand.mayLeave && stand.random.oneIn(100)) break;
        semaphore.release();
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

async function take(stand: Stand, semaphore: NamedSemaphore): Promise<void> {
  const way = stand.random.below(3);
  if (way === 0) return await stand.persistAsync(() => semaphore.waitAsync(PATIENCE));
  if (way === 1 && semaphore.tryWait()) return;
  stand.persist(() => semaphore.wait(PATIENCE));
}

async function keep(stand: Stand): Promise<void> {
  using semaphore = NamedSemaphore.createOrOpen(NAME, OPTIONS);
  stand.note(EVENT.ready);
  while (!stand.isOver) {
    await Bun.sleep(KEEPER_MS);
    stand.note(EVENT.idle);
  }
  let units = 0;
  while (units <= UNITS && semaphore.tryWait()) units++;
  stand.note(EVENT.audited, units);
}

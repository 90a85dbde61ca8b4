/**
 * Participants that take permits of a semaphore, which come back when their holders die.
 *
 * @module
 */
import { NamedSemaphore } from "@isthmus/ipc";
import { EVENT } from "../evidence.ts";
import { judgePermits } from "../judges/state.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";

const NAME = "permits";
const PERMITS = 2;
const OPTIONS = { initial: PERMITS, max: PERMITS, returnOnDeath: true } as const;
const ROUNDS_MAX = 300;

/** Three holders for two permits, and a keeper, who counts the permits at the end. */
export const permitsScenario: Scenario = {
  name: NAME,
  roles: [
    { name: "holder", count: 3, rank: 0, play: hold },
    { name: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: (evidence) => judgePermits(evidence, PERMITS),
};

function open(): NamedSemaphore {
  return NamedSemaphore.createOrOpen(NAME, OPTIONS);
}

async function hold(participant: Participant): Promise<void> {
  await participant.work(ROUNDS_MAX, open, async (semaphore) => {
    await take(participant, semaphore);
    participant.note(EVENT.taken);
    participant.noteSuccess();
    if (participant.random.oneIn(4)) Bun.sleepSync(1);
    participant.note(EVENT.giving);
    // A permit that was not released comes back when the handle is closed.
    if (participant.mayLeave && participant.random.oneIn(100)) return false;
    semaphore.release();
    return true;
  });
}

async function take(participant: Participant, semaphore: NamedSemaphore): Promise<void> {
  const way = participant.random.below(3);
  if (way === 0) return await participant.persistAsync(() => semaphore.waitAsync(PATIENCE));
  if (way === 1 && semaphore.tryWait()) return;
  participant.persist(() => semaphore.wait(PATIENCE));
}

async function keep(participant: Participant): Promise<void> {
  using semaphore = open();
  await participant.keep();
  let permits = 0;
  while (permits <= PERMITS && semaphore.tryWait()) permits++;
  participant.note(EVENT.audited, permits);
}

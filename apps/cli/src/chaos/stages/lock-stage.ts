/**
 * Processes that change a plain record in named memory, under a mutex.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import { type MutexLock, NamedMutex } from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { judgeLock } from "../judges/judge-lock.ts";
import type { Stage } from "../stage.ts";
import { PATIENCE, type Stand } from "../stand.ts";

const NAME = "lock";
const RECORD_NAME = "locked-record";
const RECORD_BYTES = 64;
/** The two halves, which agree whenever nobody holds the mutex, and who holds it. */
const AT = { left: 0, right: 8, owner: 16 } as const;

const ROUNDS_MAX = 300;
const KEEPER_MS = 20;

/** Three who hold the mutex in turn, and one who only keeps it open, so that its state outlives them. */
export const lockStage: Stage = {
  name: NAME,
  parts: [
    { role: "holder", count: 3, rank: 0, play: hold },
    { role: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: judgeLock,
};

async function hold(stand: Stand): Promise<void> {
  while (!stand.isOver) {
    {
      using mutex = NamedMutex.createOrOpen(NAME);
      using file = MemoryMappedFile.createOrOpen(RECORD_NAME, RECORD_BYTES);
      using record = file.createViewAccessor();
      stand.note(EVENT.ready);
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        {
          using lock = await acquire(stand, mutex);
          change(stand, record, lock.abandoned);
        }
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

async function acquire(stand: Stand, mutex: NamedMutex): Promise<MutexLock> {
  const way = stand.random.below(3);
  if (way === 0) return await stand.persistAsync(() => mutex.acquireAsync(PATIENCE));
  const lock = way === 1 ? mutex.tryAcquire() : undefined;
  return lock ?? stand.persist(() => mutex.acquire(PATIENCE));
}

/** Changes both halves, with time to die in between. */
function change(stand: Stand, record: ViewAccessor, isAbandoned: boolean): void {
  const left = record.readFloat64(AT.left);
  let right = record.readFloat64(AT.right);
  if (isAbandoned) {
    stand.note(EVENT.abandoned, left);
    right = Math.max(left, right);
  } else if (left !== right) stand.note(EVENT.torn, left);
  else if (record.readUint32(AT.owner) !== 0) stand.note(EVENT.overlapped, left);
  const value = right + 1;
  record.writeUint32(AT.owner, stand.id);
  record.writeFloat64(AT.left, value);
  if (stand.random.oneIn(4)) Bun.sleepSync(1);
  if (stand.takeSabotage("tear")) return;
  if (record.readFloat64(AT.left) !== value) stand.note(EVENT.overlapped, value);
  record.writeFloat64(AT.right, value);
  if (record.readUint32(AT.owner) !== stand.id) stand.note(EVENT.overlapped, value);
  record.writeUint32(AT.owner, 0);
  stand.note(EVENT.changed, value);
}

async function keep(stand: Stand): Promise<void> {
  using mutex = NamedMutex.createOrOpen(NAME);
  using file = MemoryMappedFile.createOrOpen(RECORD_NAME, RECORD_BYTES);
  using record = file.createViewAccessor();
  stand.note(EVENT.ready);
  while (!stand.isOver) {
    await Bun.sleep(KEEPER_MS);
    stand.note(EVENT.idle);
  }
  using lock = stand.persist(() => mutex.acquire(PATIENCE));
  const left = record.readFloat64(AT.left);
  const right = record.readFloat64(AT.right);
  if (!lock.abandoned && left !== right) stand.note(EVENT.torn, left);
  stand.note(EVENT.audited, Math.max(left, right));
}

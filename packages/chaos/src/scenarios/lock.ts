/**
 * Participants that change a plain record in named memory, under a mutex.
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import { type MutexLock, NamedMutex } from "@isthmus/ipc";
import { EVENT } from "../evidence.ts";
import { judgeLock } from "../judges/state.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";

const NAME = "lock";
const RECORD_NAME = "locked-record";
const RECORD_BYTES = 64;
/** Two halves, which agree whenever nobody holds the mutex, and the owner's number. */
const AT = { left: 0, right: 8, owner: 16 } as const;
const ROUNDS_MAX = 300;

/** Three holders, and a keeper, without whom the record would be gone in a moment in which all holders are dead. */
export const lockScenario: Scenario = {
  name: NAME,
  roles: [
    { name: "holder", count: 3, rank: 0, play: hold },
    { name: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: judgeLock,
};

/** The mutex and what it protects. */
interface Locked extends Disposable {
  readonly mutex: NamedMutex;
  readonly record: ViewAccessor;
}

function open(): Locked {
  using stack = new DisposableStack();
  const mutex = stack.use(NamedMutex.createOrOpen(NAME));
  const file = stack.use(MemoryMappedFile.createOrOpen(RECORD_NAME, RECORD_BYTES));
  const record = stack.use(file.createViewAccessor());
  const opened = stack.move();
  return { mutex, record, [Symbol.dispose]: () => opened.dispose() };
}

async function hold(participant: Participant): Promise<void> {
  await participant.work(ROUNDS_MAX, open, async ({ mutex, record }) => {
    using lock = await acquire(participant, mutex);
    change(participant, record, lock.abandoned);
    participant.noteSuccess();
  });
}

async function acquire(participant: Participant, mutex: NamedMutex): Promise<MutexLock> {
  const way = participant.random.below(3);
  if (way === 0) return await participant.persistAsync(() => mutex.acquireAsync(PATIENCE));
  const lock = way === 1 ? mutex.tryAcquire() : undefined;
  return lock ?? participant.persist(() => mutex.acquire(PATIENCE));
}

/** Changes both halves, with time to die in between. */
function change(participant: Participant, record: ViewAccessor, isAbandoned: boolean): void {
  const left = record.readFloat64(AT.left);
  let right = record.readFloat64(AT.right);
  if (isAbandoned) {
    participant.note(EVENT.abandoned, left);
    right = Math.max(left, right);
  } else if (left !== right) participant.note(EVENT.torn, left);
  else if (record.readUint32(AT.owner) !== 0) participant.note(EVENT.overlapped, left);
  const value = right + 1;
  record.writeUint32(AT.owner, participant.id);
  record.writeFloat64(AT.left, value);
  if (participant.random.oneIn(4)) Bun.sleepSync(1);
  if (participant.takeHarm("tear")) return;
  if (record.readFloat64(AT.left) !== value) participant.note(EVENT.overlapped, value);
  record.writeFloat64(AT.right, value);
  if (record.readUint32(AT.owner) !== participant.id) participant.note(EVENT.overlapped, value);
  record.writeUint32(AT.owner, 0);
  participant.note(EVENT.changed, value);
}

async function keep(participant: Participant): Promise<void> {
  using locked = open();
  const { mutex, record } = locked;
  await participant.keep();
  using lock = participant.persist(() => mutex.acquire(PATIENCE));
  const left = record.readFloat64(AT.left);
  const right = record.readFloat64(AT.right);
  if (!lock.abandoned && left !== right) participant.note(EVENT.torn, left);
  participant.note(EVENT.audited, Math.max(left, right));
}

/**
 * A group commit: writers who append a record each and want it on the disk, of whom any may die at any step, and a disk that may fail.
 *
 * ```text
 *   0  the lock   26  the group   …  appended (records)   synced, onDisk (the last record's number)   hasFailed
 *      syncs (that have begun)   isSyncing   wasted   then of each writer: isDead, sleeps
 * ```
 *
 * Who sleeps looks now and then, and finds what a death has left: here that ends a sleep when somebody has died, and else nothing
 * does but being woken.
 *
 * @module
 */
import { MUTEX, HOLDER as NAME } from "../../../ipc/src/sync/mutex-layout.ts";
import { OwnerWord } from "../../../ipc/src/sync/owner-word.ts";
import { CELL, WaitCell } from "../../../ipc/src/wait/wait-cell.ts";
import type { Actor, Model, World } from "../../../ipc/test/model/checker/model.ts";
import { GROUP, GROUP_BYTES } from "../../src/journal/group-commit.ts";

/** The source under test. */
export type GroupSource = typeof import("../../src/journal/group-commit.ts");

/** What is modelled. */
export interface GroupBounds {
  readonly writers: number;
  /** How many syncs succeed before one fails. Absent: all. */
  readonly failsAfter?: number;
}

const LOCK = 0;
const HOLDER = LOCK + MUTEX.holder;
const BASE = 26;
const STATE = BASE + GROUP_BYTES / 4;
const APPENDED = STATE;
const SYNCED = STATE + 1;
const ON_DISK = STATE + 2;
const HAS_FAILED = STATE + 3;
const SYNCS = STATE + 4;
const IS_SYNCING = STATE + 5;
const WASTED = STATE + 6;
const IS_DEAD = STATE + 7;

/** What a writer was told of its record. */
interface Told {
  readonly record: number;
  readonly isSynced: boolean;
}

/** What the disk says when it has failed. */
class Refusal extends Error {}

/** The model. */
export function groupModel(source: GroupSource, bounds: GroupBounds): Model {
  const { writers, failsAfter = Infinity } = bounds;
  const sleeps = IS_DEAD + writers;
  const write = (actor: Actor, me: number): void => {
    const { words, report } = actor;
    const record = words.add(APPENDED, 1) + 1;
    const group = groupOf(source, actor, me, { writers, sleeps });
    let isSynced = true;
    try {
      group.flush(
        () => words.load(SYNCED) >= record,
        () => sync(actor, failsAfter),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      isSynced = false;
    }
    report({ record, isSynced } satisfies Told);
  };
  return {
    name: `group commit of ${writers}${failsAfter < Infinity ? `, of whose syncs ${failsAfter} succeed` : ""}`,
    wordCount: sleeps + writers,
    actors: Array.from({ length: writers }, (_, me) => ({
      name: `writer ${me + 1}`,
      body: (actor) => write(actor, me),
    })),
    onDeath: (memory, actor) => {
      memory[IS_DEAD + actor] = 1;
    },
    always: judge,
    atEnd: judgeEnd,
    nameOf,
  };
}

/** As the appender does it: what fails once is not tried again. */
function sync({ words, call }: Actor, failsAfter: number): void {
  if (words.load(HAS_FAILED) !== 0) throw new Refusal();
  const last = call("fdatasync begins", (memory) => {
    if ((memory[SYNCED] as number) >= (memory[APPENDED] as number)) memory[WASTED] = 1;
    memory[SYNCS] = (memory[SYNCS] as number) + 1;
    memory[IS_SYNCING] = (memory[IS_SYNCING] as number) + 1;
    return memory[APPENDED] as number;
  });
  const isRefused = call("fdatasync ends", (memory) => {
    memory[IS_SYNCING] = (memory[IS_SYNCING] as number) - 1;
    if ((memory[SYNCS] as number) > failsAfter) memory[HAS_FAILED] = 1;
    else memory[ON_DISK] = Math.max(memory[ON_DISK] as number, last);
    return memory[HAS_FAILED] !== 0;
  });
  if (isRefused) throw new Refusal();
  words.store(SYNCED, last);
}

function groupOf(
  { GroupCommit }: GroupSource,
  actor: Actor,
  me: number,
  at: { readonly writers: number; readonly sleeps: number },
): InstanceType<GroupSource["GroupCommit"]> {
  const { words, call } = actor;
  const lives = {
    slotCount: at.writers,
    isOver: (slot: number) =>
      call(`is writer ${slot + 1} dead`, (memory) => memory[IS_DEAD + slot] !== 0, {
        looksAt: [IS_DEAD + slot],
      }),
  };
  const bells = { checkWhole: () => {} };
  const cell = new WaitCell(words, BASE, 0, bells as never, futex(actor, me, at) as never);
  return new GroupCommit({
    words,
    base: BASE,
    lock: new OwnerWord(words, LOCK, { slot: me, generation: 1 }, lives),
    cell,
    pause: () => true,
  });
}

/** FUTEX_WAIT compares and begins to sleep in one step; FUTEX_WAKE ends all sleeps that have begun. */
function futex(
  { call }: Actor,
  me: number,
  at: { readonly writers: number; readonly sleeps: number },
) {
  const sequence = BASE + GROUP.cell + CELL.sequence;
  const mine = at.sleeps + me;
  return {
    wait: (expected: number): "changed" | "woken" | "timeout" => {
      const begins = call(`FUTEX_WAIT ${expected}`, (memory) => {
        if (memory[sequence] !== expected) return false;
        memory[mine] = 1;
        return true;
      });
      if (!begins) return "changed";
      const isOver = (memory: Readonly<Int32Array>): boolean =>
        memory[mine] === 0 || hasDeathLeft(memory, at.writers);
      const wasWoken = call(
        "wakes up",
        (memory) => {
          const isWoken = memory[mine] === 0;
          memory[mine] = 0;
          return isWoken;
        },
        { guard: isOver },
      );
      return wasWoken ? "woken" : "timeout";
    },
    wake: () =>
      call("FUTEX_WAKE", (memory) => {
        memory.fill(0, at.sleeps, at.sleeps + at.writers);
        return undefined;
      }),
  };
}

/** Whether somebody has died, and nobody alive has the lock. */
function hasDeathLeft(memory: Readonly<Int32Array>, writers: number): boolean {
  const holder = ((memory[HOLDER] as number) & NAME.slotMask) - 1;
  const isAnyDead = memory.subarray(IS_DEAD, IS_DEAD + writers).includes(1);
  return isAnyDead && (holder < 0 || memory[IS_DEAD + holder] === 1);
}

function judge({ actors, memory, crashes }: World): string | undefined {
  if (memory[WASTED] !== 0) return "somebody syncs when all records are on the disk";
  if (crashes === 0 && (memory[IS_SYNCING] as number) > 1) return "two sync at once";
  for (const { name, reports } of actors) {
    for (const { record, isSynced } of reports as Told[]) {
      if (isSynced && record > (memory[ON_DISK] as number)) {
        return `${name} was told that record ${record} is on the disk`;
      }
      if (!isSynced && memory[HAS_FAILED] === 0) return `${name} was refused, and no sync failed`;
    }
  }
  return undefined;
}

function judgeEnd({ actors, memory }: World): string | undefined {
  const waiting = actors.find(({ status }) => status === "blocked");
  if (waiting !== undefined) return `${waiting.name} waits for ever`;
  const told = actors.flatMap(({ reports }) => reports as Told[]);
  const lost = told.find(({ isSynced }) => !isSynced);
  const isWhole = (memory[ON_DISK] as number) === (memory[APPENDED] as number);
  if (memory[HAS_FAILED] !== 0 && lost === undefined && !isWhole && told.length === actors.length) {
    return "a sync failed, and nobody was told";
  }
  return undefined;
}

function nameOf(index: number): string | undefined {
  const names: Readonly<Record<number, string>> = {
    [HOLDER]: "lock",
    [BASE]: "sequence",
    [BASE + 1]: "armed",
    [BASE + GROUP.wanted]: "wanted",
    [BASE + GROUP.served]: "served",
    [APPENDED]: "appended",
    [SYNCED]: "synced",
    [ON_DISK]: "on disk",
    [HAS_FAILED]: "has failed",
  };
  return names[index];
}

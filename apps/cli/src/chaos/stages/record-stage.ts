/**
 * Writers and readers of a shared struct.
 *
 * @module
 */
import {
  array,
  f64,
  type Infer,
  SharedStruct,
  type StructCursor,
  type StructSchema,
  struct,
  utf8,
} from "@isthmus/ipc";
import { EVENT } from "../event.ts";
import { judgeRecord } from "../judges/judge-record.ts";
import type { Stage } from "../stage.ts";
import { PATIENCE, type Stand } from "../stand.ts";

const NAME = "record";
const CELLS = 32;
const ROUNDS_MAX = 300;
const READ_ROUNDS = 20;
const KEEPER_MS = 20;
/** How long a loop over changes waits for one, in milliseconds. */
const CHANGE_MS = 100;
/** How often a value is torn on purpose, and for how long it stays so, in milliseconds. */
const TORN_TIMES = 20;
const TORN_MS = 20;

const WHOLE = struct({ number: f64, text: utf8(24), cells: array(f64, CELLS), last: f64 });
type Shared = SharedStruct<FieldsOf<typeof WHOLE>>;
type FieldsOf<S> = S extends StructSchema<infer F> ? F : never;
type Value = Infer<typeof WHOLE>;
type Cursor = StructCursor<FieldsOf<typeof WHOLE>>;

/** Thrown inside an update, which then publishes nothing. */
class ChangeOfMind extends Error {}

/** Two writers, two readers, and one who keeps the struct and looks at its last version. */
export const recordStage: Stage = {
  name: NAME,
  parts: [
    { role: "writer", count: 2, rank: 0, play: write },
    { role: "reader", count: 2, rank: 0, play: read },
    { role: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: judgeRecord,
};

function open(): Shared {
  return SharedStruct.createOrOpen(NAME, WHOLE);
}

async function write(stand: Stand): Promise<void> {
  while (!stand.isOver) {
    {
      using shared = open();
      stand.note(EVENT.ready);
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        update(stand, shared);
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

function update(stand: Stand, shared: Shared): void {
  if (stand.takeSabotage("tear")) {
    tearOften(shared);
    return;
  }
  const isMindChanged = stand.random.oneIn(10);
  try {
    const version = stand.persist(() =>
      shared.update((current) => {
        const number = current.number + 1;
        fill(current, number);
        if (stand.random.oneIn(4)) Bun.sleepSync(1);
        if (isMindChanged) throw new ChangeOfMind();
        current.last = number;
      }, PATIENCE),
    );
    stand.note(EVENT.changed, version);
  } catch (error) {
    if (!(error instanceof ChangeOfMind)) throw error;
  }
}

/** Publishes values that are not whole, each for a while: the next update of another writer makes them good. */
function tearOften(shared: Shared): void {
  for (let times = 0; times < TORN_TIMES; times++) {
    shared.update((current) => fill(current, current.number + 1));
    try {
      shared.update(() => {
        Bun.sleepSync(TORN_MS);
        throw new ChangeOfMind();
      });
    } catch (error) {
      if (!(error instanceof ChangeOfMind)) throw error;
    }
  }
}

/** Fills all fields but the last. */
function fill(current: Cursor, number: number): void {
  current.number = number;
  current.text = `number ${number}`;
  for (let cell = 0; cell < CELLS; cell++) current.cells.set(cell, number);
}

async function read(stand: Stand): Promise<void> {
  while (!stand.isOver) {
    {
      using shared = open();
      stand.note(EVENT.ready);
      for (let rounds = 1 + stand.random.below(ROUNDS_MAX); stand.goesOn(rounds); rounds--) {
        if (stand.random.oneIn(4)) await follow(stand, shared);
        else for (let reads = 0; reads < READ_ROUNDS; reads++) look(stand, shared);
        await stand.breathe();
      }
    }
    stand.note(EVENT.left);
    stand.checkLeaks();
  }
}

/** Reads a version; its number is that of the value, because every update adds one. */
function look(stand: Stand, shared: Shared): void {
  const { version, value } = shared.readVersioned();
  stand.note(value.number === version && isWhole(value) ? EVENT.seen : EVENT.torn, version);
}

async function follow(stand: Stand, shared: Shared): Promise<void> {
  const signal = AbortSignal.timeout(CHANGE_MS);
  let left = 1 + stand.random.below(READ_ROUNDS);
  try {
    for await (const value of shared.changes({ signal })) {
      stand.note(isWhole(value) ? EVENT.seen : EVENT.torn, value.number);
      if (--left === 0) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    stand.note(EVENT.idle);
  }
}

function isWhole({ number, text, cells, last }: Value): boolean {
  // Version 0 is all zeros.
  const isTextRight = text === (number === 0 ? "" : `number ${number}`);
  return isTextRight && last === number && Array.from(cells).every((cell) => cell === number);
}

async function keep(stand: Stand): Promise<void> {
  using shared = open();
  stand.note(EVENT.ready);
  while (!stand.isOver) {
    await Bun.sleep(KEEPER_MS);
    stand.note(EVENT.idle);
  }
  look(stand, shared);
  stand.note(EVENT.audited, shared.version);
}

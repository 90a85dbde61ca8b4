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
import { EVENT } from "../evidence.ts";
import { judgeRecord } from "../judges/state.ts";
import { PATIENCE, type Participant } from "../participant.ts";
import type { Scenario } from "../scenario.ts";

const NAME = "record";
const CELLS = 32;
const ROUNDS_MAX = 300;
const READ_ROUNDS = 20;
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

/** What an update throws in order to publish nothing. */
class ChangeOfMind extends Error {}

/** Two writers, two readers, and a keeper, who looks at the last version. */
export const recordScenario: Scenario = {
  name: NAME,
  roles: [
    { name: "writer", count: 2, rank: 0, play: write },
    { name: "reader", count: 2, rank: 0, play: read },
    { name: "keeper", count: 1, rank: 2, isKeeper: true, play: keep },
  ],
  judge: judgeRecord,
};

function open(): Shared {
  return SharedStruct.createOrOpen(NAME, WHOLE);
}

async function write(participant: Participant): Promise<void> {
  await participant.work(ROUNDS_MAX, open, async (shared) => {
    update(participant, shared);
    participant.noteSuccess();
  });
}

function update(participant: Participant, shared: Shared): void {
  if (participant.takeHarm("tear")) {
    tearOften(shared);
    return;
  }
  const isMindChanged = participant.random.oneIn(10);
  try {
    const version = participant.persist(() =>
      shared.update((current) => {
        const number = current.number + 1;
        fill(current, number);
        if (participant.random.oneIn(4)) Bun.sleepSync(1);
        if (isMindChanged) throw new ChangeOfMind();
        current.last = number;
      }, PATIENCE),
    );
    participant.note(EVENT.changed, version);
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

async function read(participant: Participant): Promise<void> {
  await participant.work(ROUNDS_MAX, open, async (shared) => {
    look(participant, shared);
    participant.noteSuccess();
    if (participant.random.oneIn(4)) await follow(participant, shared);
    else for (let reads = 1; reads < READ_ROUNDS; reads++) look(participant, shared);
  });
}

/** Reads a version. The value holds the same number, because every update adds one. */
function look(participant: Participant, shared: Shared): void {
  const { version, value } = shared.readVersioned();
  participant.note(value.number === version && isWhole(value) ? EVENT.seen : EVENT.torn, version);
}

async function follow(participant: Participant, shared: Shared): Promise<void> {
  const signal = AbortSignal.timeout(CHANGE_MS);
  let left = 1 + participant.random.below(READ_ROUNDS);
  try {
    for await (const value of shared.changes({ signal })) {
      participant.note(isWhole(value) ? EVENT.seen : EVENT.torn, value.number);
      if (--left === 0) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    participant.note(EVENT.idle);
  }
}

function isWhole({ number, text, cells, last }: Value): boolean {
  // Version 0 is all zeros.
  const isTextRight = text === (number === 0 ? "" : `number ${number}`);
  return isTextRight && last === number && Array.from(cells).every((cell) => cell === number);
}

async function keep(participant: Participant): Promise<void> {
  using shared = open();
  await participant.keep();
  look(participant, shared);
  participant.note(EVENT.audited, shared.version);
}

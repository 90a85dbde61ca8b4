/**
 * What must be so of named tailers, of what is removed and of rolled segments, after a crash at any step of a run, whatever of it has
 * reached the disk.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { codecOf, shapeOf } from "@isthmus/ipc/internal";
import { payloadBytesMax } from "../../../src/journal/journal-layout.ts";
import { RecordRun } from "../../../src/journal/record-run.ts";
import type { Parts } from "./power-cut-model.ts";
import { Crash, SimulatedDisk, TINY_BYTES } from "./simulated-disk.ts";

const ID = new Uint8Array(16).fill(5);
const NAME = "tailer";
const TURNS = 14;
/** Of frames that have several records. */
const FRAME_BYTES = 300;

function runOf(first: number, count: number): RecordRun {
  const run = new RecordRun(codecOf(shapeOf(bytes)), payloadBytesMax(TINY_BYTES), FRAME_BYTES);
  for (let i = 0; i < count; i++) run.add(new Uint8Array(96).fill(first + i));
  return run;
}

/** What was told until the run ended. */
interface Told {
  appended: number;
  synced: number;
  /** What the tailer has said that it has handled, and whether that had been noted. */
  handled: number;
  noted: number;
}

/** Appends, handles some, and removes what is handled; the segment ends now and then before it is full. */
function play(parts: Parts, disk: SimulatedDisk, told: Told): void {
  const format = new parts.RecordFormat(ID);
  const limits = { maxBytes: TINY_BYTES, maxAgeMs: undefined, keepForTailers: true };
  const onRoll = (room: number): void => {
    parts.removeOld(disk, format, TINY_BYTES, limits, room);
  };
  const appender = new parts.Appender(disk, format, TINY_BYTES, { onRoll });
  const tailers = new parts.Tailers(disk, ID);
  tailers.create(NAME, 0);
  for (let turn = 0; turn < TURNS; turn++) {
    told.appended = appender.append(runOf(told.appended + 1, 1 + (turn % 3) * 4));
    if (turn % 5 === 4) appender.roll();
    if (turn % 4 === 1) {
      appender.sync();
      told.synced = told.appended;
    }
    const tailer = tailers.open(NAME);
    if (tailer === undefined) throw new Error("the tailer is gone");
    for (let i = 0; i < 3 && told.handled < told.appended; i++) {
      told.handled = Math.min(told.appended, told.handled + 1 + (turn % 2));
      tailer.commit(told.handled);
      told.noted = told.handled;
    }
    parts.removeOld(disk, format, TINY_BYTES, limits, 0);
  }
}

/** What is wrong; undefined when nothing is. */
function judge(
  parts: Parts,
  disk: SimulatedDisk,
  told: Told,
  isKilled: boolean,
): string | undefined {
  const format = new parts.RecordFormat(ID);
  const appender = new parts.Appender(disk, format, TINY_BYTES);
  const [found] = new parts.Tailers(disk, ID).list();
  const first = disk.segments()[0] ?? 1;
  const cursor = new parts.RecordCursor(disk, format, first);
  let next = first;
  for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
    if (step === "gap") return `a gap from ${cursor.gap.from} to ${cursor.gap.to}`;
    if (cursor.sequence !== next) return `record ${cursor.sequence} instead of ${next}`;
    if (cursor.bytes[cursor.payloadAt] !== (next & 255)) return `record ${next} is another`;
    next++;
  }
  if (appender.last !== next - 1) return `the last is ${appender.last}, not ${next - 1}`;
  const least = isKilled ? told.appended : told.synced;
  if (next <= least) return `${least} records were promised, ${next - 1} are there`;
  if (found === undefined)
    return first > 1 ? "segments are gone and no tailer is there" : undefined;
  const { position } = found;
  if (position === undefined) return "nobody knows where the tailer is";
  if (position.sequence > told.handled) return `${position.sequence} was never handled`;
  if (position.sequence > appender.last) return `${position.sequence} are to come again`;
  if (position.sequence < first - 1) return `${position.sequence + 1} is removed and not handled`;
  if (isKilled && position.sequence < told.noted) return `${told.noted} was noted and is forgotten`;
  return undefined;
}

/** Appends after a loss of power, and loses it again: what is new has not been handled by anybody. */
function goOn(parts: Parts, disk: SimulatedDisk): string | undefined {
  const appender = new parts.Appender(disk, new parts.RecordFormat(ID), TINY_BYTES);
  const { last } = appender;
  appender.append(runOf(last + 1, 9));
  appender.sync();
  const left = disk.afterPowerLoss(() => 0);
  const again = new parts.Appender(left, new parts.RecordFormat(ID), TINY_BYTES);
  if (again.last !== last + 9) return `of ${last + 9} records ${again.last} are left`;
  const [found] = new parts.Tailers(left, ID).list();
  const handled = found?.position?.sequence ?? 0;
  return handled > last ? `${last + 1} is new, and handled up to ${handled}` : undefined;
}

/**
 * Crashes a run at each of its steps.
 *
 * @param random Numbers from 0 to 1.
 * @param mixtures How many mixtures of old and new sectors are tried for each.
 * @returns What was found wrong first, and when; undefined when nothing was.
 */
export function exploreKeeping(
  parts: Parts,
  random: () => number,
  mixtures: number,
): string | undefined {
  const newTold = (): Told => ({ appended: 0, synced: 0, handled: 0, noted: 0 });
  const whole = new SimulatedDisk();
  play(parts, whole, newTold());
  for (let steps = 0; steps <= whole.steps; steps++) {
    const disk = new SimulatedDisk();
    const told = newTold();
    disk.stepsLeft = steps;
    disk.part = random();
    try {
      play(parts, disk, told);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    disk.stepsLeft = Infinity;
    const mix = (count: number): number => Math.floor(random() * count);
    const chances = [
      () => 0,
      (count: number) => count - 1,
      ...Array.from({ length: mixtures }, () => mix),
    ];
    for (const chance of chances) {
      const left = disk.afterPowerLoss(chance);
      // Recovery is cut off, too, and power goes once more.
      left.stepsLeft = Math.floor(random() * 6);
      try {
        new parts.Appender(left, new parts.RecordFormat(ID), TINY_BYTES);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
      const after = left.afterPowerLoss(chance);
      const wrong = judge(parts, after, told, false) ?? goOn(parts, after);
      if (wrong !== undefined) return `power lost at step ${steps}: ${wrong}`;
    }
    const wrong = judge(parts, disk, told, true);
    if (wrong !== undefined) return `killed at step ${steps}: ${wrong}`;
  }
  return undefined;
}

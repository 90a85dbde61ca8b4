/**
 * What must be so after a crash at any step of a run, whatever of it has reached the disk.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { codecOf, shapeOf } from "@isthmus/ipc/internal";
import type { Appender } from "../../../src/journal/appender.ts";
import { payloadBytesMax } from "../../../src/journal/journal-layout.ts";
import type { RecordCursor } from "../../../src/journal/record-cursor.ts";
import type { RecordFormat } from "../../../src/journal/record-format.ts";
import { RecordRun } from "../../../src/journal/record-run.ts";
import type { removeOld } from "../../../src/journal/retention.ts";
import type { Tailers } from "../../../src/journal/tailer.ts";
import { Crash, SimulatedDisk, TINY_BYTES } from "./simulated-disk.ts";

/** What is tried: the journal's own classes, or ones with a fault. */
export interface Parts {
  readonly Appender: typeof Appender;
  readonly RecordCursor: typeof RecordCursor;
  readonly RecordFormat: typeof RecordFormat;
  readonly Tailers: typeof Tailers;
  readonly removeOld: typeof removeOld;
}

const ID = new Uint8Array(16).fill(7);
/** How many records each turn appends, and after which turns they are brought to the disk. */
const TURNS = [1, 2, 9, 1, 4, 2, 1, 12, 1, 2, 8] as const;
/** Lengths of payloads: a frame of one of them takes a multiple of 64 bytes, so that many begin where a sector does. */
const LENGTHS = [32, 96, 31, 25, 160] as const;
/** How long frames of several records are: in every other turn each record has its own. */
const FRAME_BYTES = [256, 0] as const;
const SYNC_AFTER: readonly number[] = [1, 5, 8];

/** From which sequence on records were appended after the crash: those have another payload, of the same length. */
type Crossing = number;

function payloadOf(sequence: number, crossing: Crossing): Uint8Array {
  return new Uint8Array(LENGTHS[sequence % LENGTHS.length] as number).fill(
    sequence + (sequence < crossing ? 0 : 128),
  );
}

function runOf(
  first: number,
  count: number,
  crossing: Crossing = Infinity,
  frameBytes: number = FRAME_BYTES[0],
): RecordRun {
  const run = new RecordRun(codecOf(shapeOf(bytes)), payloadBytesMax(TINY_BYTES), frameBytes);
  for (let i = 0; i < count; i++) run.add(payloadOf(first + i, crossing));
  return run;
}

function runOfTurn(turn: number, first: number): RecordRun {
  return runOf(first, TURNS[turn] as number, Infinity, FRAME_BYTES[turn % 2]);
}

/** With which records the frames of a run begin, but for the first. */
const STARTS = TURNS.reduce<number[]>((starts, _, turn) => {
  runOfTurn(turn, starts.at(-1) ?? 1).forEachFrame((_bytes, records) => {
    starts.push((starts.at(-1) ?? 1) + records);
  });
  return starts;
}, []);

/** The processes of a run: what they were told until it ended, and who was not in the middle of anything then. */
interface Run {
  appended: number;
  synced: number;
  idle: Appender | undefined;
}

function newRun(): Run {
  return { appended: 0, synced: 0, idle: undefined };
}

/** Appends in turns by two processes, until the disk has no steps left. */
function play(parts: Parts, disk: SimulatedDisk, run: Run): void {
  const format = new parts.RecordFormat(ID);
  const one = new parts.Appender(disk, format, TINY_BYTES);
  const two = new parts.Appender(disk, format, TINY_BYTES);
  TURNS.forEach((_, turn) => {
    const [appender, idle] = turn % 3 === 2 ? [two, one] : [one, two];
    const isContinued = run.idle === idle;
    run.idle = idle;
    const last = appender.append(runOfTurn(turn, run.appended + 1), isContinued);
    run.appended = last;
    if (!SYNC_AFTER.includes(turn)) return;
    appender.sync();
    run.synced = last;
  });
}

/** With which records what was appended at once ends: a call's, and what of it was in the segment before. */
function endsOf(disk: SimulatedDisk): Set<number> {
  let last = 0;
  const calls = TURNS.map((count) => (last += count));
  return new Set([0, ...calls, ...disk.segments().map((first) => first - 1)]);
}

/** What is wrong with what can be read; undefined when nothing is. */
function judge(
  parts: Parts,
  disk: SimulatedDisk,
  least: number,
  crossing: Crossing = Infinity,
  ends?: ReadonlySet<number>,
): string | undefined {
  const cursor = new parts.RecordCursor(disk, new parts.RecordFormat(ID), 1);
  let expected = 1;
  for (;;) {
    const step = cursor.advance();
    if (step === "end") break;
    if (step === "gap") return `a gap from ${cursor.gap.from} to ${cursor.gap.to}`;
    if (cursor.sequence !== expected) return `record ${cursor.sequence} instead of ${expected}`;
    const start = cursor.payloadAt;
    const found = cursor.bytes.subarray(start, start + cursor.payloadBytes);
    if (Buffer.compare(found, payloadOf(expected, crossing)) !== 0)
      return `record ${expected} is another`;
    expected++;
  }
  if (ends?.has(expected - 1) === false) return `record ${expected - 1} is there without the next`;
  return expected > least ? undefined : `${least} records were promised, ${expected - 1} are there`;
}

/** Appends after a crash, by who has survived it or by who opens the journal, and says what is wrong. */
function goOn(
  parts: Parts,
  disk: SimulatedDisk,
  least: number,
  chances: readonly Chance[],
  idle?: Appender,
): string | undefined {
  const before = judge(parts, disk, least);
  if (before !== undefined) return `before recovery: ${before}`;
  const appender = idle ?? new parts.Appender(disk, new parts.RecordFormat(ID), TINY_BYTES);
  appender.catchUp();
  const wrong = judge(parts, disk, least);
  if (wrong !== undefined) return `after recovery: ${wrong}`;
  const crossing = appender.last + 1;
  // Frame by frame as those that are gone, so that whatever is left of these comes to stand behind them.
  let next = crossing;
  for (let i = 0; i < 3; i++) {
    const behind = STARTS.find((start) => start > next) ?? next + 1;
    appender.append(runOf(next, behind - next, crossing));
    next = behind;
    for (const chance of chances) {
      // Nothing of this is promised, but nothing is to be made up of old and new.
      const mixed = judge(parts, disk.afterPowerLoss(chance), 0, crossing);
      if (mixed !== undefined) return `power lost again: ${mixed}`;
    }
  }
  appender.sync();
  const { last } = appender;
  if (last !== next - 1) return `records up to ${next - 1} end with ${last}`;
  return (
    judge(parts, disk, last, crossing) ??
    judge(
      parts,
      disk.afterPowerLoss(() => 0),
      last,
      crossing,
    ) ??
    judge(
      parts,
      disk.afterPowerLoss((count) => count - 1),
      last,
      crossing,
    )
  );
}

/** Chooses among the versions of a sector. */
type Chance = (count: number) => number;

/** How the disk may be after a loss of power: nothing of what was not synced, all of it, and mixtures. */
function chancesOf(random: () => number, mixtures: number): Chance[] {
  const mix = (count: number): number => Math.floor(random() * count);
  return [() => 0, (count) => count - 1, ...Array.from({ length: mixtures }, () => mix)];
}

/**
 * Crashes a run at each of its steps.
 *
 * @param random Numbers from 0 to 1.
 * @param mixtures How many mixtures of old and new sectors are tried for each.
 * @param atOnceFrom From how many bytes on a frame is written by one call.
 * @returns What was found wrong first, and when; undefined when nothing was.
 */
export function explore(
  parts: Parts,
  random: () => number,
  mixtures: number,
  atOnceFrom: number,
): string | undefined {
  const whole = new SimulatedDisk(atOnceFrom);
  play(parts, whole, newRun());
  for (let steps = 0; steps <= whole.steps; steps++) {
    const disk = new SimulatedDisk(atOnceFrom);
    const run = newRun();
    disk.stepsLeft = steps;
    disk.part = random();
    until(() => play(parts, disk, run));
    disk.stepsLeft = Infinity;
    const torn = judge(parts, disk, run.appended, Infinity, endsOf(whole));
    if (torn !== undefined) return `killed at step ${steps}: ${torn}`;
    const chances = chancesOf(random, mixtures);
    for (const chance of chances) {
      const left = disk.afterPowerLoss(chance);
      // Recovery is cut off, too, and power goes once more.
      left.stepsLeft = Math.floor(random() * 4);
      until(() => new parts.Appender(left, new parts.RecordFormat(ID), TINY_BYTES));
      const lost = goOn(parts, left.afterPowerLoss(chance), run.synced, chances);
      if (lost !== undefined) return `power lost at step ${steps}: ${lost}`;
    }
    const wrong = goOn(parts, disk, run.appended, chances, random() < 0.7 ? run.idle : undefined);
    if (wrong !== undefined) return `killed at step ${steps}: ${wrong}`;
  }
  return undefined;
}

function until(crash: () => unknown): void {
  try {
    crash();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}

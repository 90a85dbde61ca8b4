/**
 * What each property of a channel costs its sender: the time of writing a record, a lap at a time, in turn with who reads,
 * so that neither side waits in the figure. Read by another process, the cache lines that this one has read go back.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { Consumer } from "@isthmus/ipc";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";
import { expectedSum, Sample, type SampleFields } from "../sample.ts";
import { ladderCase, READERS, type Reader, RUNGS, type Rung, TWINS } from "./ladder-cases.ts";
import {
  LADDER_BYTES,
  LAP_RECORDS,
  LadderMemory,
  type Lap,
  RING_BYTES,
  twinReader,
  writerOf,
} from "./ladder-writers.ts";
import { startParticipant } from "./start-participant.ts";

/** Of so many spinning round trips one is a lap. */
const TRIPS_PER_LAP = 20;

/** Every rung with both readers. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  RUNGS.flatMap(([rung]) =>
    READERS.map((reader): [string, CaseFunction] => [
      ladderCase(rung, reader),
      (context) => climb(context, rung, reader),
    ]),
  ),
);

async function climb({ sizes }: CaseContext, rung: Rung, reader: Reader): Promise<Figure> {
  const laps = Math.max(4, Math.ceil(sizes.spinningRoundTrips / TRIPS_PER_LAP));
  const name = `ladder-${process.pid}`;
  using file = MemoryMappedFile.createNew(name, LADDER_BYTES);
  const memory = memoryOf(file);
  let sum = 0;
  using stack = new DisposableStack();
  const add = (more: number): void => {
    sum += more;
  };
  const read = rung in TWINS ? twinReader(memory, add) : channelReader(name, stack, add);
  if (reader === "near") {
    const write = writerOf(rung, memory, `${name}-channel`);
    memory.result[0] = timeOf(laps, () => write(), read);
  } else {
    const participant = startParticipant("climb", [name, laps, rung]);
    for (let lap = 0; lap < laps; lap++) {
      memory.waitFor(lap * 2 + 1);
      read();
      memory.pass(lap * 2 + 2);
    }
    await participant.exited;
  }
  const expected = expectedSum(0, laps * LAP_RECORDS);
  if (sum !== expected) throw new Error(`sum ${sum} instead of ${expected}`);
  return { value: memory.result[0] as number };
}

/** Writes in turn with the process that reads, and leaves the time there. */
export function climbFar(name: string, laps: number, rung: string): void {
  using file = MemoryMappedFile.openExisting(name);
  const memory = memoryOf(file);
  const write = writerOf(rung as Rung, memory, `${name}-channel`);
  let lap = 0;
  memory.waitFor(0);
  memory.result[0] = timeOf(laps, write, () => {
    memory.pass(lap * 2 + 1);
    lap++;
    // After the last one the result must be there before the other side looks for it: it waits for the end of this process.
    if (lap < laps) memory.waitFor(lap * 2);
  });
}

/** The median time of a record of the second half of all laps, in nanoseconds. */
function timeOf(laps: number, write: Lap, between: Lap): number {
  const times: number[] = [];
  for (let lap = 0; lap < laps; lap++) {
    const begun = Bun.nanoseconds();
    write();
    const ns = Bun.nanoseconds() - begun;
    between();
    if (lap >= laps / 2) times.push(ns / LAP_RECORDS);
  }
  return median(times);
}

function memoryOf(file: MemoryMappedFile): LadderMemory {
  return new LadderMemory(file.createViewAccessor().bytes());
}

function channelReader(name: string, stack: DisposableStack, add: (sum: number) => void): Lap {
  const options = { schema: Sample, capacityBytes: RING_BYTES };
  const consumer = stack.use(Consumer.createNew(`${name}-channel`, options));
  const handle = ({ a, b, c, d, e, f, g, h }: SampleFields): void => {
    add(a + b + c + d + e + f + g + h);
  };
  return () => {
    for (let seen = 0; seen < LAP_RECORDS; ) seen += consumer.poll(handle);
  };
}

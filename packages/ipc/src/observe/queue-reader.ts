/**
 * Reading a work queue from outside.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import { sharedClock } from "../metrics/clock.ts";
import {
  COUNTS,
  type Count,
  KIND,
  QUEUE,
  READY_CELL,
  ROOM_CELL,
  readCounts,
} from "../queue/queue-layout.ts";
import { SLOT_BYTES } from "../segment/participant-layout.ts";
import { MUTEX_BYTES } from "../sync/mutex-layout.ts";
import type { KindSource } from "./kind-readers.ts";
import { readLatencies } from "./latencies.ts";
import { timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { QueueDeadLetterInfo, QueueInfo, QueueJobInfo } from "./queue-info.ts";
import { CellReader, longAt, QUEUE_HEADER_BYTES, readQueueSizes, turnOf } from "./queue-state.ts";
import type { SectionReader } from "./section-reader.ts";
import { readState, StateBytes } from "./state-bytes.ts";

/** How many jobs in flight are looked at: each is a read of its own. */
const JOBS_MAX = 64;
/** How often a queue is looked at while somebody changes it: one that never rests is told of as it is. */
const LOOKS_MAX = 8;

/**
 * Describes a queue. The reader does not hold its mutex: in a queue that never rests, what changes together may differ by one.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be.
 */
export function readQueue(source: KindSource): QueueInfo {
  for (let looks = 1; ; looks++) {
    const turn = turnIn(source.reader);
    const info = lookAt(source);
    const isSettled = turn !== undefined && turn === turnIn(source.reader);
    if (isSettled || looks === LOOKS_MAX) return info;
  }
}

function turnIn(reader: SectionReader): number | undefined {
  const mutex = new StateBytes(reader.peek(SECTION.mutex, 0, MUTEX_BYTES), "");
  return turnOf((word) => mutex.word(word));
}

function lookAt(source: KindSource): QueueInfo {
  const { reader, cells, participants } = source;
  const state = readState(source, QUEUE_HEADER_BYTES);
  const sizes = readQueueSizes(state, reader.lengthOf(SECTION.state));
  const { mode, cellCount, cellBytes } = sizes;
  const count = (one: Count): number => longAt(state, QUEUE.counts + COUNTS[one] * 2);
  const cellReader = new CellReader((...part) => reader.peek(SECTION.state, ...part), sizes);
  const jobs = readJobs(cellReader, state.word(QUEUE.takenFirst));
  const [waitTime, runTime] = readLatencies(reader, 2);
  return {
    mode,
    recordBytes: state.word(QUEUE.recordBytes),
    maxParticipants: Math.floor(reader.lengthOf(SECTION.participants) / SLOT_BYTES),
    maxAttempts: state.word(QUEUE.maxAttempts) || Infinity,
    leaseMs: state.word(QUEUE.leaseMs) || Infinity,
    capacityBytes: cellCount * cellBytes,
    fill: Math.min(1, count("usedCells") / cellCount),
    ...readCounts(count),
    oldestInFlightMs: Math.max(0, ...jobs.map(({ forMs }) => forMs)),
    isPaused: state.word(QUEUE.isPaused) !== 0,
    readyWakes: wakesOf(cells, READY_CELL),
    roomWakes: wakesOf(cells, ROOM_CELL),
    timeoutWakes: timeoutWakesOf(cells),
    jobs: jobs.map(({ slot, life, ...job }) => ({
      ...job,
      worker: participants.find((one) => one.slot === slot && one.generation === life),
    })),
    newestDeadLetter: readDeadLetter(cellReader, state.word(QUEUE.deadLast)),
    waitTime,
    runTime,
  };
}

/** A job, and who has it by what its cell says. */
interface FoundJob extends Omit<QueueJobInfo, "worker"> {
  readonly slot: number;
  readonly life: number;
}

function readJobs(cells: CellReader, first: number): FoundJob[] {
  const nowNs = sharedClock()();
  const jobs: FoundJob[] = [];
  let link = first;
  // Others change the list meanwhile: it may lead astray, and is not followed for long.
  for (let looks = 0; looks < JOBS_MAX; looks++) {
    const cell = cells.facts(link);
    if (cell === undefined) break;
    const { kind, takenAtNs, next, id, slot, life, attempts, priority } = cell;
    const forMs = Math.max(0, Math.round((nowNs - takenAtNs) / 1e6));
    // A job that has not been added yet is in the list, too; anything else is of another list.
    if (kind !== KIND.taken && kind !== KIND.filling) break;
    if (kind === KIND.taken) jobs.push({ id, slot, life, attempts, priority, forMs });
    link = next;
  }
  return jobs;
}

function readDeadLetter(cells: CellReader, link: number): QueueDeadLetterInfo | undefined {
  const cell = cells.facts(link);
  if (cell?.kind !== KIND.dead) return undefined;
  return { id: cell.id, attempts: cell.attempts, lastError: cells.errorText(cell) };
}

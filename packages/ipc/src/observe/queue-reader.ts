/**
 * Reading a work queue from outside.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import type { CounterFigures } from "../figures/figure.ts";
import { sharedClock } from "../metrics/clock.ts";
import { priorityOf } from "../queue/priority.ts";
import type { QUEUE_FIGURES } from "../queue/queue-figures.ts";
import {
  CELL,
  CELL_HEADER_BYTES,
  CLASS_MASK,
  COUNTS,
  type Count,
  cellsOffset,
  QUEUE,
  queueBytes,
  READY_CELL,
  ROOM_CELL,
} from "../queue/queue-layout.ts";
import type { KindSource } from "./kind-readers.ts";
import { readMode } from "./lane-sizes.ts";
import { readLatencies } from "./latencies.ts";
import { timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { QueueInfo, QueueJobInfo } from "./queue-info.ts";
import { StateBytes } from "./state-bytes.ts";

/** How many jobs in flight are looked at: each is a read of its own. */
const JOBS_MAX = 64;

const HEADER_BYTES = QUEUE.classWords * 4;

/**
 * Describes a queue. Nobody holds its mutex meanwhile: figures that change together may differ by one.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be.
 */
export function readQueue(source: KindSource): QueueInfo {
  const { reader, name, cells, participants } = source;
  const state = new StateBytes(reader.bytes(SECTION.state, HEADER_BYTES) ?? new Uint8Array(), name);
  const mode = readMode(state, QUEUE.mode);
  const cellBytes = state.chosen(QUEUE.cellBytes, "cell size", (n) => n >= CELL_HEADER_BYTES);
  const keyLists = state.word(QUEUE.keyLists);
  const cellCount = state.chosen(
    QUEUE.cellCount,
    "number of cells",
    (count) =>
      count >= 1 && queueBytes(count, keyLists, cellBytes) <= reader.lengthOf(SECTION.state),
  );
  const count = (one: Count): number => longAt(state, QUEUE.counts + COUNTS[one] * 2);
  const jobs = readJobs(source, state, { cellCount, cellBytes, keyLists });
  const [waitTime, runTime] = readLatencies(reader, 2);
  const counters: Omit<
    CounterFigures<typeof QUEUE_FIGURES.segment>,
    "readyWakes" | "roomWakes" | "timeoutWakes"
  > = {
    added: count("added"),
    addedBytes: count("addedBytes"),
    taken: count("taken"),
    done: count("done"),
    failed: count("failed"),
    returned: count("returned"),
    orphaned: count("orphaned"),
    expired: count("expired"),
    deadLettered: count("deadLettered"),
    drops: count("drops"),
    fullWaits: count("fullWaits"),
    emptyWaits: count("emptyWaits"),
    recoveries: count("recoveries"),
    corruptions: count("corruptions"),
  };
  return {
    mode,
    recordBytes: state.word(QUEUE.recordBytes),
    maxParticipants: Math.floor(reader.lengthOf(SECTION.participants) / 128),
    maxAttempts: state.word(QUEUE.maxAttempts) || Infinity,
    leaseMs: state.word(QUEUE.leaseMs) || Infinity,
    capacityBytes: cellCount * cellBytes,
    fill: Math.min(1, count("usedCells") / cellCount),
    waiting: count("ready"),
    delayed: count("delayed"),
    held: count("held"),
    inFlight: count("inFlight"),
    oldestInFlightMs: Math.max(0, ...jobs.map(({ forMs }) => forMs)),
    deadLetters: count("dead"),
    isPaused: state.word(QUEUE.isPaused) !== 0,
    ...counters,
    readyWakes: wakesOf(cells, READY_CELL),
    roomWakes: wakesOf(cells, ROOM_CELL),
    timeoutWakes: timeoutWakesOf(cells),
    jobs: jobs.map(({ slot, life, ...job }) => ({
      ...job,
      worker: participants.find((one) => one.slot === slot && one.generation === life),
    })),
    waitTime,
    runTime,
  };
}

/** A job, and who has it by what its cell says. */
interface FoundJob extends Omit<QueueJobInfo, "worker"> {
  readonly slot: number;
  readonly life: number;
}

function readJobs(
  { reader, name }: KindSource,
  state: StateBytes,
  sizes: { readonly cellCount: number; readonly cellBytes: number; readonly keyLists: number },
): FoundJob[] {
  const { cellCount, cellBytes, keyLists } = sizes;
  const start = cellsOffset(cellCount, keyLists);
  const nowNs = sharedClock()();
  const jobs: FoundJob[] = [];
  // Others change the list meanwhile: it may lead astray, and is not followed for long.
  for (let link = state.word(QUEUE.takenFirst); jobs.length < JOBS_MAX; ) {
    if (link < 1 || link > cellCount) break;
    const offset = start + (link - 1) * cellBytes;
    const cell = new StateBytes(reader.peek(SECTION.state, offset, CELL_HEADER_BYTES), name);
    jobs.push({
      id: longAt(cell, CELL.sequence),
      slot: cell.word(CELL.owner) - 1,
      life: cell.word(CELL.ownerLife),
      attempts: cell.word(CELL.attempts),
      priority: priorityOf(cell.word(CELL.place) & CLASS_MASK),
      forMs: Math.max(0, Math.round((nowNs - longAt(cell, CELL.takenAt)) / 1e6)),
    });
    link = cell.word(CELL.next);
  }
  return jobs;
}

/** A number of two words; 0 where they have what cannot be one. */
function longAt(state: StateBytes, word: number): number {
  const value = state.word(word) + state.word(word + 1) * 2 ** 32;
  return value <= Number.MAX_SAFE_INTEGER ? value : 0;
}

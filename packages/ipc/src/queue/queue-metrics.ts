/**
 * What a work queue tells about itself to those who have it open.
 *
 * @module
 */
import type { CounterFigures, Figures } from "../figures/figure.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { QUEUE_FIGURES } from "./queue-figures.ts";
import type { QueueSegment } from "./queue-segment.ts";

type Segment = typeof QUEUE_FIGURES.segment;

/** Figures of a queue, whoever counted them. */
export interface QueueMetrics
  extends Omit<CounterFigures<Segment>, "timeoutWakes">,
    Pick<
      Figures<Segment>,
      "waiting" | "delayed" | "held" | "inFlight" | "deadLetters" | "fill" | "isPaused"
    > {
  /** How long jobs took from being added to being taken for the first time. */
  readonly waitTime: HistogramSnapshot;
  /** How long jobs took from being taken to being done. */
  readonly runTime: HistogramSnapshot;
}

/** Reads what a queue says. */
export function queueMetrics(queue: QueueSegment): QueueMetrics {
  const { table, ready, room, sizes } = queue;
  const { cells } = table;
  return {
    waiting: cells.count("ready"),
    delayed: cells.count("delayed"),
    held: cells.count("held"),
    inFlight: cells.count("inFlight"),
    deadLetters: cells.count("dead"),
    fill: cells.count("usedCells") / sizes.cellCount,
    isPaused: table.isPaused,
    added: cells.count("added"),
    addedBytes: cells.count("addedBytes"),
    taken: cells.count("taken"),
    done: cells.count("done"),
    failed: cells.count("failed"),
    returned: cells.count("returned"),
    orphaned: cells.count("orphaned"),
    expired: cells.count("expired"),
    deadLettered: cells.count("deadLettered"),
    drops: cells.count("drops"),
    fullWaits: cells.count("fullWaits"),
    emptyWaits: cells.count("emptyWaits"),
    recoveries: cells.count("recoveries"),
    corruptions: cells.count("corruptions"),
    readyWakes: ready.wakes,
    roomWakes: room.wakes,
    waitTime: queue.waitTimes(),
    runTime: queue.runTimes(),
  };
}

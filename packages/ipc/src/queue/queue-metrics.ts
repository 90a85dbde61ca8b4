/**
 * What a work queue tells about itself to those who have it open.
 *
 * @module
 */
import type { Figures } from "../figures/figure.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { QUEUE_FIGURES } from "./queue-figures.ts";
import { readCounts, type ToldCount } from "./queue-layout.ts";
import type { QueueSegment } from "./queue-segment.ts";

/** Figures of a queue, whoever counted them. */
export interface QueueMetrics
  extends Pick<
    Figures<typeof QUEUE_FIGURES.segment>,
    ToldCount | "fill" | "isPaused" | "readyWakes" | "roomWakes"
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
    ...readCounts((name) => cells.count(name)),
    fill: cells.count("usedCells") / sizes.cellCount,
    isPaused: table.isPaused,
    readyWakes: ready.wakes,
    roomWakes: room.wakes,
    waitTime: queue.waitTimes(),
    runTime: queue.runTimes(),
  };
}

/**
 * Latencies on a fixed schedule.
 *
 * Who waits for each answer before it asks again asks less often while the other side is slow, and so never meets
 * the worst of it: coordinated omission. Here questions go out when they are due, whatever has become of the ones
 * before, and each latency counts from the moment at which its question was due.
 *
 * @module
 */
import { HistogramSnapshot } from "@isthmus/ipc";
import { HISTOGRAM_BYTES, Histogram } from "@isthmus/ipc/internal";
import type { Sizes } from "../../runner/sizes.ts";
import type { Figure } from "../../runner/suite.ts";

const ANSWER_TIMEOUT_MS = 20_000;

/** Sends question `i`; its answer is told to the function that `connect` was given. */
export type Ask = (i: number) => void;

/** How many questions there will be, those included that warm both sides up. */
export function questionCount({ roundTrips, latencyPerSecond, latencyMs }: Sizes): number {
  return roundTrips + Math.round((latencyPerSecond * latencyMs) / 1000);
}

/**
 * Asks on a schedule, after as many questions in turn as it takes until both sides are compiled: threads that compile
 * would take the CPUs from who answers, and what is asked for hours asks little of its time from them.
 *
 * @param sizes How often and how long.
 * @param connect Given the function that takes the numbers of the answers; returns the one that asks.
 * @returns The median in nanoseconds, and the histogram.
 * @throws {Error} when an answer is missing, comes twice, or comes out of order.
 */
export async function measureOpenLoop(
  sizes: Sizes,
  connect: (onAnswer: (i: number) => void) => Ask | Promise<Ask>,
): Promise<Figure> {
  const count = questionCount(sizes);
  const warmUp = sizes.roundTrips;
  const intervalNs = 1e9 / sizes.latencyPerSecond;
  const bytes = new Uint8Array(HISTOGRAM_BYTES);
  const histogram = new Histogram(bytes);
  const finished = Promise.withResolvers<void>();
  // It may fail while questions still go out; whoever awaits it below hears of it.
  finished.promise.catch(() => undefined);
  let startNs = 0;
  let answered = 0;
  let next = finished;
  const ask = await connect((i) => {
    if (i !== answered) {
      const error = new Error(`answer ${i} came instead of ${answered}`);
      next.reject(error);
      finished.reject(error);
    }
    answered++;
    if (i < warmUp) next.resolve();
    else histogram.record(Bun.nanoseconds() - startNs - (i - warmUp) * intervalNs);
    if (answered === count) finished.resolve();
  });
  for (let i = 0; i < warmUp; i++) {
    next = Promise.withResolvers<void>();
    ask(i);
    await next.promise;
  }
  startNs = Bun.nanoseconds() + intervalNs;
  for (let i = warmUp; i < count; i++) {
    const dueNs = startNs + (i - warmUp) * intervalNs;
    // Answers are heard while the next question is not due.
    while (Bun.nanoseconds() < dueNs) await new Promise<void>((resolve) => setImmediate(resolve));
    ask(i);
  }
  const timer = setTimeout(() => {
    finished.reject(new Error(`only ${answered} of ${count} answers came`));
  }, ANSWER_TIMEOUT_MS);
  await finished.promise;
  clearTimeout(timer);
  return { value: HistogramSnapshot.read(bytes).percentile(50), histogram: bytes };
}

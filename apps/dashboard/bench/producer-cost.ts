/**
 * What it costs to be watched: the throughput of a producer while a dashboard looks, and while it does not.
 *
 * The dashboard is stopped and continued by turns, every few moments, so that whatever else the machine does meets
 * both alike. Each pair of moments begins with the other one.
 *
 * @module
 */
import { estimateRatio, median, type RatioEstimate } from "@isthmus/bench/statistics";
import { SegmentObserver } from "@isthmus/ipc";
import { until } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { Command } from "../test/support/command.ts";
import { DashboardProcess } from "../test/support/dashboard-process.ts";
import { FrameCounter } from "./frame-counter.ts";

const CHANNEL = "watched";
const SLICE_MS = 1500;
const SEED = 7;

/** What was found. */
export interface ProducerCost {
  readonly pairs: number;
  /** Records a second, the middle of all moments. */
  readonly watched: number;
  readonly unwatched: number;
  readonly ratio: RatioEstimate;
}

/**
 * Compares so many pairs of moments.
 *
 * @param pairs How many.
 * @param onProgress Is told how far it is.
 */
export async function measureProducer(
  pairs: number,
  onProgress: (text: string) => void,
): Promise<ProducerCost> {
  using directory = new TemporaryDirectory();
  process.env["ISTHMUS_DIR"] = directory.path;
  const common = ["--channel", CHANNEL, "--quiet"];
  await using _consumer = new Command(directory.path, ["consumer", ...common, "--follow"]);
  const sending = ["--count", "0", "--batch", "64"];
  await using _producer = new Command(directory.path, ["producer", ...common, ...sending]);
  await using dashboard = await DashboardProcess.start({ directory: directory.path });
  await using _client = await FrameCounter.open(dashboard.url);
  using observer = await until(() => {
    try {
      return new SegmentObserver(CHANNEL);
    } catch {
      return undefined; // not made yet
    }
  }, "the channel");
  await Bun.sleep(SLICE_MS * 2);
  const watched: number[] = [];
  const unwatched: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [true, false] : [false, true];
    for (const isWatched of order) {
      dashboard.command.signal(isWatched ? "SIGCONT" : "SIGSTOP");
      (isWatched ? watched : unwatched).push(await throughput(observer));
    }
    onProgress(`watching a producer: ${pair + 1} of ${pairs} pairs`);
  }
  dashboard.command.signal("SIGCONT");
  const ratio = estimateRatio(watched, unwatched, { isPaired: true, seed: SEED });
  return { pairs, watched: median(watched), unwatched: median(unwatched), ratio };
}

async function throughput(observer: SegmentObserver): Promise<number> {
  const before = observer.sample();
  await Bun.sleep(SLICE_MS);
  const after = observer.sample();
  if (!before?.channel || !after?.channel) throw new Error("The channel has gone");
  const elapsedNs = after.takenAtNs - before.takenAtNs;
  return ((after.channel.records - before.channel.records) * 1e9) / elapsedNs;
}

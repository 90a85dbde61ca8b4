/**
 * One round of one case of the channel benchmark, in a process of its own: prints its figure. A process that has
 * measured one case is no fair place for the next, since its compiled code fits the first.
 *
 * @module
 */
import {
  asleepRoundTrip,
  bellRoundTrip,
  copyRate,
  followRate,
  heapGrowth,
  ipcRate,
  largeRate,
  pipeRate,
  pollRate,
  spinningRoundTrip,
  wordsRoundTrip,
} from "./channel-cases.ts";

const [name = "", directory = ""] = process.argv.slice(2);

const cases: Readonly<Record<string, () => number | Promise<number>>> = {
  pipe: () => pipeRate(directory, 400_000),
  batch: () => pollRate("batches", 20_000_000),
  claim: () => pollRate("claims", 20_000_000),
  send: () => pollRate("sends", 10_000_000),
  fourSenders: () => pollRate("sends", 10_000_000, 4),
  follow: () => followRate(2_000_000),
  ipc: () => ipcRate(200_000),
  words: () => wordsRoundTrip(400_000),
  spinning: () => spinningRoundTrip(400_000),
  bell: () => bellRoundTrip(directory, 10_000),
  asleep: () => asleepRoundTrip(10_000),
  large: () => largeRate(4000),
  copy: () => copyRate(4000),
  heap: () => heapGrowth(10_000_000),
};

process.stdout.write(`${await cases[name]?.()}\n`);

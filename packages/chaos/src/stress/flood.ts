/**
 * Very many records, with producers and consumers that are killed in between: chaos on channels whose records are
 * tallied.
 *
 * @module
 */
import { type ChaosOptions, runChaos, type Verdict } from "../run-chaos.ts";
import { FLOOD_SCENARIOS } from "../scenarios/scenarios.ts";
import { Tally } from "../scenarios/tally.ts";

/** Nobody waits longer for a run than a day. */
const DURATION_MS_MAX = 24 * 3_600_000;
/** Long enough for a busy machine: who is stuck stays so. */
const PATIENCE_MS = 60_000;

/** What a flood is to do. */
export interface FloodOptions extends Pick<ChaosOptions, "seed" | "order" | "signal" | "onSkip"> {
  /** How many records are enough, over all channels. */
  readonly records: number;
  /** How many kills are enough. */
  readonly leastKills: number;
  readonly onProgress: (delivered: number, kills: number) => void;
}

/** What a flood has done. */
export interface FloodResult {
  readonly verdict: Verdict;
  /** How many records were delivered, and how many of them came again because a consumer had died. */
  readonly delivered: number;
  readonly redelivered: number;
  /** How many producers there were, one after the other. */
  readonly streams: number;
}

/** Sends records until there were enough of them, and of kills. */
export async function flood(options: FloodOptions): Promise<FloodResult> {
  const { seed, records, leastKills, order, signal, onSkip, onProgress } = options;
  const totals = { delivered: 0, redelivered: 0, streams: 0 };
  using open = new DisposableStack();
  let tallies: Tally[] = [];
  let kills = 0;
  const delivered = (): number => tallies.reduce((sum, tally) => sum + tally.delivered, 0);
  const scenarios = Object.values(FLOOD_SCENARIOS).map((scenario) => ({
    ...scenario,
    judge: (...[evidence, evidencePath]: Parameters<typeof scenario.judge>) => {
      using tally = new Tally(evidencePath, scenario.name);
      totals.delivered += tally.delivered;
      totals.redelivered += tally.redelivered;
      totals.streams += tally.streamCount;
      return scenario.judge(evidence, evidencePath);
    },
  }));
  const verdict = await runChaos({
    seed,
    durationMs: DURATION_MS_MAX,
    isEnough: (evidencePath) => {
      if (tallies.length === 0) {
        tallies = scenarios.map(({ name }) => open.use(new Tally(evidencePath, name)));
      }
      return delivered() >= records && kills >= leastKills;
    },
    patienceMs: PATIENCE_MS,
    scenarios,
    order,
    isKept: false,
    signal,
    onSkip,
    onProgress: (counts) => {
      kills = counts.kills;
      onProgress(delivered(), kills);
    },
  });
  return { verdict, ...totals };
}
